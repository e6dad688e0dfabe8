"""Which alerts have a tag: those that a filter passed, the newest first.

`deliveries` tells of a filter and a night, `science` has the times of a night.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import keys, sql
from fink_assets.api.endpoints import Values, between, nights

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive


def newest(archive: Archive, values: Values) -> list[tuple[str, int]]:
    """Find the newest alerts with a tag between dates, night after night until enough."""
    start, stop, n = values["startdate"], values["stopdate"], values["n"]
    if not (archive.there("deliveries") and archive.there("science")):
        return []
    tagged = f"filter = {sql.text(values['tag'])}"
    dates = between(start, stop)
    found: list[tuple[str, int]] = []
    left = _nights(archive, [tagged, *nights(start, stop)])
    while left and len(found) < n:
        chosen = [left.pop(0)]
        while left and _alerts(chosen) < n - len(found) and len(chosen) < keys.AT_ONCE:
            chosen.append(left.pop(0))
        night = sql.among("night", [night for night, _ in chosen])
        passed = f"select alert_id from sent where {tagged} and {night}"
        conditions = [f"alert_id in ({passed})", night, *dates]
        statement = (
            f"select night, alert_id from it where {' and '.join(conditions)} "
            f"order by time desc, alert_id limit {n - len(found)}"
        )
        rows = archive.query(statement, it="science", sent="deliveries").to_pylist()
        found += [(row["night"], row["alert_id"]) for row in rows]
    return found


def _alerts(nights_: list[tuple[str, int]]) -> int:
    return sum(alerts for _, alerts in nights_)


def _nights(archive: Archive, where: list[str]) -> list[tuple[str, int]]:
    """Nights in which a filter passed alerts, and how many, the newest first."""
    statement = (
        "select night, count(distinct alert_id) as alerts from it "
        f"where {' and '.join(where)} group by night order by night desc"
    )
    rows = archive.query(statement, it="deliveries").to_pylist()
    return [(row["night"], row["alerts"]) for row in rows]
