"""What the columns of answers of the LSST flavour are: `/schema`, endpoint by endpoint.

Names in the sections of a family are without its prefix; in others they are whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fink_assets.api import cutouts, followed, lsst_columns, lsst_nights, sso_ephemerides
from fink_assets.api.declared import (
    BY_NAME,
    PROVENANCE,
    Field,
    Section,
    by_name,
    field,
    of_meanings,
    of_module,
    since,
)
from fink_assets.api.endpoints import Values
from fink_assets.api.errors import RequestError
from fink_assets.api.lsst_transfer import TRANSFERS
from fink_assets.api.skymap import MEANING as EVENT
from fink_assets.api.skymap import TRIGGER
from fink_assets.surveys.lsst_docs import meaning

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

TITLES = {
    "r": "LSST original fields (r:)",
    "f": "Fink science module outputs (f:)",
    "b": "LSST original cutouts (b:)",
    "v": "Fink on-the-fly added values (v:)",
}
EPHEMERIDES = "With ephemerides, if asked for"
Columns = Callable[[Mapping[str, str]], Mapping[str, str]]


def _forced(fields: Mapping[str, str]) -> Mapping[str, str]:
    return lsst_columns.of_struct("measurement", fields)


TABLES: dict[str, tuple[str, Columns, tuple[str, ...]]] = {
    "sources": ("alerts", lsst_columns.of_sources, ("diaSource",)),
    "tags": ("science", lsst_columns.of_sources, ("diaSource",)),
    "sso": ("body_alerts", lsst_columns.of_sources, ("diaSource",)),
    "objects": ("objects", lsst_columns.of_objects, ("diaObject",)),
    "conesearch": ("objects", lsst_columns.of_cone, ("diaSource", "diaObject")),
    "skymap": ("science", lsst_columns.of_cone, ("diaSource", "diaObject")),
    "fp": ("forced_light_curves", _forced, ("measurement",)),
}
"""Table of each endpoint, its columns, and the structs that have its fields, the first first."""
OF_PACKETS = ("diaSource.", "diaObject.", "ssSource.", "mpc_orbits.")
MORE: dict[str, Section] = {
    "sso": {"f:sso_name": field("string", "Packed designation of the body, as packets have it")},
    "conesearch": of_meanings(
        {"v:separation_degree": lsst_columns.MEANINGS["v:separation_degree"]}
    ),
    "skymap": of_meanings({TRIGGER: EVENT}),
}
"""What endpoints add to the columns of their tables."""
SAME = {"bayestar": "skymap", "random": "sources"}
"""Endpoints that have the columns of another one."""


def schema(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/schema`: the columns of an endpoint, as the tables have them now."""
    asked = values["endpoint"].strip("/")
    if asked in TRANSFERS:
        return TRANSFERS[asked](archive)
    name = asked.removeprefix("api/v1/")
    name = SAME.get(name, name)
    if name in TABLES:
        return _of_table(archive, name)
    if name == "cutouts":
        return {TITLES["b"]: {f"cutout{k}": field("array", f"{k} image") for k in cutouts.KINDS}}
    if name == "statistics":
        return {TITLES["f"]: {n: since(f) for n, f in lsst_nights.described().items()}}
    there = ", ".join([*TABLES, *SAME, "cutouts", "statistics", *TRANSFERS])
    raise RequestError(
        f"No columns are listed of {values['endpoint'][:100]}, but of {there}; `ssoft` and "
        "`ssobulk` list their own with `schema=true`.\n",
        404,
    )


def _of_table(archive: Archive, name: str) -> dict[str, Section]:
    noun, columns, structs = TABLES[name]
    fields = archive.fields(noun) or archive.fields(followed.SOURCES.get(noun, "science"))
    found = {column: _described(column, fields, structs) for column in columns(fields)}
    found |= MORE.get(name, {})
    sections: dict[str, Section] = {TITLES["r"]: {}}
    for column, told in found.items():
        family, _, plain = column.partition(":")
        section = sections.setdefault(TITLES[family], {})
        section[plain] = since(told) if family == "f" else told
    if name == "sso":
        sections[EPHEMERIDES] = of_meanings(sso_ephemerides.of_survey("lsst"))
    given = [_path(column, fields, structs) for column in columns(fields) if column[0] == "r"]
    rest = {path: kind for path, kind in fields.items() if path not in given}
    own = by_name("lsst", rest, {p: meaning(p) for p in rest if p.startswith(OF_PACKETS)})
    return {**sections, **({BY_NAME: own} if own else {})}


def _described(column: str, fields: Mapping[str, str], structs: tuple[str, ...]) -> Field:
    family, _, plain = column.partition(":")
    if family == "r":
        path = _path(column, fields, structs)
        return field(fields[path], meaning(path.replace("measurement.", "prvDiaForcedSources.")))
    path, kind = lsst_columns.FINK[plain]
    if path.startswith("provenance."):
        return field("string", PROVENANCE[path.partition(".")[2]])
    return of_module("lsst", path, kind, fields)


def _path(column: str, fields: Mapping[str, str], structs: tuple[str, ...]) -> str:
    """Where a column of the packet is in a table."""
    plain = column.removeprefix("r:")
    return next(f"{s}.{plain}" for s in structs if f"{s}.{plain}" in fields)
