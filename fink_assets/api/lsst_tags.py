"""Which alerts have a tag: those that a filter passed, the newest first.

`deliveries` tells of a filter and a night, `science` has the times of a night. Both have a folder
per night, of which only the newest are opened that have enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fink_assets.api import keys, sql
from fink_assets.api.endpoints import Values, between

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

NIGHTS = 4
"""Nights that are looked at first for a tag; then four times as many, and so on."""


def newest(archive: Archive, values: Values) -> list[tuple[str, int]]:
    """Find the newest alerts with a tag between dates, night after night until enough."""
    start, stop, n = values["startdate"], values["stopdate"], values["n"]
    found: list[tuple[str, int]] = []
    if not archive.there("science"):
        return found
    tagged = f"filter = {sql.text(values['tag'])}"
    for some in _blocks(_nights(archive, start, stop)):
        left = _passed(archive, tagged, some)
        while left and len(found) < n:
            chosen = [left.pop(0)]
            while left and _alerts(chosen) < n - len(found) and len(chosen) < keys.AT_ONCE:
                chosen.append(left.pop(0))
            night = sql.among("night", [night for night, _ in chosen])
            passed = f"select alert_id from sent where {tagged} and {night}"
            conditions = [f"alert_id in ({passed})", night, *between(start, stop)]
            statement = (
                f"select night, alert_id from it where {' and '.join(conditions)} "
                f"order by time desc, alert_id limit {n - len(found)}"
            )
            rows = archive.query(statement, it="science", sent="deliveries").to_pylist()
            found += [(row["night"], row["alert_id"]) for row in rows]
        if len(found) >= n:
            break
    return found


def _nights(archive: Archive, start: datetime | None, stop: datetime | None) -> list[str]:
    """Nights of deliveries that times may be of: a night may begin on the day before."""
    first = (start - timedelta(days=1)).date().isoformat() if start else ""
    last = stop.date().isoformat() if stop else "9999"
    return [night for night in archive.nights("deliveries") if first <= night <= last]


def _blocks(nights: Sequence[str]) -> Iterator[Sequence[str]]:
    """Some of the first, then ever more."""
    at, size = 0, NIGHTS
    while at < len(nights):
        yield nights[at : at + size]
        at, size = at + size, 4 * size


def _alerts(nights: list[tuple[str, int]]) -> int:
    return sum(alerts for _, alerts in nights)


def _passed(archive: Archive, tagged: str, nights: Sequence[str]) -> list[tuple[str, int]]:
    """Of some nights, newest first, those in which a filter passed alerts, and how many."""
    span = f"night between {sql.text(nights[-1])} and {sql.text(nights[0])}"
    statement = (
        "select night, count(distinct alert_id) as alerts from it "
        f"where {tagged} and {span} group by night order by night desc"
    )
    rows = archive.query(statement, it="deliveries").to_pylist()
    return [(row["night"], row["alerts"]) for row in rows]
