"""Where an observatory is: its place and velocity around the Sun.

The Earth's are those of the series in ERFA (routine epv00, good to 15 km), with no file and no
network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.astro.time import SECONDS_PER_DAY, TAI_MINUS_UTC, UNIX_EPOCH_JD, UNIX_EPOCH_MJD

if TYPE_CHECKING:
    from fink_assets.astro.photometry import Numbers

AU_KM = 149597870.7
EARTH_RADIUS_KM = 6378.137
TURNS_A_DAY = 1.00273781191135448
TURN_AT_J2000 = 0.7790572732640
"""Of the Earth in UT1 (Capitaine et al. 2000, A&A 355, 398)."""
J2000 = 2451545.0
TT_MINUS_TAI = 32.184


@dataclass(frozen=True, kw_only=True)
class Observatory:
    """A place on the Earth, as the Minor Planet Center lists it.

    Parameters
    ----------
    code : str
        Its code there.
    longitude_deg : float
        East of Greenwich.
    rho_cos, rho_sin : float
        Distance from the Earth's axis and from the plane of the equator, in radii of the Earth.
    """

    code: str
    longitude_deg: float
    rho_cos: float
    rho_sin: float


PALOMAR = Observatory(code="I41", longitude_deg=243.140220, rho_cos=0.836325, rho_sin=0.546877)
"""The telescope of ZTF (Minor Planet Center, list of observatory codes)."""


def around_the_sun(jd_utc: Numbers, site: Observatory) -> tuple[Numbers, Numbers]:
    """Give heliocentric places (au) and velocities (au / day), axes of the ICRS.

    UT1 is taken for UTC, and the Earth's axis for that of J2000: 15 km in 2025, which is 0.02
    arcsec at 1 au, the same for all exposures of some weeks but for the turning.

    Parameters
    ----------
    jd_utc : array of shape (n,)
        Julian dates (UTC, days).
    site : Observatory
        Where from.

    Returns
    -------
    place, velocity : array of shape (n, 3)
    """
    import erfa
    import numpy as np

    jd = np.asarray(jd_utc, dtype=float)
    earth, _ = erfa.epv00(jd, tt_minus_utc(jd))
    turns = TURN_AT_J2000 + site.longitude_deg / 360 + TURNS_A_DAY * (jd - J2000)
    angle = 2 * np.pi * (turns % 1)
    radius = EARTH_RADIUS_KM / AU_KM
    cosine, sine = radius * site.rho_cos * np.cos(angle), radius * site.rho_cos * np.sin(angle)
    height = np.full_like(angle, radius * site.rho_sin)
    speed = 2 * np.pi * TURNS_A_DAY
    place = earth["p"] + np.stack([cosine, sine, height], axis=-1)
    turning = np.stack([-sine, cosine, np.zeros_like(angle)], axis=-1)
    return place, earth["v"] + speed * turning


def tt_minus_utc(jd_utc: Numbers) -> Numbers:
    """Days by which Terrestrial Time, in which orbits are told, is ahead; before 1972 as then."""
    import numpy as np

    starts = np.array([start for start, _ in TAI_MINUS_UTC])
    leads = np.array([lead for _, lead in TAI_MINUS_UTC])
    mjd = np.asarray(jd_utc, dtype=float) - (UNIX_EPOCH_JD - UNIX_EPOCH_MJD)
    rank = np.clip(np.searchsorted(starts, mjd, side="right") - 1, 0, None)
    return np.asarray((leads[rank] + TT_MINUS_TAI) / SECONDS_PER_DAY)
