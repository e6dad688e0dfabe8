"""Objects with an alert about the time of a gravitational wave, where its map says that it was.

Of both surveys; pure but for the archive. Which map is meant belongs to `skymap_event`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from fink_assets.api import (
    arguments,
    lsst_columns,
    lsst_rows,
    skymap_newest,
    sql,
    told,
    ztf_columns,
    ztf_rows,
)
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.endpoints import Endpoint, Rows, Values, between, nights
from fink_assets.api.skymap_event import Sought, asked
from fink_assets.api.skymap_newest import Part
from fink_assets.api.votable import Meaning

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from fink_assets.api.archive import Archive
    from fink_assets.gcn.region import Region

BODY_BYTES = 50_000_000
"""The text of Python's bytes in JSON is four times the file, and maps have some megabytes."""
MOST_DAYS = 30.0
TRIGGER = "v:jdstartgw"
MEANING = Meaning(unit="d", ucd="time.epoch", doc="Julian date (UTC) of the event")
NEEDED = ("alert_id", "object_id", "night", "time", "ra", "dec")


def ztf_skymap(archive: Archive, values: Values) -> Rows:
    """Answer `/skymap` of ZTF: objects that began no longer before their alert than the window.

    As Fink does, which leaves out objects with ``jd - jdstarthist > n_day_after``.
    """
    sought = asked(archive, values)
    fields = archive.fields("science")
    also = {
        TRIGGER: sql.number(sought.event_jd),
        "d:classification": ztf_columns.available(fields)["v:classification"],
    }
    first, last = (sql.field(f"candidate.{name}") for name in ("jdstarthist", "jd"))
    is_new = f"coalesce({last} - {first} <= {sql.number(float(values['n_day_after']))}, false)"
    part = _latest(archive, sought, values, is_new)
    found = ztf_rows.read(
        archive,
        "science",
        values["columns"] or ztf_columns.LIGHT,
        where=_of(part.alerts),
        also=also,
    )
    return Rows(
        table=found.table,
        meanings={**found.meanings, TRIGGER: MEANING},
        headers=told.of_part(part.complete, part.following),
    )


def lsst_skymap(archive: Archive, values: Values) -> Rows:
    """Answer `/skymap` of LSST: objects of any age."""
    sought = asked(archive, values)
    fields = archive.fields("science")
    known = {**lsst_columns.of_cone(fields), TRIGGER: sql.number(sought.event_jd)}
    part = _latest(archive, sought, values, "true")
    found = lsst_rows.read(
        archive, "science", known, values, where=_of(part.alerts), always=(TRIGGER,)
    )
    return Rows(
        table=found.table,
        meanings={**found.meanings, TRIGGER: MEANING},
        headers=told.of_part(part.complete, part.following),
    )


def _latest(archive: Archive, sought: Sought, values: Values, is_new: str) -> Part:
    """Choose of each object the latest alert in the region and the time; of these a part."""
    choose = partial(skymap_newest.newest, offset=values["offset"], n=values["n"])
    if not archive.there("science"):
        return choose([])
    low, high = sought.region.declinations
    where = [
        *between(sought.start, sought.stop),
        *nights(sought.start, sought.stop),
        f"dec between {sql.number(low)} and {sql.number(high)} and ra between 0 and 360",
    ]
    listed = f"{', '.join(NEEDED)}, {is_new} as is_new"
    statement = f"select {listed} from it where {' and '.join(where)}"
    inside = _inside(sought.region)
    return archive.reduced(
        statement, lambda batches: choose(inside(b) for b in batches), it="science"
    )


def _inside(region: Region) -> Callable[[pa.RecordBatch], pd.DataFrame]:
    def inside(batch: pa.RecordBatch) -> pd.DataFrame:
        alerts = batch.to_pandas()
        there = region.has(alerts["ra"].to_numpy(), alerts["dec"].to_numpy())
        return alerts.loc[there, list(skymap_newest.COLUMNS)]

    return inside


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


def place(value: Any) -> int:
    """Read how many of the newest objects to leave out."""
    number = arguments.whole(value)
    if not 0 <= number <= skymap_newest.KEPT:
        raise ValueError(f"must be from 0 to {skymap_newest.KEPT}")
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
    Argument(
        name="n", read=arguments.rows, default=arguments.MOST_ROWS, type="integer", doc="Most rows"
    ),
    Argument(
        name="offset",
        read=place,
        default=0,
        type="integer",
        doc="Objects before them, as the header Fink-Next-Offset of the answer before says",
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
