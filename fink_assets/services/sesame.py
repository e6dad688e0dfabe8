"""Sesame of CDS: which object of SIMBAD a name means, any of its names, wherever it is.

Answers are kept by name, in `services/sesame`; rows are only added, the newest counts. Pieces of
SIMBAD about the places of alerts belong to `look_up`.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from fink_assets.lake.columns import ColumnContract, arrow_type
from fink_assets.lake.table import Table
from fink_assets.services import kept
from fink_assets.services.client import Client, Question, ServiceError
from fink_assets.services.look_up import NO_CLIENT
from fink_assets.services.named import FRESH, OLD, UNAVAILABLE, Named

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "sesame"
MAX_AGE_DAYS = 30.0
LONGEST = 80
"""Characters of a name that is sent."""
OBJECT = (
    ColumnContract(name="name", type="string", doc="Who resolved it, as Sesame says"),
    ColumnContract(name="oid", type="bigint", doc="Number with SIMBAD", ucd="meta.record"),
    ColumnContract(name="oname", type="string", doc="Main name", ucd="meta.id;meta.main"),
    ColumnContract(name="otype", type="string", doc="Type, short", ucd="src.class"),
    ColumnContract(name="jpos", type="string", doc="Place, in hours and degrees"),
    ColumnContract(
        name="jradeg", type="double", doc="Right ascension", unit="deg", ucd="pos.eq.ra"
    ),
    ColumnContract(name="jdedeg", type="double", doc="Declination", unit="deg", ucd="pos.eq.dec"),
    ColumnContract(name="refPos", type="string", doc="Reference of the place", ucd="meta.bib"),
    ColumnContract(name="MType", type="string", doc="Morphological type", ucd="src.morph.type"),
    ColumnContract(name="nrefs", type="bigint", doc="Number of references", ucd="meta.number"),
)
NONE: dict[str, Any] = dict.fromkeys((column.name for column in OBJECT), None)
"""Of a name that no object has."""


@lru_cache(maxsize=8)
def table_of(root: str) -> Table:
    """Where answers are kept in a lake; each thread has its log at hand."""
    return Table(name="services/sesame", root=root, indexed=("asked",), partitioned=False)


def resolve(name: str, *, root: str, client: Client | None, seconds: float, now: datetime) -> Named:
    """Say which object a name means, asking if it is not known or no longer fresh.

    Nothing that the service does is an error here.

    Parameters
    ----------
    name : str
        Any name of the object; case and repeated blanks do not matter.
    root : str
        Of the lake.
    client
        How to ask; None if it may not be asked.
    seconds
        Most time that is spent on asking.
    now
        Date of a new answer.
    """
    import pyarrow as pa

    asked = " ".join(name.split()).lower()
    if not asked or len(asked) > LONGEST or not asked.isprintable():
        return Named(state=UNAVAILABLE, reason=f"no name: 1 to {LONGEST} letters that can be seen")
    known = kept.newest(table_of(root), _schema(), [asked]).to_dict("records")
    row: dict[Any, Any] | None = known[0] if known else None
    reason = NO_CLIENT
    if client and not (row and row["answered"] >= now - timedelta(days=MAX_AGE_DAYS)):
        try:
            row = {"asked": asked, "answered": now} | ask(client, asked, client.clock() + seconds)
            kept.keep(table_of(root), pa.Table.from_pylist([row], schema=_schema()))
        except ServiceError as problem:
            reason = problem.reason
    if row is None:
        return Named(state=UNAVAILABLE, reason=reason)
    age = now - row["answered"]
    is_old = age > timedelta(days=MAX_AGE_DAYS)
    return Named(
        state=OLD if is_old else FRESH,
        reason=f"the answer is {age.days} days old: {reason}" if is_old else None,
        answered=row["answered"],
        rows=() if row["oname"] is None else ({c.name: _known(row[c.name]) for c in OBJECT},),
    )


def ask(client: Client, name: str, deadline: float) -> dict[str, Any]:
    """Ask for the object that has a name: the columns of `OBJECT`, null if there is none.

    Raises
    ------
    ServiceError
        It did not answer, or not as it should.
    """
    asked = Question(method="GET", path=f"/-oxp/~S?{quote(name)}")
    return client.ask(NAME, asked, read, deadline=deadline)


def read(answer: bytes) -> dict[str, Any]:
    """Read which object an answer has.

    Raises
    ------
    ServiceError
        It is none, or not whole.
    """
    if b"<!DOCTYPE" in answer or b"<!ENTITY" in answer:
        raise ServiceError("not an answer of Sesame: it declares entities", passing=False)
    try:
        document = ElementTree.fromstring(answer)
    except (ElementTree.ParseError, ValueError) as problem:
        raise ServiceError(f"not XML: {len(answer)} bytes, {answer[:60]!r}") from problem
    if document.tag != "Sesame" or document.find("Target") is None:
        raise ServiceError("not an answer of Sesame")
    found = [one for one in document.iter("Resolver") if one.find("oname") is not None]
    if not found:
        return dict(NONE)
    try:
        row = {c.name: _value(found[0], c) for c in OBJECT}
    except ValueError as problem:
        raise ServiceError(f"a value is of another type: {str(problem)[:200]}") from problem
    ra, dec = row["jradeg"], row["jdedeg"]
    if (ra is not None and not 0 <= ra <= 360) or (dec is not None and not -90 <= dec <= 90):
        raise ServiceError("a place that is not on the sky: columns are shifted")
    if not row["oname"]:
        raise ServiceError("an object without a name")
    return row


def _value(resolver: ElementTree.Element, column: ColumnContract) -> Any:
    text = resolver.get("name") if column.name == "name" else resolver.findtext(column.name)
    text = " ".join((text or "").split())
    if not text:
        return None
    if column.type == "bigint":
        return int(text.lstrip("@"))
    if column.type == "double":
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is not finite")
        return number
    return text


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _schema() -> pa.Schema:
    import pyarrow as pa

    own = [(column.name, arrow_type(column.type)) for column in OBJECT]
    return pa.schema([("asked", pa.string()), ("answered", pa.timestamp("us", tz="UTC")), *own])
