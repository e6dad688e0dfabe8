"""SsODNet: which body of the Solar System a name, number or designation means.

Answers are kept by name, in `services/ssodnet`; rows are only added, the newest counts. Where the
body is belongs to ephemerides, which are not asked for here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.lake.columns import ColumnContract
from fink_assets.lake.table import Table
from fink_assets.services import kept
from fink_assets.services.client import Client, Question, ServiceError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_AGE_DAYS = 90.0
"""Provisional designations become numbers within months."""
NAME = re.compile(r"[\w /()'.-]{1,60}")
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


@dataclass(frozen=True)
class Bodies:
    """What is known of names, in a lake."""

    root: str

    @property
    def table(self) -> Table:
        """Where it is kept."""
        return Table(name="services/ssodnet", root=self.root, indexed=("asked",), partitioned=False)

    def known(self) -> pd.DataFrame:
        """Read the newest answer about each name: ``asked``, ``answered`` and those of `BODY`."""
        table, found = self.table, _schema().empty_table()
        if table.exists():
            found = table.query("select * from it").cast(_schema())
        frame = found.to_pandas(integer_object_nulls=True)
        return frame.sort_values("answered", kind="stable").drop_duplicates("asked", keep="last")

    def keep(self, answers: Iterable[dict[str, Any]], answered: datetime) -> None:
        """Add answers; none of one name and date twice."""
        import pyarrow as pa

        there = {(row["asked"], row["answered"]) for row in self.known().to_dict("records")}
        new = [a | {"answered": answered} for a in answers if (a["asked"], answered) not in there]
        if new:
            kept.add(self.table, pa.Table.from_pylist(new, schema=_schema()))


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
    known = bodies.known().set_index("asked")
    fresh = known.index[known["answered"] >= pd.Timestamp(now - timedelta(days=MAX_AGE_DAYS))]
    reasons: dict[str, str] = {}
    if client:
        end, new = client.clock() + seconds, []
        for name in (one for one in wanted if one not in fresh):
            try:
                new.append({"asked": name} | _ask(client, name, end))
            except ServiceError as problem:
                reasons[name] = problem.reason
        bodies.keep(new, now)
        known = bodies.known().set_index("asked")
    result = known.reindex(wanted).drop(columns=["answered"])
    there = [name in known.index for name in wanted]
    result.insert(0, "state", ["answered" if known_of else "unavailable" for known_of in there])
    why = [
        None if known_of else reasons.get(name, "the service is not among those that may be asked")
        for name, known_of in zip(wanted, there, strict=True)
    ]
    result.insert(1, "reason", pd.Series(why, index=result.index, dtype=object))
    result.insert(2, "answered", known["answered"].reindex(wanted))
    own = [column.name for column in BODY]
    result[own] = result[own].astype(object).where(result[own].notna(), None)
    return result


def _ask(client: Client, name: str, deadline: float) -> dict[str, Any]:
    if not NAME.fullmatch(name):
        return dict.fromkeys((column.name for column in BODY), None)
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
    return bodies[0] if len(bodies) == 1 else dict.fromkeys((c.name for c in BODY), None)


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
