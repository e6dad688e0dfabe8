"""A body that spins, as a triaxial ellipsoid: how bright it is by its axes, pole, period and phase.

Formulae, and the arrays that they need of one body's measurements. Which values describe a light
curve best belongs to `rotation_search` and `socca`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

LIGHT_DAYS_PER_AU = 499.004783836 / 86400
"""IAU 2012: the astronomical unit in light seconds."""
MAGNITUDES = 1.25 / np.log(10)
"""Magnitudes for a small relative change of the square of what is seen of a body."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Measurements of one body, arrays of one length.

    Parameters
    ----------
    time : array
        Days since `epoch` (JD, UTC), when light left the body.
    sight : array
        Unit vectors (N, 3) from the observer to the body, ICRS.
    magnitude, error : array
        Reduced magnitudes.
    index : array
        Number of the band of each.
    basis : sequence of array
        Functions of HG1G2 at the phase angles.
    """

    time: Numbers
    epoch: float
    sight: Numbers
    magnitude: Numbers
    error: Numbers
    bands: Sequence[str]
    index: NDArray[np.intp]
    basis: Sequence[Numbers]
    phase_deg: Numbers

    @property
    def span(self) -> float:
        """Days from the first to the last."""
        return float(np.ptp(self.time))


def unit(ra_deg: Numbers, dec_deg: Numbers) -> Numbers:
    """Vectors (N, 3) of places on the sky."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def seen_from(sight: Numbers, alpha0_deg: float, delta0_deg: float) -> tuple[Numbers, Numbers]:
    """Cosine of the aspect, and longitude (radians) of lines of sight about a pole."""
    ra, dec = np.radians(alpha0_deg), np.radians(delta0_deg)
    east = np.array([-np.sin(ra), np.cos(ra), 0.0])
    north = np.array([-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)])
    pole = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    return sight @ pole, np.arctan2(sight @ north, sight @ east)


def area(cos_of_aspect: Numbers, phase: Numbers, a_b: float, a_c: float) -> Numbers:
    """Square of the ellipsoid's projection, 1 for its smallest seen from above the equator.

    ``sin2(L) (cos2(w) + (a/b)2 sin2(w)) + cos2(L) (a/c)2`` for the aspect L and the phase w
    (radians), Ostro and Connelly 1984, Icarus 57, 443; without what is in shadow.
    """
    z2 = cos_of_aspect**2
    return (1 - z2) * (1 + (a_b**2 - 1) * np.sin(phase) ** 2) + z2 * a_c**2


def shape_term(cos_of_aspect: Numbers, phase: Numbers, a_b: float, a_c: float) -> Numbers:
    """Magnitudes that a body is brighter (below 0) than at the smallest of `area`."""
    return -1.25 * np.log10(area(cos_of_aspect, phase, a_b, a_c))


def rotation_phase(time: Numbers, longitude: Numbers, *, period: float, start: float) -> Numbers:
    """Phase (radians) at times (days) of a body whose prime meridian was at `start` at 0."""
    return start + 2 * np.pi * time / period - longitude
