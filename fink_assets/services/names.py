"""Objects by name, from what the lake keeps of the Transient Name Server and of SIMBAD.

Nothing is asked here: lists are fetched by `tns`, pieces of SIMBAD by `look_up`. Those that are
asked about a name are `sesame` and, for bodies of the Solar System, `ssodnet`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fink_assets.services.answers import Answers
from fink_assets.services.declared.simbad import SIMBAD
from fink_assets.services.declared.tns import TNS_LIST
from fink_assets.services.named import FRESH, OLD, UNAVAILABLE, Named
from fink_assets.services.snapshot import NEVER, opened

PIECES = "SIMBAD is known about the places of alerts only, and has no such name there"


def transients(name: str, *, root: str, now: datetime, most: int = 10) -> Named:
    """Find transients of the last list whose names begin so, whatever the case of letters.

    Parameters
    ----------
    name : str
        Name with its prefix, or the beginning of it: ``SN 2023ixf``, ``sn 2023``. All begin with
        the empty one.
    root : str
        Of the lake.
    now : datetime
        Against which the age of the list is told.
    most : int
        Rows given.
    """
    import pyarrow.compute as pc

    listed = opened(TNS_LIST, root)
    if listed is None:
        return Named(state=UNAVAILABLE, reason=NEVER)
    wanted = " ".join(name.split())
    rows = listed.rows.drop_columns("healpix_29")
    rows = rows.filter(pc.starts_with(rows["fullname"], wanted, ignore_case=True))
    found = tuple(rows.sort_by("fullname").slice(0, most).to_pylist())
    age = now - listed.fetched
    if age <= timedelta(days=TNS_LIST.max_age_days):
        return Named(state=FRESH, answered=listed.fetched, rows=found)
    reason = f"the list is {age.days} days old"
    return Named(state=OLD, reason=reason, answered=listed.fetched, rows=found)


def identifiers(name: str, *, root: str, most: int = 10) -> Named:
    """Find objects of SIMBAD with this main name, whatever the case of letters and the blanks.

    What is kept are pieces of SIMBAD about alerts: a name that is not among them may exist.
    """
    table = Answers(root).table(SIMBAD)
    if not table.exists():
        return Named(state=UNAVAILABLE, reason=PIECES)
    columns = ("ra", "dec", *(c.name for c in SIMBAD.columns))
    chosen = ", ".join(f"source['{column}'] as {column}" for column in columns)
    pieces = f"select answered, unnest(sources) as source from it where {_asked_as_now()}"
    wanted = "".join(name.split()).lower().replace("'", "''")
    statement = (
        f"select answered, {chosen} from ({pieces}) as pieces "
        f"where lower(replace(source['main_id'], ' ', '')) = '{wanted}' "
        "order by main_id, answered desc"
    )
    newest: dict[Any, dict[str, Any]] = {}
    for row in table.query(statement).to_pylist():
        newest.setdefault((row["main_id"], row["ra"], row["dec"]), row)
    rows = list(newest.values())[:most]
    if not rows:
        return Named(state=UNAVAILABLE, reason=PIECES)
    told = tuple({column: row[column] for column in columns} for row in rows)
    return Named(state=FRESH, answered=min(row["answered"] for row in rows), rows=told)


def _asked_as_now() -> str:
    return f"question = '{SIMBAD.question}'"
