"""Forced photometry of objects of LSST: only the nights are read that it can be of.

The table has a folder per night of exposures. Which nights those of an object are follows from its
alerts, which `alerts` has by object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fink_assets.api import keys, sql

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

REACH = timedelta(days=400)
"""Before an alert, how old what it tells may be: packets have the forced photometry of 12 months
(Rubin's alert schema, `prvDiaForcedSources`)."""
WITHOUT_TIME = "1970-01-01"
"""Night of a measurement that does not say when it was."""


def conditions(archive: Archive, names: Sequence[str]) -> list[str]:
    """Conditions of the forced photometry of each of some objects; none meets two.

    Of an object without an alert, as all of its alerts were set aside since, every night is read.
    """
    seen = _nights(archive, names)
    return [f"object_id = {sql.text(name)}{_between(seen.get(name))}" for name in names] or [
        "false"
    ]


def _between(seen: tuple[datetime, datetime] | None) -> str:
    if seen is None:
        return ""
    first, last = (
        (time - step).date().isoformat() for time, step in zip(seen, _STEPS, strict=True)
    )
    nights = f"night between {sql.text(first)} and {sql.text(last)}"
    return f" and ({nights} or night = {sql.text(WITHOUT_TIME)})"


_STEPS = (REACH, -timedelta(days=1))


def _nights(archive: Archive, names: Sequence[str]) -> Mapping[str, tuple[datetime, datetime]]:
    """Times (UTC) of the first and the last alert of each object that has one."""
    columns = {"name": "object_id", "time": "time"}
    rows = archive.rows("alerts", columns, any_of=keys.of_names("object_id", names))
    found: dict[str, tuple[datetime, datetime]] = {}
    for name, time in zip(rows["name"].to_pylist(), rows["time"].to_pylist(), strict=True):
        first, last = found.get(name, (time, time))
        found[name] = min(first, time), max(last, time)
    return found
