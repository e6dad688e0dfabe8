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

    Vincenty's formula, exact for the smallest angles and for places opposite to each other
    (Vincenty 1975, Survey Review 23, 88).
    """
    turn = np.radians(np.asarray(other_ra, float) - np.asarray(ra, float))
    here, there = np.radians(dec), np.radians(other_dec)
    across = np.cos(there) * np.sin(turn)
    up = np.cos(here) * np.sin(there) - np.sin(here) * np.cos(there) * np.cos(turn)
    along = np.sin(here) * np.sin(there) + np.cos(here) * np.cos(there) * np.cos(turn)
    return np.degrees(np.arctan2(np.hypot(across, up), along))


def cap_deg2(radius: Any) -> Numbers:
    """Area in square degrees of a cap of a radius in degrees: the whole sky from 180 on.

    4 pi sin^2(r / 2), which keeps its digits where 2 pi (1 - cos r) loses them.
    """
    half = np.radians(np.clip(radius, 0, 180)) / 2
    return SKY_DEG2 * np.sin(half) ** 2
