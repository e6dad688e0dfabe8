"""Where a position is in the Galaxy and in the Solar System, and what follows: stars and dust.

Accurate to a few arc seconds, which is ample for densities.
"""

from __future__ import annotations

import math

import numpy as np

GALACTIC_POLE = (192.85948, 27.12825)
"""Right ascension and declination (ICRS) in degrees."""
OBLIQUITY = math.radians(23.439291)

EXTINCTION = np.array([4.145, 3.237, 2.273, 1.684, 1.323, 1.088])
"""A_band / E(B-V) of LSST's bands (Schlafly & Finkbeiner 2011, table 6, R_V = 3.1)."""
REDDENING_OF_POLES, REDDEST = 0.02, 0.5

_MOST_CROWDED = 50.0
_MEAN_CROWDING = 2 * math.sqrt(_MOST_CROWDED) - 1


def galactic_latitude_sine(ra: float, dec: float) -> float:
    """Sine of the Galactic latitude."""
    pole_ra, pole_dec = (math.radians(angle) for angle in GALACTIC_POLE)
    height = math.radians(dec)
    along = math.cos(height) * math.cos(pole_dec) * math.cos(math.radians(ra) - pole_ra)
    return math.sin(height) * math.sin(pole_dec) + along


def ecliptic_latitude(ra: float, dec: float) -> float:
    """Ecliptic latitude in degrees."""
    height, around = math.radians(dec), math.radians(ra)
    sine = math.sin(height) * math.cos(OBLIQUITY)
    sine -= math.cos(height) * math.sin(OBLIQUITY) * math.sin(around)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def crowding(ra: float, dec: float) -> float:
    """Density of stars of the disc relative to the mean of the sky.

    csc^2 |b|, at most 50, over its mean (13.1). A plane-parallel disc gives csc |b|, and more the
    deeper one looks; this law has 64% of all stars within 10 degrees of the plane, where Chen et
    al. (2020, ApJS 249, 18) find 74% of the periodic variables that ZTF sees.
    """
    sine = abs(galactic_latitude_sine(ra, dec))
    return min(1 / max(sine, 1e-3) ** 2, _MOST_CROWDED) / _MEAN_CROWDING


def reddening(ra: float, dec: float) -> float:
    """E(B-V) of the whole Milky Way: 0.02 csc |b|, at most 0.5.

    The cosecant law is Hubble's (1934, ApJ 79, 8); its factor is that of the poles in Schlegel et
    al. (1998). Clouds are not in it.
    """
    sine = abs(galactic_latitude_sine(ra, dec))
    return min(REDDENING_OF_POLES / max(sine, 1e-3), REDDEST)
