"""Maps of the sky as LVK sends them: a density in HEALPix cells of many orders.

Columns UNIQ and PROBDENSITY of a FITS table (Singer & Price 2016, PRD 93, 024013; the LVK user
guide, "Sky Localization"). UNIQ is 4^(order + 1) + number, nested.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.astro.angles import SKY_DEG2
from fink_assets.gcn.notice import NoticeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

FINEST = 29
"""Order of the finest cells that 64 bits can number."""
MOST_CELLS = 4_000_000
"""Maps of LVK have some ten thousand; a flat one of order 9 has 3 million."""
TOLERANCE = 0.01
"""By which the probabilities of a map may fail to add up to one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SkyMap:
    """A probability density on the sky.

    Parameters
    ----------
    order, number : array of int64, of one length
        HEALPix cells (nested), in the order of the sky at `FINEST`; none overlaps another.
    density : array of float64
        Probability per steradian in each.
    """

    order: Whole
    number: Whole
    density: Numbers

    @cached_property
    def area(self) -> Numbers:
        """Area of each cell, in square degrees."""
        return np.asarray(SKY_DEG2 / 12 / 4.0**self.order, np.float64)

    @cached_property
    def level(self) -> Numbers:
        """Probability of the smallest region that has the cell in it, from 0 to 1."""
        return self._up_to(self.density * self.area / math.degrees(1) ** 2).clip(0, 1)

    @cached_property
    def searched(self) -> Numbers:
        """Area in square degrees of that region."""
        return self._up_to(self.area)

    @property
    def peak(self) -> tuple[float, float]:
        """Right ascension and declination of the middle of the densest cell (ICRS, degrees)."""
        from astropy_healpix import healpix_to_lonlat

        best = int(np.argmax(self.density))
        ra, dec = healpix_to_lonlat(self.number[best], 2 ** int(self.order[best]), order="nested")
        return float(ra.to_value("deg")), float(dec.to_value("deg"))

    def area_of(self, probability: float) -> float:
        """Area in square degrees of the smallest region of a probability."""
        within = self.searched[self.level >= min(probability, self.level.max())]
        return float(within.min())

    def cells(self, ra: Any, dec: Any) -> Whole:
        """Position in the arrays of the cells of places (degrees), -1 where the map has none."""
        from astropy import units as u
        from astropy_healpix import lonlat_to_healpix

        ra, dec = np.atleast_1d(ra).astype(float), np.atleast_1d(dec).astype(float)
        finest = lonlat_to_healpix(ra * u.deg, dec * u.deg, 2**FINEST, order="nested")
        first = self._first
        found = np.searchsorted(first, finest, side="right") - 1
        inside = (found >= 0) & (finest < first[found] + _width(self.order[found]))
        return np.where(inside, found, -1)

    @cached_property
    def _first(self) -> Whole:
        return self.number * _width(self.order)

    def _up_to(self, amount: Numbers) -> Numbers:
        """Sums of an amount over the cells that are at least as dense; equals share theirs."""
        falling = np.argsort(-self.density, kind="stable")
        sums = np.cumsum(amount[falling])
        sorted_density = -self.density[falling]
        last = np.searchsorted(sorted_density, sorted_density, side="right") - 1
        found = np.empty_like(sums)
        found[falling] = sums[last]
        return found


def read_map(content: bytes) -> SkyMap:
    """Read a map from FITS.

    Nothing is decompressed, and how large the table is, is asked before it is read: no content can
    cost more memory than its own length.

    Raises
    ------
    NoticeError
        It is no map of the sky.
    """
    if not content.startswith(b"SIMPLE  ="):
        raise NoticeError("the map is not FITS")
    try:
        unique, density = _columns(content)
    except NoticeError:
        raise
    except Exception as problem:  # astropy raises whatever a broken header makes it stumble over
        raise NoticeError(f"the map cannot be read: {str(problem)[:100]}") from problem
    return _checked(unique, density)


def _columns(content: bytes) -> tuple[Whole, Numbers]:
    import warnings

    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what astropy only warns of is checked below
        with fits.open(io.BytesIO(content), memmap=False) as hdus:
            if len(hdus) < 2:
                raise NoticeError("the map is cut short: it has no table")
            header = hdus[1].header
            cells, size = header["NAXIS2"], header["NAXIS1"] * header["NAXIS2"]
            if not 0 < cells <= MOST_CELLS:
                raise NoticeError(f"a map of {cells} cells is none, or too large")
            if size > len(content) or header.get("PCOUNT"):
                raise NoticeError("the map is cut short: cells are missing")
            if header.get("ORDERING", "").strip() != "NUNIQ" or header.get("COORDSYS", "C") != "C":
                raise NoticeError("the map is not a multi-order map in equatorial coordinates")
            data = hdus[1].data
            return np.array(data["UNIQ"], np.int64), np.array(data["PROBDENSITY"], np.float64)


def _checked(unique: Whole, density: Numbers) -> SkyMap:
    if unique.ndim != 1 or density.shape != unique.shape or not len(unique):
        raise NoticeError("UNIQ and PROBDENSITY of the map are no columns of numbers")
    if unique.min() < 4:
        raise NoticeError("the map has numbers that are no cells")
    order = (np.array([int(u).bit_length() for u in unique]) - 3) // 2
    if order.max() > FINEST:
        raise NoticeError(f"the map has cells finer than order {FINEST}")
    number = unique - (np.int64(4) << (2 * order))
    if (number >= 12 * (np.int64(1) << 2 * order)).any():
        raise NoticeError("the map has numbers that are no cells")
    if not (np.isfinite(density).all() and (density >= 0).all()):
        raise NoticeError("the map has densities that are none")
    first = number * _width(order)
    sort = np.argsort(first)
    if (first[sort][1:] < (first + _width(order))[sort][:-1]).any():
        raise NoticeError("cells of the map overlap")
    found = SkyMap(order=order[sort], number=number[sort], density=density[sort])
    total = float(np.sum(found.density * found.area)) / math.degrees(1) ** 2
    if abs(total - 1) > TOLERANCE:
        raise NoticeError(f"the probabilities of the map add up to {total:g}, not to one")
    return found


def _width(order: Whole) -> Whole:
    """Cells of the finest order in one of an order."""
    return np.int64(1) << 2 * (FINEST - order)
