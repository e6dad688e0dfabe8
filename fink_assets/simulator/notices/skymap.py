"""Maps of the sky as LVK sends them: a density in HEALPix cells of many orders, with a distance.

The columns are those of BAYESTAR's multi-order maps: UNIQ, PROBDENSITY, DISTMU, DISTSIGMA and
DISTNORM. The density's shape belongs to `region`, the notice to `lvk`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.simulator.notices.region import Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

COARSEST, FINEST = 4, 10
"""HEALPix orders: cells of 3.7 degrees and of 3.4 arcmin."""

_REACH = 4.5
"""Standard deviations beyond which cells stay coarse: 4e-5 of the probability."""
_CELLS = 3.0
"""Cells to a standard deviation, at least."""


@dataclass(frozen=True, kw_only=True)
class Distance:
    """Distance, by the parameters of LVK's maps.

    The density is N r^2 exp(-(r - mu)^2 / 2 sigma^2) / sqrt(2 pi sigma^2) (Singer et al. 2016, ApJL
    829, L15, eq. 1).

    Parameters
    ----------
    location, scale : float
        mu and sigma, in Mpc.
    """

    location: float
    scale: float

    @property
    def norm(self) -> float:
        """N, in Mpc^-2."""
        return 1 / self._moment(2)

    @property
    def mean(self) -> float:
        """Mean distance in Mpc."""
        return self._moment(3) * self.norm

    @property
    def deviation(self) -> float:
        """Standard deviation in Mpc."""
        return math.sqrt(self._moment(4) * self.norm - self.mean**2)

    def density(self, distance: Any) -> Numbers:
        """Probability per Mpc."""
        height = np.exp(-0.5 * ((np.asarray(distance) - self.location) / self.scale) ** 2)
        return self.norm * distance**2 * height / math.sqrt(2 * math.pi * self.scale**2)

    def _moment(self, power: int) -> float:
        """Mean of r^power over the positive half of the Gaussian, by parts from the two before."""
        mu, sigma = self.location, self.scale
        lower = 0.5 * math.erfc(-mu / sigma / math.sqrt(2))
        edge = sigma * math.exp(-0.5 * (mu / sigma) ** 2) / math.sqrt(2 * math.pi)
        before, found = lower, mu * lower + edge
        for order in range(2, power + 1):
            before, found = found, mu * found + (order - 1) * sigma**2 * before
        return found


def distance_around(random: np.random.Generator, distance: float, spread: float) -> Distance:
    """Draw a distribution from which a distance was drawn.

    The distribution has a fixed shape, sigma = spread mu. The distance in units of mu is drawn from
    it, and mu is what makes that the given one.
    """
    shape = Distance(location=1.0, scale=spread)
    grid = np.linspace(0, 1 + 8 * spread, 4096)
    heights = shape.density(grid)
    sums = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2)])
    drawn = float(np.interp(random.uniform(), sums / sums[-1], grid))
    return Distance(location=distance / drawn, scale=spread * distance / drawn)


def cells(region: Region) -> tuple[Whole, Whole]:
    """Orders and numbers (nested) of the cells of a map: the whole sky once, finer where it counts.

    A cell is divided while it is larger than a third of the smaller standard deviation and not
    surely beyond 4.5 of them.
    """
    order, numbers = COARSEST, np.arange(12 * 4**COARSEST)
    found: list[tuple[int, Whole]] = []
    while True:
        size = math.sqrt(math.pi / 3) / 2**order
        near = region.deviation(*centres(order, numbers)) < _REACH + size / region.minor
        if size <= region.minor / _CELLS or order == FINEST:
            near[:] = False
        found.append((order, numbers[~near]))
        if not near.any():
            break
        numbers = (4 * numbers[near, None] + np.arange(4)).ravel()
        order += 1
    return (
        np.concatenate([np.full(len(part), level) for level, part in found]),
        np.concatenate([part for _, part in found]),
    )


def centres(order: Any, numbers: Any) -> tuple[Numbers, Numbers]:
    """Right ascension and declination of cells, in degrees."""
    from astropy_healpix import healpix_to_lonlat, level_to_nside

    ra, dec = healpix_to_lonlat(numbers, level_to_nside(order), order="nested")
    return ra.to_value("deg"), dec.to_value("deg")


def columns(region: Region, distance: Distance) -> dict[str, NDArray[Any]]:
    """Columns of the map, in the order of UNIQ; the probabilities of all cells add up to 1."""
    from astropy_healpix import level_ipix_to_uniq

    order, numbers = cells(region)
    unique = level_ipix_to_uniq(order, numbers)
    sort = np.argsort(unique)
    density = region.density(*centres(order, numbers))
    density /= np.sum(density * math.pi / 3 / 4.0**order)
    alike = np.ones(len(unique))
    return {
        "UNIQ": unique[sort],
        "PROBDENSITY": density[sort],
        "DISTMU": distance.location * alike,
        "DISTSIGMA": distance.scale * alike,
        "DISTNORM": distance.norm * alike,
    }


def fits(region: Region, distance: Distance, header: Mapping[str, Any]) -> bytes:
    """Write a map as FITS."""
    from astropy.io.fits import BinTableHDU, Column, HDUList, PrimaryHDU

    units = {"PROBDENSITY": "sr-1", "DISTMU": "Mpc", "DISTSIGMA": "Mpc", "DISTNORM": "Mpc-2"}
    found = columns(region, distance)
    table = BinTableHDU.from_columns(
        [
            Column(name=name, format="K" if name == "UNIQ" else "D", unit=units.get(name), array=a)
            for name, a in found.items()
        ]
    )
    finest = int(np.log2(found["UNIQ"][-1] // 4)) // 2
    table.header["MOC"] = True
    table.header["PIXTYPE"] = "HEALPIX", "HEALPIX pixelisation"
    table.header["ORDERING"] = "NUNIQ", "Pixel ordering scheme: RING, NESTED, or NUNIQ"
    table.header["COORDSYS"] = "C", "Ecliptic, Galactic or Celestial (equatorial)"
    table.header["MOCORDER"] = finest, "MOC resolution (best order)"
    table.header["INDXSCHM"] = "EXPLICIT", "Indexing: IMPLICIT or EXPLICIT"
    table.header["DISTMEAN"] = distance.mean, "Posterior mean distance (Mpc)"
    table.header["DISTSTD"] = distance.deviation, "Posterior standard deviation of distance (Mpc)"
    table.header.update(header)
    written = io.BytesIO()
    HDUList([PrimaryHDU(), table]).writeto(written)
    return written.getvalue()
