"""What each night of ZTF had, in the words of the reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.api import nights
from fink_assets.api.endpoints import Rows, Values

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

KEY, CLASS = "key:key", "class:"
COUNTS: dict[str, tuple[str, str]] = {
    "basic:raw": ("received", "Alerts received"),
    "basic:sci": ("passed", "Alerts that pass the cuts"),
    "basic:n_g": ("bands.g", "Of them in g"),
    "basic:n_r": ("bands.r", "Of them in r"),
    "basic:exposures": ("exposures", "Exposures with such alerts"),
    "basic:fields": ("fields", "Fields with such alerts"),
}
"""Where the table of statistics has each number, and what it is."""
DOCS = {
    KEY: "Survey and night: ztf_YYYYMMDD",
    **{name: doc for name, (_, doc) in COUNTS.items()},
    f"{CLASS}<name>": "Alerts of this class of Fink, a column for each",
}
"""What every column is."""


def statistics(archive: Archive, values: Values) -> Rows | dict[str, Any]:
    """Answer `/statistics`: what each night had."""
    if values["schema"]:
        return dict(DOCS)
    found = nights.counted(archive, values["date"])
    classes = sorted({name for night in found for name in night["classes"]})
    rows = [
        {
            KEY: f"ztf_{nights.compact(night['night'])}",
            **{name: nights.number(night, place) for name, (place, _) in COUNTS.items()},
            **{f"{CLASS}{name}": night["classes"].get(name, 0) for name in classes},
        }
        for night in found
    ]
    names = [KEY, *COUNTS, *(f"{CLASS}{name}" for name in classes)]
    table = nights.table(rows, names, texts=[KEY])
    # Names of classes have blanks, which lists of columns lose.
    known = {name.replace(" ", ""): name for name in table.column_names}
    wanted = [*values["columns"], KEY] if values["columns"] else [*known]
    return Rows(table=table.select([known[n] for n in dict.fromkeys(wanted) if n in known]))
