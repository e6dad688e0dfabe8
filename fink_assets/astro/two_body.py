"""Motion around the Sun alone: places in time, and elements of orbits.

Heliocentric vectors in the axes of the ICRS, in au and days. Nothing pulls but the Sun: for 30
nights bodies of the belt stay within 0.1 arcsec of the orbit that fits them best, see
`docs/scientist/solar_system.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fink_assets.astro.photometry import Numbers

SUN = 0.01720209895**2
"""Gravity of the Sun in au^3 / day^2 (Gauss's constant, squared)."""
LIGHT = 173.144632674
"""Speed of light in au / day."""
OBLIQUITY = np.radians(84381.448 / 3600)
"""Of the ecliptic of J2000, to which orbits are referred (IAU 1976, as the Minor Planet Center)."""
STEPS = 30
CLOSE_ENOUGH = 1e-12
SMALL, LARGEST = 0.1, 300.0
"""Argument of Stumpff's functions below which five terms of their series are exact; largest angle
of a hyperbola, beyond which numbers overflow."""


@dataclass(frozen=True)
class Elements:
    """Elements of an elliptic orbit, referred to the ecliptic and equinox of J2000.

    Parameters
    ----------
    axis_au, eccentricity : float
        Semi-major axis, eccentricity.
    inclination_deg, node_deg, perihelion_deg : float
        Inclination, longitude of the ascending node, argument of perihelion.
    anomaly_deg : float
        Mean anomaly at the time of the place that they were made from.
    """

    axis_au: float
    eccentricity: float
    inclination_deg: float
    node_deg: float
    perihelion_deg: float
    anomaly_deg: float


def moved(place: Any, velocity: Any, days: Any) -> tuple[Numbers, Numbers]:
    """Give places and velocities after some days, of orbits of any kind.

    Lagrange's f and g in universal variables (Bate, Mueller & White 1971, Fundamentals of
    Astrodynamics, sec. 4.4 and 4.5).

    Parameters
    ----------
    place, velocity : array of shape (..., 3)
        Now, in au and au / day.
    days : array of shape (...)
        May be negative; broadcast against the others.

    Returns
    -------
    place, velocity : array of shape (..., 3)
        NaN where the equation of Kepler was not solved in `STEPS` steps of Newton's.
    """
    place, velocity = np.asarray(place, float), np.asarray(velocity, float)
    shape = np.broadcast_shapes(place.shape[:-1], np.shape(days))
    days = np.broadcast_to(np.asarray(days, float), shape)
    root = np.sqrt(SUN)
    r = np.sqrt(_dot(place, place))
    inverse_axis = np.broadcast_to(2 / r - _dot(velocity, velocity) / SUN, shape)
    along = np.broadcast_to(_dot(place, velocity) / root, shape)
    r = np.broadcast_to(r, shape)
    x = root * days / r
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            c2, c3 = _stumpff(inverse_axis * x * x)
            x2 = x * x
            miss = along * x2 * c2 + (1 - inverse_axis * r) * x2 * x * c3 + r * x - root * days
            there = x2 * c2 + along * x * (1 - inverse_axis * x2 * c3)
            there = there + r * (1 - inverse_axis * x2 * c2)
            step = miss / there
            x = x - step
            if not np.any(np.abs(step) > CLOSE_ENOUGH * (1 + np.abs(x))):
                break
        solved = np.abs(step) <= 1e-9 * (1 + np.abs(x))
        x2 = x * x
        c2, c3 = _stumpff(inverse_axis * x2)
        f, g = 1 - x2 * c2 / r, days - x2 * x * c3 / root
        later = f[..., None] * place + g[..., None] * velocity
        there = np.sqrt(_dot(later, later))
        f_dot = root * x * (inverse_axis * x2 * c3 - 1) / (there * r)
        g_dot = 1 - x2 * c2 / there
        speed = f_dot[..., None] * place + g_dot[..., None] * velocity
    bad = ~solved[..., None]
    return np.where(bad, np.nan, later), np.where(bad, np.nan, speed)


def elements(place: Numbers, velocity: Numbers) -> Elements | None:
    """Give the elements of the orbit through a place; None if it is no ellipse."""
    x, v = _ecliptic(place), _ecliptic(velocity)
    r = float(np.linalg.norm(x))
    axis = 1 / (2 / r - float(v @ v) / SUN)
    turning = np.cross(x, v)
    towards = np.cross(v, turning) / SUN - x / r  # perihelion, its length the eccentricity
    eccentricity = float(np.linalg.norm(towards))
    if not (axis > 0 and eccentricity < 1):
        return None
    inclination = np.arctan2(np.hypot(turning[0], turning[1]), turning[2])
    node = np.arctan2(turning[0], -turning[1])
    ascending = np.array([np.cos(node), np.sin(node), 0.0])
    ahead = np.cross(turning / np.linalg.norm(turning), ascending)
    perihelion = np.arctan2(towards @ ahead, towards @ ascending)
    eccentric = np.arctan2(float(x @ v) / np.sqrt(SUN * axis), 1 - r / axis)
    anomaly = eccentric - eccentricity * np.sin(eccentric)
    return Elements(
        axis_au=axis,
        eccentricity=eccentricity,
        inclination_deg=float(np.degrees(inclination)),
        node_deg=float(np.degrees(node) % 360),
        perihelion_deg=float(np.degrees(perihelion) % 360),
        anomaly_deg=float(np.degrees(anomaly) % 360),
    )


def seen_from(
    place: Numbers, velocity: Numbers, days: Numbers, observer: Numbers
) -> tuple[Numbers, Numbers]:
    """Direction and distance in which bodies are seen, whose light has come all the way.

    Parameters
    ----------
    place, velocity : array of shape (..., 3)
        At the epoch.
    days : array of shape (...)
        From the epoch to each observation.
    observer : array of shape (..., 3)
        The observer's places then.

    Returns
    -------
    direction : array of shape (..., 3)
        Unit vectors: astrometric, without aberration, as places relative to stars are measured.
    distance : array of shape (...)
        In au.
    """
    distance: Any = 0.0
    for _ in range(2):  # the second changes main-belt places by less than 0.001 arcsec
        there, _ = moved(place, velocity, days - distance / LIGHT)
        towards = there - observer
        distance = np.sqrt(_dot(towards, towards))
    return towards / distance[..., None], distance


def _ecliptic(vector: Numbers) -> Numbers:
    x, y, z = vector
    cosine, sine = np.cos(OBLIQUITY), np.sin(OBLIQUITY)
    return np.array([x, y * cosine + z * sine, z * cosine - y * sine])


def _dot(a: Numbers, b: Numbers) -> Numbers:
    return np.sum(a * b, axis=-1)


def _stumpff(z: Numbers) -> tuple[Numbers, Numbers]:
    """C and S of universal variables; series where the formulae lose digits."""
    small = np.abs(z) < SMALL
    near = z if small.all() else np.where(small, z, 0.0)
    c2 = 0.5 + near * (-1 / 24 + near * (1 / 720 + near * (-1 / 40320 + near / 3628800)))
    c3 = 1 / 6 + near * (-1 / 120 + near * (1 / 5040 + near * (-1 / 362880 + near / 39916800)))
    if near is z:
        return c2, c3
    s = np.sqrt(np.abs(np.where(small, 1.0, z)))
    flat = np.minimum(s, LARGEST)
    far2 = np.where(z > 0, 1 - np.cos(s), np.cosh(flat) - 1) / s**2
    far3 = np.where(z > 0, s - np.sin(s), np.sinh(flat) - s) / s**3
    return np.where(small, c2, far2), np.where(small, c3, far3)
