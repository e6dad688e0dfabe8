"""Objects near the sources of a catalogue that comes with the request, in one pass over the sky.

Of both surveys; pure but for the archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fink_assets.api import (
    arguments,
    catalogue,
    cone,
    lsst_columns,
    lsst_dates,
    sql,
    ztf,
    ztf_columns,
    ztf_rows,
)
from fink_assets.api.arguments import COLUMNS, Argument
from fink_assets.api.catalogue import Catalogue
from fink_assets.api.endpoints import Endpoint, Rows, Values, chosen
from fink_assets.api.errors import RequestError
from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from fink_assets.api.archive import Archive
    from fink_assets.astro.sphere import Sources

SEPARATION = "v:separation_degree"
BODY_BYTES = 5_000_000
BOXES = 20
"""Most parts of the sky that are told apart where files are skipped."""
TOO_MANY = (
    f"More than {arguments.MOST_ROWS} objects are near the sources: ask for a smaller radius or "
    "for fewer sources.\n"
)
Reader = Callable[["Archive", Sequence[str], Sequence[str]], Rows]


@dataclass(frozen=True, kw_only=True)
class Flavour:
    """What differs between surveys.

    Parameters
    ----------
    first : str
        Path of the first detection of an object.
    days : callable
        Gives a time (UTC) as that path has it.
    read : callable
        Gives objects by conditions, with the columns asked for and `_object`, their name.
    """

    first: str
    days: Callable[[datetime], float]
    read: Reader


@dataclass(frozen=True, kw_only=True)
class Match:
    """An object near a source: the source's place in the catalogue, name, separation in degrees."""

    source: int
    name: str
    degrees: float


def xmatch(archive: Archive, values: Values, flavour: Flavour) -> Rows:
    """Answer `/xmatch`: the objects within the radius of each source, nearest first."""
    import pyarrow as pa

    known = catalogue.read(values["catalog"], values["header"])
    matches = _matches(archive, known, values, flavour)
    named = sql.among("object_id", sorted({match.name for match in matches}))
    where = [_where(known, values), named] if matches else ["false"]
    found = flavour.read(archive, values["columns"], where)
    place = {name: k for k, name in enumerate(found.table["_object"].to_pylist())}
    matches = [match for match in matches if match.name in place]
    rows = found.table.take(pa.array([place[match.name] for match in matches], pa.int64()))
    more: dict[str, Any] = {SEPARATION: pa.array([m.degrees for m in matches], pa.float64())}
    sources = pa.array([match.source for match in matches], pa.int64())
    more |= {name: column.take(sources) for name, column in known.given.items()}
    for name, column in more.items():
        if name in rows.column_names:
            raise RequestError(f"The catalogue's column {name} has the name of one of ours.\n")
        rows = rows.append_column(name, column)
    return Rows(table=rows.drop_columns(["_object"]), meanings=found.meanings)


def _matches(archive: Archive, known: Catalogue, values: Values, flavour: Flavour) -> list[Match]:
    """Find all matches, by source and separation."""
    fields = archive.fields("objects")
    if not known.ra or not fields:
        return []
    first = sql.field(flavour.first) if flavour.first in fields else "cast(null as double)"
    statement = f"select object_id, ra, dec, {first} as first from it where {_where(known, values)}"
    bounds = _bounds(known, values["window"], flavour)
    near = _nearby(known, values["radius"], bounds)
    found = archive.reduced(
        statement, lambda batches: _limited(m for b in batches for m in near(b)), it="objects"
    )
    return sorted(found, key=lambda m: (m.source, m.degrees, m.name))


def _limited(found: Iterator[Match]) -> list[Match]:
    matches = [match for _, match in zip(range(arguments.MOST_ROWS + 1), found, strict=False)]
    if len(matches) > arguments.MOST_ROWS:
        raise RequestError(TOO_MANY)
    return matches


def _bounds(known: Catalogue, window: float | None, flavour: Flavour) -> tuple[Any, Any] | None:
    """Between which times each object of a source was to be detected first; None for any."""
    import numpy as np

    if not any(known.times):
        return None
    times = [time for time in known.times if time is not None]
    low = np.array([flavour.days(time) for time in times])
    if window is None:
        return low, np.full(len(low), np.inf)
    return low, np.array([flavour.days(time + timedelta(days=window)) for time in times])


