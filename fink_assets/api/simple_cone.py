"""Simple Cone Search of the IVOA, version 1.03: objects near a place, as a VOTable.

Radii are in degrees here, unlike the rest of the API. Errors are VOTables too, as the standard has
it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, cone, formats, sql, votable
from fink_assets.api.arguments import Argument, typed
from fink_assets.api.endpoints import Content
from fink_assets.api.errors import RequestError
from fink_assets.api.votable import Meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fink_assets.api.archive import Archive

MEDIA = "application/x-votable+xml"
MOST = 10_000
COLUMNS: dict[str, tuple[str, Meaning]] = {
    "object_id": ("object_id", Meaning(ucd="ID_MAIN", doc="The survey's name of the object")),
    "ra": ("ra", Meaning(unit="deg", ucd="POS_EQ_RA_MAIN", doc="Right ascension, ICRS")),
    "dec": ("dec", Meaning(unit="deg", ucd="POS_EQ_DEC_MAIN", doc="Declination, ICRS")),
    "alerts": ("alerts", Meaning(ucd="meta.number", doc="Alerts of the object")),
    "last_alert_id": ("last_alert_id", Meaning(ucd="meta.id", doc="Latest alert")),
    "first_time": ("first_time", Meaning(ucd="time.start", doc="Earliest alert, UTC")),
    "last_time": ("last_time", Meaning(ucd="time.end", doc="Latest alert, UTC")),
    "label": ("classification.label", Meaning(ucd="src.class", doc="Classification")),
}
"""Columns, most important first: `VERB` 1 has three of them, 2 five, 3 all."""
_BY_VERBOSITY = {1: 3, 2: 5, 3: len(COLUMNS)}


def degrees(low: float, high: float) -> Any:
    """Make the reader of an angle within bounds."""

    def read(value: Any) -> float:
        angle = arguments.finite(value)
        if not low <= angle <= high:
            raise ValueError(f"must be from {low:g} to {high:g} degrees")
        return angle

    return read


def verbosity(value: Any) -> int:
    """Read how many columns are wanted."""
    number = arguments.whole(value)
    if number not in _BY_VERBOSITY:
        raise ValueError("must be 1, 2 or 3")
    return number


def rows_wanted(value: Any) -> int:
    """Read a limit of rows; none is a question for the columns."""
    number = arguments.whole(value)
    if number < 0:
        raise ValueError("must not be negative")
    return min(number, MOST)


ARGUMENTS = (
    Argument(name="RA", read=degrees(0, 360), required=True, type="number", doc="deg, ICRS"),
    Argument(name="DEC", read=degrees(-90, 90), required=True, type="number", doc="deg, ICRS"),
    Argument(name="SR", read=degrees(0, 180), required=True, type="number", doc="Radius, deg"),
    Argument(name="VERB", read=verbosity, default=2, type="integer", doc="1, 2 or 3"),
    Argument(name="MAXREC", read=rows_wanted, default=MOST, type="integer", doc="Most rows"),
)


def answered(archive: Archive, given: Mapping[str, Any]) -> Content:
    """Answer a request, whatever it is, by a VOTable; parameters in any case of letters."""
    try:
        values = typed(ARGUMENTS, {name.upper(): value for name, value in given.items()})
    except RequestError as problem:
        return Content(
            body=votable.failed(str(problem.text).strip(), version=votable.OF_CONE_SEARCH),
            media=MEDIA,
        )
    return Content(body=_found(archive, values), media=MEDIA)


def _found(archive: Archive, values: Mapping[str, Any]) -> bytes:
    fields = archive.fields("objects")
    names = list(COLUMNS)[: _BY_VERBOSITY[values["VERB"]]]
    columns = {n: sql.field(COLUMNS[n][0]) for n in names if COLUMNS[n][0] in fields}
    where: list[str] = ["false"]
    if values["SR"] > 0 and values["MAXREC"]:
        where = list(cone.within(values["RA"], values["DEC"], values["SR"]))
    rows = archive.rows(
        "objects",
        columns or {name: "null" for name in names},
        where=where,
        order=(cone.separation(values["RA"], values["DEC"]), "object_id"),
        limit=values["MAXREC"] or 1,
    )
    meanings = {name: COLUMNS[name][1] for name in names}
    return votable.written(formats.cleaned(rows), meanings, version=votable.OF_CONE_SEARCH)
