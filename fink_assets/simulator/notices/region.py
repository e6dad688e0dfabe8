"""Where on the sky something may be: a Gaussian on the sphere, drawn so that its word is true.

The sphere is mapped to a plane that keeps areas (Lambert's azimuthal projection: Snyder 1987, USGS
Prof. Paper 1395, eq. 24-2), where the density is a Gaussian. A round one is Fisher's distribution,
exp((cos t - 1) / sigma^2) (Fisher 1953, Proc. R. Soc. A 217, 295). What is there
is not known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

EDGE = 2.0
"""Radius of the plane: the point opposite to the centre."""

_SQUARE_DEGREES = math.degrees(1) ** 2


@dataclass(frozen=True, kw_only=True)
class Region:
    """A Gaussian density on the sky.

    Parameters
    ----------
    frame : array of shape (3, 3)
        Directions of the longer axis, the shorter one and the centre, as columns (ICRS).
    major, minor : float
        Standard deviations in the plane, in radians.
    """

    frame: Numbers
    major: float
    minor: float

    @property
    def centre(self) -> tuple[float, float]:
        """Right ascension and declination of the most probable place (ICRS, degrees)."""
        ra, dec = degrees(self.frame[:, 2])
        return float(ra), float(dec)

    def deviation(self, ra: Any, dec: Any) -> Numbers:
        """How many standard deviations places are from the centre."""
        x, y, z = self.frame.T @ direction(ra, dec)
        stretch = np.sqrt(2 / np.maximum(1 + z, 1e-12))
        return np.hypot(x * stretch / self.major, y * stretch / self.minor)

    def density(self, ra: Any, dec: Any) -> Numbers:
        """Probability per steradian at places; what lies beyond the plane's edge is neglected."""
        peak = 1 / (2 * math.pi * self.major * self.minor)
        return peak * np.exp(-(self.deviation(ra, dec) ** 2) / 2)

    def level(self, ra: Any, dec: Any) -> Numbers:
        """Probability of the smallest credible region that holds a place."""
        return -np.expm1(-(self.deviation(ra, dec) ** 2) / 2)

    def area(self, probability: float) -> float:
        """Area of a credible region, in square degrees: an ellipse of the plane."""
        squared = -2 * math.log1p(-probability)
        return math.pi * squared * self.major * self.minor * _SQUARE_DEGREES


def around(
    random: np.random.Generator, ra: float, dec: float, *, major: float, minor: float
) -> Region:
    """Draw a region that was drawn for a place: its credible regions hold it as often as they say.

    The place is drawn in the region's own frame, which is then turned until it is where it has to
    be; the turn that is left is uniform.
    """
    at = _drawn(random, major, minor)
    turn = _turned(random.uniform(0, 2 * math.pi))
    return Region(frame=_axes(direction(ra, dec)) @ turn @ _axes(at).T, major=major, minor=minor)


def centred(
    random: np.random.Generator, ra: float, dec: float, *, major: float, minor: float
) -> Region:
    """Draw a region around a most probable place."""
    turn = _turned(random.uniform(0, 2 * math.pi))
    return Region(frame=_axes(direction(ra, dec)) @ turn, major=major, minor=minor)


def axes_of(area: float, ratio: float) -> dict[str, float]:
    """Standard deviations of a region, by the area of 90% (square degrees) and longer by shorter.

    Of a Gaussian that area is 2 pi ln 10 times both standard deviations.
    """
    product = area / _SQUARE_DEGREES / (2 * math.pi * math.log(10))
    return {"major": math.sqrt(product * ratio), "minor": math.sqrt(product / ratio)}


def direction(ra: Any, dec: Any) -> Numbers:
    """Unit vectors of places in degrees; the first axis of the array has x, y and z."""
    along, height = np.radians(ra), np.radians(dec)
    return np.array(
        [np.cos(height) * np.cos(along), np.cos(height) * np.sin(along), np.sin(height)]
    )


def degrees(vector: Numbers) -> tuple[Numbers, Numbers]:
    """Right ascension and declination in degrees."""
    x, y, z = vector
    return np.degrees(np.arctan2(y, x)) % 360, np.degrees(np.arctan2(z, np.hypot(x, y)))


def _drawn(random: np.random.Generator, major: float, minor: float) -> Numbers:
    """Direction in the region's own frame."""
    while True:
        x, y = random.normal(0, major), random.normal(0, minor)
        squared = x * x + y * y
        if squared < EDGE**2:
            shrink = math.sqrt(1 - squared / 4)
            return np.array([x * shrink, y * shrink, 1 - squared / 2])


def _axes(towards: Numbers) -> Numbers:
    """East, north and the direction itself, as columns."""
    x, y, z = towards
    along, height = math.atan2(y, x), math.atan2(z, math.hypot(x, y))
    east = [-math.sin(along), math.cos(along), 0.0]
    north = [
        -math.sin(height) * math.cos(along),
        -math.sin(height) * math.sin(along),
        math.cos(height),
    ]
    return np.array([east, north, towards]).T


def _turned(angle: float) -> Numbers:
    """Turn about the direction itself."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
