"""Keys of rows: conditions by which files and row groups are skipped, and the newest of a search.

The engine skips by a list only if it is short, so that many keys are several conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql
from fink_assets.archive.classes import FAMILIES

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

AT_ONCE = 20
"""Most values in a list by which DataFusion skips anything."""
Key = tuple[str, int]
"""Object, and alert of it."""


def of_names(column: str, names: Sequence[str]) -> list[str]:
    """Conditions that a column has one of some texts; one that is false for none."""
    listed = sorted(names)
    return [sql.among(column, part) for part in _parts(listed)] or ["false"]


def of_alerts(keys: Iterable[Key]) -> list[str]:
    """Conditions of alerts of known objects, in a table that is sorted by object."""
    conditions = []
    for part in _parts(sorted(keys)):
        objects = sql.among("object_id", sorted({name for name, _ in part}))
        conditions.append(f"{objects} and {sql.numbered('alert_id', [a for _, a in part])}")
    return conditions or ["false"]


def of_nights(places: Iterable[tuple[str, int]]) -> list[str]:
    """Conditions of alerts of known nights, in a table with a folder per night.

    That on the alert alone is evaluated in the file, before anything else is decoded.
    """
    conditions = []
    for part in _parts(sorted(set(places))):
        found: dict[str, list[int]] = {}
        for night, alert in part:
            found.setdefault(night, []).append(alert)
        places_ = [
            f"(night = {sql.text(night)} and {sql.numbered('alert_id', alerts)})"
            for night, alerts in found.items()
        ]
        every = sql.numbered("alert_id", [alert for _, alert in part])
        conditions.append(f"{every} and ({' or '.join(places_)})")
    return conditions or ["false"]


def newest(archive: Archive, noun: str, where: Sequence[str], n: int) -> list[Key]:
    """Find the newest alerts that meet conditions, each once.

    `classes` may have an alert once for each family that calls it so.
    """
    columns = {"object_id": "object_id", "alert_id": "alert_id"}
    order = ("time desc", "alert_id")
    found = archive.rows(noun, columns, where=where, order=order, limit=len(FAMILIES) * n)
    rows = zip(found["object_id"].to_pylist(), found["alert_id"].to_pylist(), strict=True)
    return list(islice(dict.fromkeys(rows), n))


def _parts(values: Sequence[Any]) -> list[Any]:
    return [values[k : k + AT_ONCE] for k in range(0, len(values), AT_ONCE)]