def _nearby(
    known: Catalogue, radius_arcsec: float, bounds: tuple[Any, Any] | None
) -> Callable[[pa.RecordBatch], Iterator[Match]]:
    from fink_assets.astro.sphere import within

    order, sources = _sorted(known)

    def nearby(batch: pa.RecordBatch) -> Iterator[Match]:
        objects = batch.to_pandas()
        ra, dec, first = (objects[name].to_numpy(float) for name in ("ra", "dec", "first"))
        for row, source, degrees in within(ra, dec, sources, radius_arcsec):
            in_time = slice(None)
            if bounds is not None:
                when = first[row]
                in_time = (bounds[0][order[source]] <= when) & (when <= bounds[1][order[source]])
            chosen_ = zip(row[in_time], source[in_time], degrees[in_time], strict=True)
            for k, of, apart in chosen_:
                name = objects["object_id"].iloc[k]
                yield Match(source=int(order[of]), name=name, degrees=float(apart))

    return nearby


def _sorted(known: Catalogue) -> tuple[np.ndarray, Sources]:
    """Sort the sources by their cell of HEALPix; the first is their place in the catalogue."""
    import numpy as np

    from fink_assets.astro.sphere import Sources, cells

    ra, dec = np.array(known.ra, float), np.array(known.dec, float)
    cell = cells(ra, dec)
    order = np.argsort(cell, kind="stable")
    return order, Sources(cell=cell[order], ra=ra[order], dec=dec[order])


def _where(known: Catalogue, values: Values) -> str:
    """Condition by which files are skipped: a box about each source, or strips of declination."""
    degrees = values["radius"] / 3600
    if len(known.ra) <= BOXES:
        return " or ".join(
            f"({cone.box(ra, dec, degrees)})" for ra, dec in zip(known.ra, known.dec, strict=True)
        )
    falling = sorted(known.dec)
    gaps = sorted(range(1, len(falling)), key=lambda k: falling[k] - falling[k - 1])[-BOXES + 1 :]
    edges = [0, *sorted(gaps), len(falling)]
    strips = [(falling[a], falling[b - 1]) for a, b in pairwise(edges)]
    return " or ".join(
        f"(dec between {sql.number(low - degrees - 1e-9)} and {sql.number(high + degrees + 1e-9)})"
        for low, high in strips
    )


def _of_ztf(archive: Archive, asked: Sequence[str], where: Sequence[str]) -> Rows:
    wanted = asked or ztf_columns.LIGHT
    also = {"_object": "object_id"}
    return ztf_rows.read(archive, "objects", wanted, where=where, order=(), also=also)


def _of_lsst(archive: Archive, asked: Sequence[str], where: Sequence[str]) -> Rows:
    fields = archive.fields("objects")
    known = {**lsst_columns.of_cone(fields), "_object": "object_id"}
    own = lsst_columns.own(fields) if asked else {}
    columns = chosen({**known, **own}, asked, ("_object",))
    rows = archive.rows("objects", columns, where=where)
    return Rows(table=rows, meanings=lsst_columns.MEANINGS)


FLAVOURS: Mapping[str, Flavour] = {
    "ztf": Flavour(
        first="candidate.jdstarthist",
        days=lambda time: time.timestamp() / SECONDS_PER_DAY + UNIX_EPOCH_JD,
        read=_of_ztf,
    ),
    "lsst": Flavour(first=lsst_columns.FIRST, days=lsst_dates.mjd_tai, read=_of_lsst),
}


def answer(archive: Archive, values: Values) -> Rows:
    """Answer `/xmatch` of the archive's survey."""
    return xmatch(archive, values, FLAVOURS[archive.tables.survey])


def radius(value: Any) -> float:
    """Read a radius in arcsec, above zero."""
    arcsec = cone.radius(value)
    if not arcsec:
        raise ValueError("must be more than zero")
    return arcsec


ENDPOINT = Endpoint(
    path="xmatch",
    doc="Objects near the sources of a catalogue: those within the radius of each, nearest first.",
    answer=answer,
    arguments=(
        Argument(
            name="catalog",
            read=lambda value: str(value),
            required=True,
            blank=True,
            longest=BODY_BYTES,
            doc=f"Text of CSV with names of columns; {catalogue.MOST} sources at most",
        ),
        Argument(
            name="header", read=catalogue.header, required=True, doc="RA,Dec,ID or RA,Dec,ID,Time"
        ),
        Argument(name="radius", read=radius, required=True, type="number", doc="Arcsec, to 18000"),
        Argument(
            name="window",
            read=ztf.window,
            type="number",
            doc="Days after the time of a source in which an object was first detected",
        ),
        COLUMNS,
    ),
    body_bytes=BODY_BYTES,
)
