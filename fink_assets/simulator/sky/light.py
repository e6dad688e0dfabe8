"""Bands and magnitudes, and the base of all sources: their light follows from their parameters.

Shapes of light curves belong to the families (`supernovae`, `pulsating`, ...).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.simulator.sky.model import BANDS, Counterpart, Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fink_assets.simulator.sky.model import Bands, Numbers

    Indices = NDArray[np.intp]

ZERO_POINT = 31.4
"""AB magnitude of 1 nJy."""

WAVELENGTHS = np.array([0.368, 0.480, 0.622, 0.754, 0.869, 0.971])
"""Effective wavelengths of LSST's bands in micrometres (about Ivezic et al. 2019)."""

_PLACES = np.zeros(128, dtype=np.intp)
_PLACES[[ord(band) for band in BANDS]] = range(len(BANDS))
_E_FOLDS_PER_MAG = 0.4 * np.log(10)


def njy(magnitude: Any) -> Any:
    """Flux in nJy of AB magnitudes."""
    return np.exp(_E_FOLDS_PER_MAG * (ZERO_POINT - magnitude))  # twice as fast as a power


def excess(magnitudes: Numbers) -> Numbers:
    """Relative change of flux of a change in magnitudes (0 for none, -1 for darkness)."""
    return np.expm1(-_E_FOLDS_PER_MAG * magnitudes)


def band_places(band: Bands) -> Indices:
    """Place of each band in `BANDS`."""
    return _PLACES[np.ascontiguousarray(band, dtype="<U1").view(np.uint32)]


def faintest(depth: float, excursion: float) -> float:
    """Mean magnitude at which an excursion in magnitudes still is a detection at some depth.

    The difference in flux, `f (10^(0.4 A) - 1)`, equals the flux of a source of magnitude `depth`.
    """
    return depth + 2.5 * math.log10(10 ** (0.4 * excursion) - 1)


def normal_within(
    random: np.random.Generator, mean: float, deviation: float, least: float, most: float
) -> float:
    """Draw from a normal distribution; what is outside the limits is put at them."""
    return min(max(random.normal(mean, deviation), least), most)


def magnitude_between(
    random: np.random.Generator, bright: float, faint: float, slope: float = 0.2
) -> float:
    """Draw a magnitude of a population whose counts grow by `slope` dex per magnitude."""
    low, high = 10 ** (slope * (bright - faint)), 1.0
    return faint + math.log10(random.uniform(low, high)) / slope


class Modelled(Source):
    """A source whose light follows from its parameters: the same ones give the same source.

    Parameters
    ----------
    kind : str
        Name of its class.
    ra, dec : float
        ICRS, in degrees.
    parameters : mapping
        As in the truth table.
    counterpart, designation, flags
        As of `Source`.
    """

    def __init__(
        self,
        kind: str,
        ra: float,
        dec: float,
        parameters: Mapping[str, float | str],
        *,
        counterpart: Counterpart | None = None,
        designation: str | None = None,
        flags: Mapping[str, float | bool | str] = MappingProxyType({}),
    ) -> None:
        self.kind, self.ra, self.dec = kind, ra, dec
        self.parameters = parameters
        self.counterpart, self.designation, self.flags = counterpart, designation, flags
        self.prepare({n: v for n, v in parameters.items() if not isinstance(v, str)})

    @abstractmethod
    def prepare(self, values: Mapping[str, float]) -> None:
        """Keep of the parameters what `flux` needs."""


class Star(Modelled):
    """A star that varies around its mean, which is what the reference image has.

    Its magnitudes are as observed: dust is in them.
    """

    def prepare(self, values: Mapping[str, float]) -> None:
        """Keep mean fluxes by band."""
        self.values = values
        self.means = njy(np.array([values[f"mean_{band}_mag"] for band in BANDS]))

    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux above the mean."""
        places = band_places(band)
        return self.means[places] * excess(self.change(mjd, places))

    def reference(self, band: str) -> float:
        """Mean flux of the star."""
        return float(self.means[BANDS.index(band)])

    @abstractmethod
    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """Magnitudes above the mean ones (positive is fainter)."""


def mean_magnitudes(r: float, colours: Sequence[float]) -> dict[str, float]:
    """Parameters of a star's mean light, of its r magnitude and u-g, g-r, r-i, i-z, z-y."""
    ug, gr, ri, iz, zy = colours
    magnitudes = (r + gr + ug, r + gr, r, r - ri, r - ri - iz, r - ri - iz - zy)
    return {f"mean_{band}_mag": float(m) for band, m in zip(BANDS, magnitudes, strict=True)}


def star_itself(ra: float, dec: float, parameters: Mapping[str, float]) -> Counterpart:
    """What catalogues know of a star: its mean magnitudes."""
    magnitudes = {band: parameters[f"mean_{band}_mag"] for band in BANDS}
    return Counterpart(kind="star", ra=ra, dec=dec, magnitudes=magnitudes)
