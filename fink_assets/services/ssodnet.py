"""SsODNet: which body of the Solar System a name, number or designation means.

Answers are kept by name, in `services/ssodnet`; rows are only added, the newest counts. Where the
body is belongs to ephemerides, which are not asked for here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fink_assets.lake.columns import ColumnContract
from fink_assets.lake.table import Table
from fink_assets.services import kept
from fink_assets.services.client import Client, Question, ServiceError
from fink_assets.services.look_up import NO_CLIENT

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_AGE_DAYS = 90.0
"""Provisional designations become numbers within months."""
NAME = re.compile(r"[\w /()'.-]{1,60}")
NO_NAME = "no name of a body: at most 60 letters, digits, blanks and /()'.-"
PLAIN = dict.fromkeys([*range(0x2010, 0x2015), 0x2212], "-") | dict.fromkeys([0x2018, 0x2019], "'")
"""Hyphens and apostrophes as texts have them, and as names of bodies do."""
KINDS = '("Dwarf Planet" OR Asteroid OR Comet)'
BODY = (
    ColumnContract(name="id", type="string", doc="Identifier with SsODNet", ucd="meta.id"),
    ColumnContract(name="name", type="string", doc="Name or designation", ucd="meta.id;meta.main"),
    ColumnContract(name="number", type="bigint", doc="Number of the Minor Planet Center"),
    ColumnContract(name="type", type="string", doc="Kind of body: Asteroid, Comet, Dwarf Planet"),
    ColumnContract(
        name="class", type="string", doc="Dynamical class, e.g. `MB>Outer`", ucd="src.class"
    ),
)
Answered = dict[Any, dict[Any, Any]]
"""Answers by name."""
NONE: dict[str, Any] = dict.fromkeys((column.name for column in BODY), None)
"""Of a name that no body has, or several."""


@lru_cache(maxsize=8)
def table_of(root: str) -> Table:
    """Where answers are kept in a lake; each thread has its log at hand."""
    return Table(name="services/ssodnet", root=root, indexed=("asked",), partitioned=False)


@dataclass(frozen=True)
class Bodies:
    """What is known of names, in a lake."""

    root: str

    @property
    def table(self) -> Table:
        """Where it is kept."""
        return table_of(self.root)

    def known(self, names: Collection[str] | None = None) -> pd.DataFrame:
        """Read the newest answer about some names, or all: ``asked``, ``answered`` and `BODY`."""
        return kept.newest(self.table, _schema(), names)

    def keep(self, answers: Sequence[dict[str, Any]]) -> None:
        """Add answers, with the dates at which they were given."""
        import pyarrow as pa

        if answers:
            kept.keep(self.table, pa.Table.from_pylist(list(answers), schema=_schema()))


def resolve(
    names: Iterable[str], *, bodies: Bodies, client: Client | None, seconds: float, now: datetime
) -> pd.DataFrame:
    """Say which body each name means.

    Parameters
    ----------
    names
        Names, numbers or designations, as packets have them.
    bodies
        What is known, and where new answers are kept.
    client
        How to ask; None if it may not be asked.
    seconds
        Most time that is spent on asking.
    now
        Date of new answers.

    Returns
    -------
    pandas.DataFrame
        By name, each once: ``state`` (``answered``, ``unavailable``), ``reason``, ``answered`` and
        the columns of `BODY`, null if no body or several have that name. Nothing that the service
        does is an error.
    """
    import pandas as pd

    wanted = list(dict.fromkeys(names))
    stored = bodies.known(wanted)
    known: Answered = {row["asked"]: dict(row) for row in stored.to_dict("records")}
    oldest = pd.Timestamp(now - timedelta(days=MAX_AGE_DAYS))
    reasons: dict[str, str] = {}
    end, new = client.clock() + seconds if client else 0.0, []
    for name in wanted:
        if not NAME.fullmatch(name):
            reasons[name] = NO_NAME
        elif client and not (name in known and known[name]["answered"] >= oldest):
            try:
                new.append({"asked": name, "answered": now} | _ask(client, name, end))
            except ServiceError as problem:
                reasons[name] = problem.reason
    bodies.keep(new)
    known |= {row["asked"]: row for row in new}
    return _result(wanted, known, reasons)


def _result(wanted: Sequence[str], known: Answered, reasons: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    own = [column.name for column in BODY]
    rows = [known.get(name, NONE | {"answered": None}) for name in wanted]
    why = [None if name in known else reasons.get(name, NO_CLIENT) for name in wanted]
    dates = pd.to_datetime(pd.Series([row["answered"] for row in rows], dtype=object), utc=True)
    values = {name: pd.Series([row[name] for row in rows], dtype=object) for name in own}
    found = pd.DataFrame(
        {
            "state": ["answered" if name in known else "unavailable" for name in wanted],
            "reason": pd.Series(why, dtype=object),
            "answered": dates.dt.as_unit("us"),
            **{name: column.where(column.notna(), None) for name, column in values.items()},
        }
    )
    return found.set_index(pd.Index(wanted, name="asked"))


def _ask(client: Client, name: str, deadline: float) -> dict[str, Any]:
    if client.clock() >= deadline:
        raise ServiceError("no time left")
    parameters = {"q": f'type:{KINDS} AND "{name}"~0', "from": "fink-assets", "limit": "100"}
    asked = Question(method="GET", path="/search", parameters=parameters)
    return client.ask("ssodnet", asked, lambda body: body_of(body, name), deadline=deadline)


def body_of(answer: bytes, name: str) -> dict[str, Any]:
    """Read which body an answer has for a name: the one that bears it; null if not just one does.

    Raises
    ------
    ServiceError
        It is not such an answer.
    """
    try:
        found = json.loads(answer)
        listed = found.get("data") or []
        bearing = [one for one in listed if _same(name) in {_same(n) for n in _names(one)}]
        bodies = [_body(one) for one in bearing]
    except (ValueError, AttributeError, TypeError, KeyError) as problem:
        raise ServiceError(f"not an answer of SsODNet: {type(problem).__name__}") from problem
    return bodies[0] if len(bodies) == 1 else dict(NONE)


def _body(one: dict[str, Any]) -> dict[str, Any]:
    number, classes = one.get("number"), one.get("class") or []
    return {
        "id": str(one["id"]),
        "name": str(one["name"]),
        "number": None if number is None else int(number),
        "type": str(one["type"]),
        "class": ">".join(classes) if isinstance(classes, list) else str(classes),
    }


def _names(one: dict[str, Any]) -> list[str]:
    number = [str(one["number"])] if one.get("number") else []
    return [str(one["name"]), str(one["id"]), *number, *map(str, one.get("aliases") or [])]


def _same(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).lower()


def _schema() -> pa.Schema:
    import pyarrow as pa

    types = {"string": pa.string(), "bigint": pa.int64()}
    own = [(column.name, types[column.type]) for column in BODY]
    return pa.schema([("asked", pa.string()), ("answered", pa.timestamp("us", tz="UTC")), *own])
