"""Circular orbits around the Sun, and what the Earth sees of a body there.

Accurate to what circles allow: rates, brightness and turns as those of the belt, not ephemerides.
Light time and the parallax of the observatory are not here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fink_assets.simulator.sky.coordinates import OBLIQUITY

DEGREES_A_DAY = 0.9856076686
"""Of a body at 1 au (Gauss's constant)."""

_RADIAN = math.radians(1)

Vector = tuple[float, float, float]


def sunlight(axis: Any, distance: Any, earth: Any) -> Any:
    """Share of light of a body at `axis` from the Sun and `distance` from the Earth, in au.

    1 at 1 au from both when full; `earth` is from the Sun to the Earth.
    """
    one = isinstance(distance, float)  # ten times as fast with `math`
    log, exp, larger = (math.log, math.exp, max) if one else (np.log, np.exp, np.maximum)
    cosine = (axis**2 + distance**2 - earth**2) / (2 * axis * distance)
    log_tangent = log(larger(1 - cosine, 1e-12) / (1 + cosine)) / 2
    steep, flat = exp(-3.33 * exp(0.63 * log_tangent)), exp(-1.87 * exp(1.22 * log_tangent))
    return (0.85 * steep + 0.15 * flat) / (axis * distance) ** 2


def orbit_through(place: Vector, axis: float, incline: float, *, north: bool) -> dict[str, float]:
    """Elements of the circular orbit through a place.

    Parameters
    ----------
    place : tuple
        Ecliptic vector from the Sun, in au.
    axis : float
        Radius of the orbit in au.
    incline : float
        Inclination in radians; that of the place itself where it is farther from the ecliptic.
    north : bool
        It moves towards the north there.
    """
    x, y, z = place
    height = math.asin(max(-1.0, min(1.0, z / axis)))
    incline = max(incline, abs(height) + 1e-6)
    heading = math.acos(min(1.0, math.cos(incline) / math.cos(height))) * (1 if north else -1)
    # Argument of latitude u from sin(height) = sin(i) sin(u) and the side on which it moves.
    u = math.asin(max(-1.0, min(1.0, math.sin(height) / math.sin(incline))))
    u = u if heading > 0 else math.pi - u
    node = math.atan2(y, x) - math.atan2(math.sin(u) * math.cos(incline), math.cos(u))
    return {
        "inclination_deg": math.degrees(incline),
        "node_deg": math.degrees(node) % 360,
        "latitude_argument_deg": math.degrees(u) % 360,
    }


def crossing(ra: float, dec: float, mjd: float, axis: float) -> tuple[Vector, float, float]:
    """Where the line of sight crosses the sphere of a radius around the Sun (au).

    Returns
    -------
    place : tuple
        Ecliptic vector from the Sun.
    distance, earth : float
        From the Earth to there, from the Sun to the Earth.
    """
    height, around = math.radians(dec), math.radians(ra)
    x, y = math.cos(height) * math.cos(around), math.cos(height) * math.sin(around)
    z, cosine, sine = math.sin(height), math.cos(OBLIQUITY), math.sin(OBLIQUITY)
    y, z = y * cosine + z * sine, z * cosine - y * sine
    longitude, earth = (float(value) for value in sun(mjd))
    earth_x, earth_y = -earth * math.cos(longitude), -earth * math.sin(longitude)
    toward = x * earth_x + y * earth_y
    reach = -toward + math.sqrt(toward**2 - earth**2 + axis**2)
    return (earth_x + reach * x, earth_y + reach * y, reach * z), reach, earth


def sun(mjd: Any) -> tuple[Any, Any]:
    """Ecliptic longitude of the Sun in radians, and its distance in au.

    The Astronomical Almanac's low-precision formula (page C5), good to 0.01 degrees.
    """
    sin, cos = (math.sin, math.cos) if isinstance(mjd, float) else (np.sin, np.cos)
    days = mjd - 51_544.5
    anomaly = _RADIAN * (357.528 + 0.9856003 * days)
    degrees = 280.460 + 0.9856474 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly)
    return _RADIAN * degrees, 1.00014 - 0.01671 * cos(anomaly)


def daily_motion(axis: Any) -> Any:
    """Degrees a day around the Sun (Kepler's third law)."""
    return DEGREES_A_DAY * axis**-1.5
