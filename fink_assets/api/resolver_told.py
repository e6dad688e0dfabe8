"""How sure it is what an object is in another list, as modules asked about its alerts.

The service answered when an alert came, or later, when it healed; each alert has the date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fink_assets.api import sql
from fink_assets.clock import utc_now
from fink_assets.services.named import FRESH, OLD, UNAVAILABLE, Named
from fink_assets.services.service import Service

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

NO_OBJECT = "no alert of this object is in the archive"
NOT_TOLD = "nothing was said about an alert: {} was not or could not be asked"


def by_module(archive: Archive, service: Service, module: str, name: str, alerts: int) -> Named:
    """Say how sure the least sure of the newest alerts of an object is; without rows.

    Parameters
    ----------
    archive : Archive
        Where.
    service : Service
        Who was asked.
    module : str
        Module that has its answer.
    name : str
        The object.
    alerts : int
        So many of its alerts count.
    """
    place = f"{module}.answered"
    known = place in archive.fields("alerts")
    rows = archive.rows(
        "alerts",
        {"answered": sql.field(place) if known else "null"},
        where=[f"object_id = {sql.text(name)}"],
        order=("time desc", "alert_id"),
        limit=alerts,
    )
    dates = [_utc(date) for date in rows["answered"].to_pylist()]
    there = [date for date in dates if date is not None]
    oldest = min(there, default=None)
    if oldest is None or len(there) < len(dates):
        reason = NOT_TOLD.format(service.name) if dates else NO_OBJECT
        return Named(state=UNAVAILABLE, reason=reason, answered=oldest)
    age = utc_now() - oldest
    if age <= timedelta(days=service.max_age_days):
        return Named(state=FRESH, answered=oldest)
    return Named(state=OLD, reason=f"the answer is {age.days} days old", answered=oldest)


def of_packets(archive: Archive, name: str) -> Named:
    """Say whether packets of an object are known, which tell whether it is a body."""
    where = [f"object_id = {sql.text(name)}"]
    there = archive.rows("alerts", {"alert": "alert_id"}, where=where, limit=1).num_rows
    return Named(state=FRESH) if there else Named(state=UNAVAILABLE, reason=NO_OBJECT)


def _utc(date: datetime | None) -> datetime | None:
    return date.replace(tzinfo=UTC) if date is not None and date.tzinfo is None else date
