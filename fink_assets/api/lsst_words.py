"""Words of the LSST flavour: its tags, its blocks, its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fink_assets.api import cutouts, followed, lsst_columns
from fink_assets.api.endpoints import Values
from fink_assets.api.errors import RequestError
from fink_assets.api.lsst_nights import COUNTS

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive


def known_tags() -> dict[str, str]:
    """List the filters of the survey, and what each says of itself."""
    from fink_assets.distribution.filters import FILTERS

    return {f.name: f.doc.strip() for f in FILTERS if f.survey == "lsst"}


def blocks(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/blocks`: conditions that filters share; here the cuts that every alert passed."""
    from fink_assets.surveys import SURVEYS

    return {f"b_{rule.name}": rule.why for rule in SURVEYS["lsst"].cuts}


def schema(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/schema`: the columns of an endpoint, as the tables have them now."""
    name = values["endpoint"].removeprefix("/api/v1/").strip("/")
    columns = {
        "sources": ("alerts", lsst_columns.of_sources),
        "tags": ("alerts", lsst_columns.of_sources),
        "sso": ("alerts", lsst_columns.of_sources),
        "objects": ("objects", lsst_columns.of_objects),
        "conesearch": ("objects", lsst_columns.of_cone),
        "fp": ("forced_light_curves", lambda fields: lsst_columns.of_struct("measurement", fields)),
    }
    if name == "cutouts":
        images = {f"cutout{k}": {"type": "array", "doc": f"{k} image"} for k in cutouts.KINDS}
        return {"Rubin cutouts (b:)": images}
    if name == "statistics":
        return {
            "Fink statistics (f:)": {n: {"type": "long", "doc": d} for n, (_, d) in COUNTS.items()}
        }
    if name not in columns:
        raise RequestError(f"There is no endpoint {values['endpoint']}.\n", 404)
    noun, of = columns[name]
    fields = archive.fields(noun) or archive.fields(followed.SOURCES.get(noun, noun))
    sections: dict[str, dict[str, Any]] = {"Rubin original fields (r:)": {}, "Fink fields (f:)": {}}
    for column in of(fields):
        family, field = column.split(":", 1)
        meaning = lsst_columns.MEANINGS.get(column)
        section = list(sections)[family == "f"]
        sections[section][field] = {
            "type": _kind(field, fields),
            "doc": meaning.doc if meaning else "",
        }
    return sections


def _kind(field: str, fields: Mapping[str, str]) -> str:
    path = {**lsst_columns.MODULES, **lsst_columns.OBJECTS}.get(field, ("", ""))[0]
    places = (path, f"diaSource.{field}", f"diaObject.{field}", f"measurement.{field}")
    return next((fields[place] for place in places if place in fields), "string")
