"""What each night of LSST had, in the words of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import nights
from fink_assets.api.declared import Section, field
from fink_assets.api.endpoints import Rows, Values

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

NIGHT = "f:night"
COUNTS: dict[str, tuple[str, str]] = {
    "alerts": ("passed", "Alerts that pass the cuts"),
    **{f"alerts_{band}": (f"bands.{band}", f"Of them in {band}") for band in "ugrizy"},
    "objects": ("objects", "Objects of them"),
    "visits": ("exposures", "Exposures with such alerts"),
    "is_sso": ("facts.is_sso", "Of known bodies"),
    "is_first": ("facts.is_first", "First detections"),
    "in_tns": ("facts.in_tns", "Near a transient of the TNS"),
    "is_cataloged": ("facts.is_cataloged", "Near a catalogued source"),
    "glint_trail": ("flags.glint_trail", "Received with this flag"),
    "isDipole": ("flags.isDipole", "Received with this flag"),
    "pixelFlags_cr": ("flags.pixelFlags_cr", "Received with this flag"),
    "pixelFlags_saturated": ("flags.pixelFlags_saturated", "Received with this flag"),
    "pixelFlags_streak": ("flags.pixelFlags_streak", "Received with this flag"),
}
"""Where the table of statistics has each number, and what it is."""
VERSIONS: dict[str, tuple[str, str]] = {
    "fink_broker_version": ("broker_versions", "Versions of the broker that computed values"),
    "fink_science_version": ("science_versions", "Versions of all its science modules together"),
    "lsst_schema_version": ("schema_versions", "Versions of the packets' schemas"),
}
"""The same of what alerts of a night have; if several, they are separated by commas."""


def described() -> Section:
    """Describe the columns, without their prefix."""
    night = {NIGHT.removeprefix("f:"): field("string", "Night, YYYYMMDD")}
    counts = {name: field("long", doc) for name, (_, doc) in COUNTS.items()}
    several = "; if several, separated by commas"
    told = {name: field("string", doc + several) for name, (_, doc) in VERSIONS.items()}
    return {**night, **counts, **told}


def statistics(archive: Archive, values: Values) -> Rows:
    """Answer `/statistics`: what each night had."""
    rows = [
        {
            NIGHT: nights.compact(night["night"]),
            **{f"f:{name}": nights.number(night, place) for name, (place, _) in COUNTS.items()},
            **{f"f:{name}": nights.listed(night, place) for name, (place, _) in VERSIONS.items()},
        }
        for night in nights.counted(archive, values["date"])
    ]
    texts = [NIGHT, *(f"f:{name}" for name in VERSIONS)]
    table = nights.table(rows, [f"f:{name}" for name in described()], texts=texts)
    wanted = [n for n in values["columns"] if n in table.column_names] or table.column_names
    return Rows(table=table.select(wanted))
