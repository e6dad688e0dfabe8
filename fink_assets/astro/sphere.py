"""Positions on the celestial sphere: cells of HEALPix, nearest neighbours.

Pure functions of numbers, in degrees (ICRS) unless said. What a catalogue is belongs to
`catalogues`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.astro.photometry import Numbers

ORDER = 29
"""Finest order of HEALPix whose nested indices fit into 64 bits; cells are 0.0004" wide."""
CELL_WIDTHS = 2.0
"""A cell is at least this many search radii wide. The eight neighbours of a cell reach 0.7 of its
width beyond any of its points, so that a circle of half the width never leaves them."""
PAIRS_AT_ONCE = 500_000


@dataclass(frozen=True)
class Sources:
    """Sources to search, sorted by cell; arrays may be mapped from a file.

    Parameters
    ----------
    cell : numpy.ndarray
        Nested HEALPix index of order `ORDER`, increasing.
    ra, dec : numpy.ndarray
        Degrees.
    radius : numpy.ndarray, optional
        A search radius of each source's own, arcsec: it counterparts only what is within.
    """

    cell: np.ndarray
    ra: np.ndarray
    dec: np.ndarray
    radius: np.ndarray | None = None


def cells(ra: Numbers, dec: Numbers, order: int = ORDER) -> np.ndarray:
    """Give the nested HEALPix index of each position."""
    import numpy as np
    from astropy import units
    from astropy_healpix import lonlat_to_healpix

    ra, dec = np.asarray(ra, dtype=float) * units.deg, np.asarray(dec, dtype=float) * units.deg
    return np.atleast_1d(lonlat_to_healpix(ra, dec, 1 << order, order="nested"))


def nearest(
    ra: Numbers, dec: Numbers, sources: Sources, radius_arcsec: float
) -> tuple[np.ndarray, Numbers]:
    """Find the source nearest to each position, within a radius.

    Parameters
    ----------
    ra, dec : numpy.ndarray
        Positions; one that is not finite has no counterpart.
    sources : Sources
        Where to search. Of two at the same separation the first in their order is taken.
    radius_arcsec : float
        Largest separation, itself included; it bounds the sources' own radii, too.

    Returns
    -------
    row : numpy.ndarray of int64
        Index into the sources, -1 for none.
    separation : numpy.ndarray
        Arcsec, NaN for none.
    """
    import numpy as np

    row = np.full(len(ra), -1, dtype=np.int64)
    separation = np.full(len(ra), np.nan)
    for position, candidate, degrees in within(ra, dec, sources, radius_arcsec):
        apart = 3600 * degrees
        if sources.radius is not None:
            close = apart <= sources.radius[candidate]
            position, candidate, apart = position[close], candidate[close], apart[close]
        best = np.lexsort((candidate, apart, position))
        position, first = np.unique(position[best], return_index=True)
        row[position], separation[position] = candidate[best][first], apart[best][first]
    return row, separation


def within(
    ra: Numbers, dec: Numbers, sources: Sources, radius_arcsec: float
) -> Iterator[tuple[np.ndarray, np.ndarray, Numbers]]:
    """Find every source within a radius of each position, some at a time.

    Parameters
    ----------
    ra, dec : numpy.ndarray
        Positions; one that is not finite is near nothing.
    sources : Sources
        Where to search.
    radius_arcsec : float
        Largest separation, itself included.

    Yields
    ------
    position, row : numpy.ndarray of int64
        Pairs: indices into the positions and into the sources.
    separation : numpy.ndarray
        Degrees.
    """
    import numpy as np

    from fink_assets.astro import angles

    known = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec) & (np.abs(dec) <= 90))
    if not len(known) or not len(sources.cell):
        return
    for of, row in _pairs(ra[known], dec[known], sources.cell, order_for(radius_arcsec)):
        position = known[of]
        there = sources.ra[row], sources.dec[row]
        apart = angles.separation(ra[position], dec[position], *there)
        close = 3600 * apart <= radius_arcsec
        yield position[close], row[close], apart[close]


def order_for(radius_arcsec: float) -> int:
    """Finest order whose cells are at least `CELL_WIDTHS` radii wide."""
    import math

    width = math.sqrt(math.pi / 3) * math.degrees(1) * 3600 / (CELL_WIDTHS * radius_arcsec)
    return max(0, min(ORDER, int(math.log2(width))))


def _pairs(
    ra: Numbers, dec: Numbers, sorted_cells: np.ndarray, order: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pair positions with all sources in their cell and its neighbours.

    Some positions at a time, each with all its sources, so that memory does not grow with a crowd.
    """
    import numpy as np

    around, of = _around(ra, dec, order)
    shift = 2 * (ORDER - order)
    start = np.searchsorted(sorted_cells, around << shift)
    count = np.searchsorted(sorted_cells, (around + 1) << shift) - start
    some = count > 0
    start, count, of = start[some], count[some], of[some]
    pieces = np.cumsum(count) // PAIRS_AT_ONCE
    pieces = pieces[np.searchsorted(of, of)]  # a position stays in one piece
    for piece in np.unique(pieces):
        here = pieces == piece
        n = count[here]
        within = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        yield np.repeat(of[here], n), np.repeat(start[here], n) + within


def _around(ra: Numbers, dec: Numbers, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells at and about each position, and the positions' numbers, in their order."""
    import numpy as np
    from astropy_healpix import neighbours

    own = cells(ra, dec, order)
    with np.errstate(invalid="ignore"):  # where three base cells meet, one neighbour is missing
        beside = neighbours(own, 1 << order, order="nested")
    around = np.vstack([own, beside]).T
    of = np.repeat(np.arange(len(own)), around.shape[1])
    there = around.ravel() >= 0
    return around.ravel()[there], of[there]
