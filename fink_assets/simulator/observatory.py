"""What an observatory can see, as data, and when it looks where: a survey of fields over years.

The schedule follows from the seed and the date alone, so that two nights agree on their common
past. What is seen belongs to `night`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from fink_assets.simulator.sky.model import Field

if TYPE_CHECKING:
    import numpy as np

MJD_OF_ORDINAL = -678576
"""Modified Julian date of 0h UTC of the proleptic day 0, which is no date."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """One filter: what is typical of its images.

    Parameters
    ----------
    depth : float
        AB magnitude of a point source at 5 sigma, without a moon.
    seeing : float
        FWHM of the point-spread function, in arcsec.
    moon : float
        Magnitudes per square arcsecond by which the full moon brightens the sky.
    gamma : float
        Of the noise, see `photometry.flux_error`.
    """

    depth: float
    seeing: float
    moon: float
    gamma: float = 0.039


@dataclass(frozen=True, kw_only=True)
class Observatory:
    """A survey's telescope and its habits.

    Parameters
    ----------
    bands : mapping
        By name.
    radius : float
        Of a field, a disc of the camera's area, in degrees.
    declinations : tuple of float
        From where to where fields are, in degrees.
    longitude : float
        East of Greenwich, in degrees.
    midnight : float
        Local midnight, in hours after 0h UTC of the date that names the night.
    period : int
        Nights from visits of a field to the next.
    passes : tuple
        Bands in which a field is visited one after the other in a night: choices for moonlit
        nights and, in the second place, for dark ones.
    exposure, each : float
        Seconds of an exposure, and from its begin to that of the next one.
    history : float
        Days before an alert that its packet tells of.
    """

    bands: Mapping[str, Band]
    radius: float
    declinations: tuple[float, float]
    longitude: float
    midnight: float
    period: int
    passes: tuple[tuple[str, ...], tuple[str, ...]]
    exposure: float
    each: float
    history: float

    @property
    def area(self) -> float:
        """Of a field, in square degrees."""
        from math import cos, pi, radians

        return 2 * pi * (1 - cos(radians(self.radius))) * (180 / pi) ** 2


ZTF = Observatory(
    # Bellm et al. 2019 (PASP 131, 018002), table 1: depths at new moon and image quality.
    bands={
        "g": Band(depth=21.1, seeing=2.1, moon=2.5),
        "r": Band(depth=20.9, seeing=2.0, moon=1.2),
        "i": Band(depth=20.2, seeing=2.1, moon=0.7),
    },
    radius=3.87,  # 47 square degrees
    declinations=(-30.0, 90.0),
    longitude=-116.86,
    midnight=7.79,
    period=2,
    passes=(("gr", "gr", "gr", "gri"), ("gr", "gr", "gr", "gri")),
    exposure=30.0,
    each=40.0,
    history=30.0,
)

LSST = Observatory(
    # Ivezić et al. 2019 (ApJ 873, 111), table 2: m5 and the effective seeing at the zenith.
    bands={
        "u": Band(depth=23.78, seeing=0.92, moon=5.0, gamma=0.038),
        "g": Band(depth=24.81, seeing=0.87, moon=2.5),
        "r": Band(depth=24.35, seeing=0.83, moon=1.2),
        "i": Band(depth=23.92, seeing=0.80, moon=0.7),
        "z": Band(depth=23.34, seeing=0.78, moon=0.3),
        "y": Band(depth=22.45, seeing=0.76, moon=0.1),
    },
    radius=1.748,  # 9.6 square degrees
    declinations=(-72.0, 12.0),
    longitude=-70.75,
    midnight=28.72,
    period=3,
    passes=(("ri", "iz", "zy", "rz", "iy"), ("ug", "gr", "gi", "ri", "iz", "zy")),
    exposure=30.0,
    each=40.0,
    history=365.0,
)

OBSERVATORIES: dict[str, Observatory] = {"ztf": ZTF, "lsst": LSST}


@lru_cache(maxsize=4)
def fields(survey: str) -> tuple[Field, ...]:
    """All fields of a survey, in rows of declination, none of which overlaps another."""
    from math import asin, cos, pi, radians, sin

    observatory = OBSERVATORIES[survey]
    radius, (south, north) = observatory.radius, observatory.declinations
    depth = observatory.bands["r"].depth
    found = []
    for row in range(int((north - south) / (2 * radius))):
        dec = south + (2 * row + 1) * radius
        step = 2 * asin(min(1.0, sin(radians(radius)) / cos(radians(dec))))
        number = max(1, int(2 * pi / step))
        shift = row % 2 / 2  # like bricks
        found += [
            Field(ra=(column + shift) * 360 / number, dec=dec, radius=radius, depth=depth)
            for column in range(number)
        ]
    return tuple(found)


def night_number(night: str) -> int:
    """Number of a night (`YYYY-MM-DD`): the modified Julian date of its date."""
    return date.fromisoformat(night).toordinal() + MJD_OF_ORDINAL


def night_name(number: int) -> str:
    """Date that names a night, by its number."""
    return date.fromordinal(number - MJD_OF_ORDINAL).isoformat()


def moonlight(mjd: np.ndarray | float) -> np.ndarray | float:
    """Illuminated fraction of the moon, from the mean phase (Meeus 1998, ch. 49: k = 0)."""
    import numpy as np

    return (1 - np.cos(2 * np.pi * (mjd - 51549.76) / 29.530588861)) / 2
