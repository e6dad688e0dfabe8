"""Where summaries of objects of LSST are: their alerts tell the part of the sky to look in.

`objects` is sorted by place, for cones, and `alerts` by object: a few columns of it say which files
and row groups of `objects` to read, instead of all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fink_assets.api import followed, keys, sql

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

MARGIN_DEG = 1e-3
"""Around positions of alerts; a summary may be of an alert that has not come into `alerts` yet."""
POLE_DEG = 0.01
"""From the poles, where every right ascension is near."""
Position = tuple[float, float]


def found(
    archive: Archive, names: Sequence[str], read: Callable[[Sequence[str]], pa.Table]
) -> pa.Table:
    """Read the summaries of objects where they should be; if one is not there, everywhere.

    An object without any alert has no summary.

    Parameters
    ----------
    archive : Archive
        Where.
    names : sequence of str
        Objects.
    read : callable
        Gives the rows of `objects` that meet one of some conditions, of which none meets two.
    """
    seen = positions(archive, names)
    rows = read(boxes(seen))
    return rows if len(rows) == len(seen) else read(keys.of_names("object_id", [*seen]))


def positions(archive: Archive, names: Sequence[str]) -> dict[str, list[Position]]:
    """Where alerts of objects were (deg), of those that have some.

    Those of which `alerts` has none may be new: they are looked for in what it has yet to take.
    """
    asked = {"name": "object_id", "ra": "ra", "dec": "dec"}
    found: dict[str, list[Position]] = {}

    def add(rows: pa.Table) -> None:
        for name, ra, dec in zip(*(rows[each].to_pylist() for each in asked), strict=True):
            found.setdefault(name, []).append((ra, dec))

    add(archive.rows("alerts", asked, any_of=keys.of_names("object_id", names)))
    if new := [name for name in names if name not in found]:
        parts = keys.of_names("object_id", new)
        add(followed.rows(archive, "alerts", asked, any_of=parts, order=("object_id",)))
    return found


def boxes(seen: Mapping[str, Sequence[Position]]) -> list[str]:
    """Conditions of summaries of objects near their alerts; none meets two."""
    each = [f"(object_id = {sql.text(n)} and {_box(seen[n])})" for n in sorted(seen)]
    parts = [each[k : k + keys.AT_ONCE] for k in range(0, len(each), keys.AT_ONCE)]
    return [" or ".join(part) for part in parts] or ["false"]


def _box(places: Sequence[Position]) -> str:
    """Condition that a position is near some, right ascension on either side of 0h."""
    ra, dec = ([place[k] for place in places] for k in (0, 1))
    within = _between("dec", dec, MARGIN_DEG)
    highest = max(map(abs, dec)) + MARGIN_DEG
    if highest > 90 - POLE_DEG:
        return within
    margin = MARGIN_DEG / math.cos(math.radians(highest))
    sides = [ra]
    if max(ra) - min(ra) > 180 or min(ra) < margin or max(ra) > 360 - margin:
        east, west = [a for a in ra if a < 180], [a for a in ra if a >= 180]
        sides = [[*east, 0.0], [*west, 360.0]]
    return f"({' or '.join(_between('ra', side, margin) for side in sides)}) and {within}"


def _between(column: str, values: Iterable[float], margin: float) -> str:
    ends = sorted(values)
    low, high = (sql.number(end) for end in (ends[0] - margin, ends[-1] + margin))
    return f"{column} between {low} and {high}"
