"""Objects with an alert about the time of a gravitational wave, where its map says that it was.

Of both surveys; pure but for the archive. Which map is meant belongs to `skymap_event`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, lsst_columns, sql, ztf_columns, ztf_rows
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between, chosen, nights
from fink_assets.api.skymap_event import Sought, asked
from fink_assets.api.votable import Meaning

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from fink_assets.api.archive import Archive
    from fink_assets.gcn.region import Region

BODY_BYTES = 50_000_000
"""The text of Python's bytes in JSON is four times the file, and maps have some megabytes."""
MOST_DAYS = 30.0
KEPT = 200_000
"""Candidates after which all but the newest `MOST_ROWS` objects are dropped."""
TRIGGER = "v:jdstartgw"
MEANING = Meaning(unit="d", ucd="time.epoch", doc="Julian date (UTC) of the event")
NEEDED = ("alert_id", "object_id", "night", "time", "ra", "dec")


def ztf_skymap(archive: Archive, values: Values) -> Rows:
    """Answer `/skymap` of ZTF."""
    sought = asked(archive, values)
    fields = archive.fields("science")
    also = {
        TRIGGER: sql.number(sought.event_jd),
        "d:classification": ztf_columns.available(fields)["v:classification"],
    }
    wanted = values["columns"] or ztf_columns.LIGHT
    where = _of(_latest(archive, sought))
    found = ztf_rows.read(archive, "science", wanted, where=where, also=also)
    return Rows(table=found.table, meanings={**found.meanings, TRIGGER: MEANING})


def lsst_skymap(archive: Archive, values: Values) -> Rows:
    """Answer `/skymap` of LSST."""
    sought = asked(archive, values)
    fields = archive.fields("science")
    known = {**lsst_columns.of_cone(fields), TRIGGER: sql.number(sought.event_jd)}
    own = lsst_columns.own(fields) if values["columns"] else {}
    rows = archive.rows(
        "science",
        chosen({**known, **own}, values["columns"], (TRIGGER,)),
        where=_of(_latest(archive, sought)),
        order=ztf_rows.NEWEST_FIRST,
        limit=arguments.MOST_ROWS,
    )
    return Rows(table=rows, meanings={**lsst_columns.MEANINGS, TRIGGER: MEANING})


def _latest(archive: Archive, sought: Sought) -> pd.DataFrame:
    """Choose of each object the latest alert that counts; of too many objects the newest."""
    if not archive.there("science"):
        return _newest([])
    low, high = sought.region.declinations
    where = [
        *between(sought.start, sought.stop),
        *nights(sought.start, sought.stop),
        f"dec between {sql.number(low)} and {sql.number(high)} and ra between 0 and 360",
    ]
    statement = f"select {', '.join(NEEDED)} from it where {' and '.join(where)}"
    inside = _inside(sought.region)
    return archive.reduced(
        statement, lambda batches: _newest(inside(b) for b in batches), it="science"
    )


def _inside(region: Region) -> Callable[[pa.RecordBatch], pd.DataFrame]:
    def inside(batch: pa.RecordBatch) -> pd.DataFrame:
        alerts = batch.to_pandas()
        there = region.has(alerts["ra"].to_numpy(), alerts["dec"].to_numpy())
        return alerts.loc[there, ["alert_id", "object_id", "night", "time"]]

    return inside


def _newest(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Keep the latest alert of each of the newest objects, with no more than `KEPT` in memory."""
    import pandas as pd

    waiting: list[pd.DataFrame] = []
    number = 0
    for part in parts:
        waiting.append(part)
        number += len(part)
        if number > KEPT:
            waiting = [_reduced(pd.concat(waiting))]
            number = len(waiting[0])
    return _reduced(pd.concat(waiting)) if waiting else pd.DataFrame(columns=list(NEEDED))


def _reduced(alerts: pd.DataFrame) -> pd.DataFrame:
    newest = alerts.sort_values(["time", "alert_id"], ascending=[False, True])
    return newest.drop_duplicates("object_id").head(arguments.MOST_ROWS)


def _of(alerts: pd.DataFrame) -> Sequence[str]:
    return (
        sql.numbered("alert_id", alerts["alert_id"]),
        sql.among("night", sorted(set(alerts["night"]))),
    )


def probability(value: Any) -> float:
    """Read a probability above zero."""
    number = arguments.finite(value)
    if not 0 < number <= 1:
        raise ValueError("must be above 0 and at most 1")
    return number


def days(value: Any) -> float:
    """Read a length of time in days."""
    number = arguments.finite(value)
    if not 0 <= number <= MOST_DAYS:
        raise ValueError(f"must be from 0 to {MOST_DAYS:g} days")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is a text or a file")
    return value


_MAP = "Map of the sky: text of Python's bytes, base64, or a file"
_ARGUMENTS = (
    *(
        Argument(name=name, read=_text, longest=BODY_BYTES, file=True, doc=_MAP)
        for name in ("bayestar", "file")
    ),
    Argument(name="event_name", read=arguments.text, doc="Superevent, as S200219ac, that we hold"),
    Argument(
        name="credible_level", read=probability, required=True, type="number", doc="Above 0, to 1"
    ),
    *(
        Argument(name=f"n_day_{name}", read=days, default=default, type="number", doc=doc)
        for name, default, doc in (
            ("before", 1.0, "Days before the event"),
            ("after", 6.0, "Days after the event"),
        )
    ),
    COLUMNS,
)


def endpoints(answer: Callable[[Archive, Values], Rows]) -> tuple[Endpoint, ...]:
    """Make the endpoint of a survey, and the same under its older name."""
    return tuple(
        Endpoint(
            path=path,
            doc="Objects in the region of a map of a gravitational wave: the latest alert of each "
            "from some days before the event to some after, newest first.",
            answer=answer,
            arguments=_ARGUMENTS,
            body_bytes=BODY_BYTES,
        )
        for path in ("skymap", "bayestar")
    )
