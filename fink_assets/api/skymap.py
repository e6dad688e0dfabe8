"""Objects with an alert about the time of a gravitational wave, where its map says that it was.

Of both surveys; pure but for the archive. Reading maps belongs to `gcn.region`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, lsst_columns, skymap_file, sql, ztf_columns, ztf_rows
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between, chosen, nights
from fink_assets.api.errors import RequestError
from fink_assets.api.votable import Meaning
from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from fink_assets.api.archive import Archive
    from fink_assets.gcn.region import Region

BODY_BYTES = 50_000_000
"""The text of Python's bytes in JSON is four times the file, and maps have some megabytes."""
MOST_DAYS = 30.0
KEPT = 200_000
"""Candidates after which all but the newest `MOST_ROWS` objects are dropped."""
TRIGGER = "v:jdstartgw"
MEANING = Meaning(unit="d", ucd="time.epoch", doc="Julian date (UTC) of the event")
NEEDED = ("alert_id", "object_id", "night", "time", "ra", "dec")


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


def ztf_skymap(archive: Archive, values: Values) -> Rows:
    """Answer `/skymap` of ZTF."""
    sought = asked(archive, values)
    fields = archive.fields("science")
    also = {
        TRIGGER: sql.number(sought.event_jd),
        "d:classification": ztf_columns.available(fields)["v:classification"],
    }
    wanted = values["columns"] or ztf_columns.LIGHT
    where = _of(_latest(archive, sought))
    found = ztf_rows.read(archive, "science", wanted, where=where, also=also)
    return Rows(table=found.table, meanings={**found.meanings, TRIGGER: MEANING})


def lsst_skymap(archive: Archive, values: Values) -> Rows:
    """Answer `/skymap` of LSST."""
    sought = asked(archive, values)
    fields = archive.fields("science")
    known = {**lsst_columns.of_cone(fields), TRIGGER: sql.number(sought.event_jd)}
    own = lsst_columns.own(fields) if values["columns"] else {}
    rows = archive.rows(
        "science",
        chosen({**known, **own}, values["columns"], (TRIGGER,)),
        where=_of(_latest(archive, sought)),
        order=ztf_rows.NEWEST_FIRST,
        limit=arguments.MOST_ROWS,
    )
    return Rows(table=rows, meanings={**lsst_columns.MEANINGS, TRIGGER: MEANING})


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


def _latest(archive: Archive, sought: Sought) -> pd.DataFrame:
    """Choose of each object the latest alert that counts; of too many objects the newest."""
    if not archive.there("science"):
        return _newest([])
    low, high = sought.region.declinations
    where = [
        *between(sought.start, sought.stop),
        *nights(sought.start, sought.stop),
        f"dec between {sql.number(low)} and {sql.number(high)} and ra between 0 and 360",
    ]
    statement = f"select {', '.join(NEEDED)} from it where {' and '.join(where)}"
    inside = _inside(sought.region)
    return archive.reduced(
        statement, lambda batches: _newest(inside(b) for b in batches), it="science"
    )


def _inside(region: Region) -> Callable[[pa.RecordBatch], pd.DataFrame]:
    def inside(batch: pa.RecordBatch) -> pd.DataFrame:
        alerts = batch.to_pandas()
        there = region.has(alerts["ra"].to_numpy(), alerts["dec"].to_numpy())
        return alerts.loc[there, ["alert_id", "object_id", "night", "time"]]

    return inside


def _newest(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Keep the latest alert of each of the newest objects, with no more than `KEPT` in memory."""
    import pandas as pd

    waiting: list[pd.DataFrame] = []
    number = 0
    for part in parts:
        waiting.append(part)
        number += len(part)
        if number > KEPT:
            waiting = [_reduced(pd.concat(waiting))]
            number = len(waiting[0])
    return _reduced(pd.concat(waiting)) if waiting else pd.DataFrame(columns=list(NEEDED))


def _reduced(alerts: pd.DataFrame) -> pd.DataFrame:
    newest = alerts.sort_values(["time", "alert_id"], ascending=[False, True])
    return newest.drop_duplicates("object_id").head(arguments.MOST_ROWS)


def _of(alerts: pd.DataFrame) -> Sequence[str]:
    return (
        sql.numbered("alert_id", alerts["alert_id"]),
        sql.among("night", sorted(set(alerts["night"]))),
    )


def probability(value: Any) -> float:
    """Read a probability above zero."""
    number = arguments.finite(value)
    if not 0 < number <= 1:
        raise ValueError("must be above 0 and at most 1")
    return number


def days(value: Any) -> float:
    """Read a length of time in days."""
    number = arguments.finite(value)
    if not 0 <= number <= MOST_DAYS:
        raise ValueError(f"must be from 0 to {MOST_DAYS:g} days")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is a text or a file")
    return value


_MAP = "Map of the sky: text of Python's bytes, base64, or a file"
_ARGUMENTS = (
    *(
        Argument(name=name, read=_text, longest=BODY_BYTES, file=True, doc=_MAP)
        for name in ("bayestar", "file")
    ),
    Argument(name="event_name", read=arguments.text, doc="Superevent, as S200219ac, that we hold"),
    Argument(
        name="credible_level", read=probability, required=True, type="number", doc="Above 0, to 1"
    ),
    *(
        Argument(name=f"n_day_{name}", read=days, default=default, type="number", doc=doc)
        for name, default, doc in (
            ("before", 1.0, "Days before the event"),
            ("after", 6.0, "Days after the event"),
        )
    ),
    COLUMNS,
)


def endpoints(answer: Callable[[Archive, Values], Rows]) -> tuple[Endpoint, ...]:
    """Make the endpoint of a survey, and the same under its older name."""
    return tuple(
        Endpoint(
            path=path,
            doc="Objects in the region of a map of a gravitational wave: the latest alert of each "
            "from some days before the event to some after, newest first.",
            answer=answer,
            arguments=_ARGUMENTS,
            body_bytes=BODY_BYTES,
        )
        for path in ("skymap", "bayestar")
    )
