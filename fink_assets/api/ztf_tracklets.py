"""Trails of satellites and debris that alerts of ZTF are part of: a column of their answers.

They are in a table of few rows, which is made after a night; see `solar_system.tracklets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fink_assets.api import keys, sql
from fink_assets.api.ztf_columns import TRACKLET

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

NOUN = "tracklets"
PLACE = {"_trail_night": ("night", "last_night"), "_trail_alert": ("alert_id", "last_alert_id")}
DETECTIONS, ALONE = "_trail_detections", "candidate.ndethist"
"""Of the place of an alert of a trail there is one detection, its own."""


def ingredients(archive: Archive, fields: Mapping[str, str]) -> dict[str, str]:
    """Columns that `added` needs of rows, and takes from them; none where nothing is to be had."""
    if ALONE not in fields or not archive.there(NOUN):
        return {}
    found = {
        name: sql.field(next(own for own in columns if own in fields))
        for name, columns in PLACE.items()
    }
    return {**found, DETECTIONS: sql.field(ALONE)}


def added(archive: Archive, rows: pa.Table) -> pa.Table:
    """Write the trail of each alert into the column of rows that have the ingredients."""
    import pyarrow as pa

    read = zip(*(rows[name].to_pylist() for name in (*PLACE, DETECTIONS)), strict=True)
    alone = {(night, alert) for night, alert, detections in read if detections == 1}
    found = of_alerts(archive, alone)
    names = [found.get(alert) for alert in rows["_trail_alert"].to_pylist()]
    rows = rows.drop_columns([*PLACE, DETECTIONS])
    place = rows.column_names.index(TRACKLET)
    return rows.set_column(place, TRACKLET, pa.array(names, pa.string()))


def of_alerts(archive: Archive, alerts: set[tuple[str, int]]) -> dict[int, str]:
    """Trails of alerts, each of a night, by alert."""
    if not alerts:
        return {}
    columns = {"alert": "alert_id", "tracklet": "tracklet"}
    rows = archive.rows(NOUN, columns, any_of=keys.of_nights(sorted(alerts)))
    return dict(zip(rows["alert"].to_pylist(), rows["tracklet"].to_pylist(), strict=True))
