"""Places on the sphere: angles between them, and areas of caps. Pure functions on arrays."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SKY_DEG2 = 4 * math.pi * math.degrees(1) ** 2
"""Area of the whole sky, in square degrees."""


def separation(ra: Any, dec: Any, other_ra: Any, other_dec: Any) -> Numbers:
    """Angle between places, all in degrees.

    The haversine formula, which keeps its digits at the smallest angles (Sinnott 1984, S&T 68,
    158); of places opposite to each other it loses 0.002 arcsec.
    """
    lon, lat, other_lon, other_lat = map(np.radians, (ra, dec, other_ra, other_dec))
    of_lat = np.sin((other_lat - lat) / 2) ** 2
    of_lon = np.sin((other_lon - lon) / 2) ** 2
    half_chord = np.sqrt(of_lat + np.cos(lat) * np.cos(other_lat) * of_lon)
    return np.degrees(2 * np.arcsin(np.minimum(half_chord, 1)))


def directions(ra: Any, dec: Any) -> Numbers:
    """Unit vectors towards places in degrees: shape (..., 3)."""
    lon, lat = np.radians(ra), np.radians(dec)
    flat = np.cos(lat)
    return np.stack([flat * np.cos(lon), flat * np.sin(lon), np.sin(lat)], axis=-1)


def cap_deg2(radius: Any) -> Numbers:
    """Area in square degrees of a cap of a radius in degrees: the whole sky from 180 on.

    4 pi sin^2(r / 2), which keeps its digits where 2 pi (1 - cos r) loses them.
    """
    half = np.radians(np.clip(radius, 0, 180)) / 2
    return SKY_DEG2 * np.sin(half) ** 2
