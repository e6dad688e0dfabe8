"""What is asked of a map of a gravitational wave: where, and between which times.

The map comes with the request, or with a notice that we hold. Reading maps belongs to `gcn.region`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fink_assets.api import skymap_file, sql
from fink_assets.api.endpoints import Values
from fink_assets.api.errors import RequestError
from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive
    from fink_assets.gcn.region import Region


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What is asked: a region and the times (UTC) between which alerts count.

    Parameters
    ----------
    region : Region
        Where.
    event, start, stop : datetime
        When the event was, and the bounds.
    """

    region: Region
    event: datetime
    start: datetime
    stop: datetime

    @property
    def event_jd(self) -> float:
        """Julian date (UTC) of the event."""
        return self.event.timestamp() / SECONDS_PER_DAY + UNIX_EPOCH_JD


def asked(archive: Archive, values: Values) -> Sought:
    """Read what is sought: of a map that came with the request, or of a notice that we hold.

    Raises
    ------
    RequestError
        There is neither, or it cannot be read.
    """
    from fink_assets.gcn import region
    from fink_assets.gcn.notice import NoticeError

    given = values["bayestar"] or values["file"]
    if not given and not values["event_name"]:
        told = "One of `bayestar`, `file` and `event_name` is required. Use GET to check arguments."
        raise RequestError(f"{told}\n")
    level = values["credible_level"]
    try:
        if given:
            found, event = region.read(skymap_file.content(given), level)
        else:
            found, event = _of_notice(archive, values["event_name"], level)
    except NoticeError as problem:
        raise RequestError(f"The map of the sky cannot be read: {problem}.\n") from None
    if event is None:
        raise RequestError("The map does not say when the event was (DATE-OBS, MJD-OBS).\n")
    return Sought(
        region=found,
        event=event,
        start=event - timedelta(days=values["n_day_before"]),
        stop=event + timedelta(days=values["n_day_after"]),
    )


def _of_notice(archive: Archive, name: str, level: float) -> tuple[Region, datetime | None]:
    """Region and time of the latest notice of an event that has a map.

    Raises
    ------
    RequestError
        We hold none; nobody is asked for it while a request waits.
    """
    from fink_assets.gcn import lvk, region
    from fink_assets.gcn.notice import RETRACTION
    from fink_assets.lake.combined import Combined

    table = Combined(archive.tables.root).notices
    unknown = RequestError(
        f"No map of the event {name} is held here. Its maps are at GraceDB: post one as `bayestar`."
        "\n"
    )
    if not table.exists():
        raise unknown
    where = [
        f"observatory = {sql.text(lvk.OBSERVATORY)}",
        f"event_id = {sql.text(name)}",
        "problem is null",
        *([f"received <= {sql.moment(archive.as_of)}"] if archive.as_of else []),
    ]
    rows = table.query(
        f"select status, message from it where {' and '.join(where)} "
        "order by issued desc, sequence desc, revision desc limit 20"
    ).to_pylist()
    if rows and rows[0]["status"] == RETRACTION:
        raise RequestError(f"The event {name} was retracted.\n")
    for row in rows:
        notice = lvk.read(row["message"])
        if isinstance(notice.region, region.SkyMap):
            return region.of_skymap(notice.region, level), notice.trigger_time
    raise unknown
