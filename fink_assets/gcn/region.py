"""The smallest region of the sky that an event is in with some probability, from a map in a file.

Multi-order maps (`skymap`) and those of one size of cells (`flat_map`), compressed or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.astro.sphere import ORDER, cells
from fink_assets.astro.time import LAST_MJD, UNIX_EPOCH_MJD
from fink_assets.gcn import flat_map
from fink_assets.gcn.fits_stream import BLOCK, FitsStream, Values
from fink_assets.gcn.notice import NoticeError
from fink_assets.gcn.skymap import MOST_CELLS, SkyMap, read_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BYTES = 128_000_000
"""Of the table of a multi-order map; those of LVK have some ten thousand rows of 40 bytes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COARSE = 4
"""Order of the cells by which the extent of a region is told: 3.7 degrees wide."""
_REACH = 4.0
"""Degrees from the middle of such a cell to any point of it, and more."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Region:
    """A region of the sky: cells of HEALPix, nested, of the order 29, from `first` below `end`.

    Parameters
    ----------
    first, end : array of int64
        Rising; no range overlaps another.
    """

    first: NDArray[np.int64]
    end: NDArray[np.int64]

    def has(self, ra: Any, dec: Any) -> NDArray[np.bool_]:
        """Tell which places (ICRS, degrees, finite) are in it."""
        if not len(ra) or not len(self.first):
            return np.zeros(len(ra), bool)
        place = cells(ra, dec)
        at = np.searchsorted(self.first, place, side="right") - 1
        return np.asarray((at >= 0) & (place < self.end[at]))

    @property
    def declinations(self) -> tuple[float, float]:
        """Bounds (degrees) between which it is."""
        from astropy_healpix import healpix_to_lonlat

        shift = 2 * (ORDER - _COARSE)
        steps = np.zeros(12 * 4**_COARSE + 1, np.int64)
        np.add.at(steps, self.first >> shift, 1)
        np.add.at(steps, ((self.end - 1) >> shift) + 1, -1)
        inside = np.flatnonzero(np.cumsum(steps)[:-1])
        if not len(inside):
            return 0.0, 0.0
        _, middle = healpix_to_lonlat(inside, 2**_COARSE, order="nested")
        dec = middle.to_value("deg")
        return max(-90.0, float(dec.min()) - _REACH), min(90.0, float(dec.max()) + _REACH)


def of_skymap(found: SkyMap, probability: float) -> Region:
    """Take the region of a probability from a map, cells of one density together."""
    level = found.level
    least = level[level >= min(probability, level.max())].min()
    inside = level <= least
    return of_cells(found.number[inside], found.order[inside])


def of_cells(number: NDArray[np.int64], order: Any) -> Region:
    """Make a region of nested cells that are in the order of the sky."""
    width = np.int64(1) << 2 * (ORDER - np.asarray(order, np.int64))
    first = number * width
    end = first + width
    begins = np.concatenate(([True], first[1:] != end[:-1])) if len(first) else np.zeros(0, bool)
    ends = np.concatenate((begins[1:], [True])) if len(first) else begins
    return Region(first=first[begins], end=end[ends])


def read(content: bytes, probability: float) -> tuple[Region, datetime | None]:
    """Read the region of a probability and the time of the event (UTC) from a file.

    Memory is bounded by what maps may be, not by what a compressed file unfolds to.

    Raises
    ------
    NoticeError
        It is no map of the sky.
    """
    stream = FitsStream(content=content)
    primary, start = stream.header()
    if primary.get("SIMPLE") is not True or primary.get("NAXIS") != 0:
        raise NoticeError("the map is not FITS, or its table is not the first extension")
    table, header = stream.header()
    if str(table.get("XTENSION", "")).strip() != "BINTABLE" or table.get("PCOUNT"):
        raise NoticeError("the map is no table of FITS")
    when = _time(table) or _time(primary)
    if str(table.get("ORDERING", "")).strip().upper() == "NUNIQ":
        return of_skymap(_multi_order(stream, table, start + header), probability), when
    number, order = flat_map.cells_within(stream, table, probability)
    return of_cells(number, order), when


def _multi_order(stream: FitsStream, table: Values, headers: bytes) -> SkyMap:
    width, rows = table.get("NAXIS1"), table.get("NAXIS2")
    if not (isinstance(width, int) and isinstance(rows, int) and width > 0):
        raise NoticeError("the map has no rows")
    if not 0 < rows <= MOST_CELLS or width * rows > MOST_BYTES:
        raise NoticeError(f"a map of {rows} cells is none, or too large")
    data = stream.take(width * rows)
    return read_map(b"".join((headers, data, bytes(-len(data) % BLOCK))))


def _time(header: Values) -> datetime | None:
    """Time of the event that a header states, if it does."""
    if isinstance(mjd := header.get("MJD-OBS"), float):
        known = UNIX_EPOCH_MJD <= mjd <= LAST_MJD
        return _EPOCH + timedelta(days=mjd - UNIX_EPOCH_MJD) if known else None
    try:
        told = datetime.fromisoformat(str(header.get("DATE-OBS", "")))
    except ValueError:
        return None
    told = told.replace(tzinfo=UTC) if told.tzinfo is None else told
    return told if _EPOCH <= told < datetime(2100, 1, 1, tzinfo=UTC) else None
