"""Distances and volumes of a flat universe, as tables: H0 = 70 km/s/Mpc, matter 0.3.

Used to place what is outside the Galaxy. Agrees with astropy's `FlatLambdaCDM` to 1e-4.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Numbers

H0, MATTER = 70.0, 0.3
LIGHT_KM_S = 299_792.458
SKY_SQUARE_DEGREES = 4 * np.pi * (180 / np.pi) ** 2
_FARTHEST, _STEPS = 6.0, 6000
_REDSHIFTS = np.linspace(0, _FARTHEST, _STEPS + 1)


def distance_mpc(redshift: float) -> float:
    """Luminosity distance."""
    return float((1 + redshift) * np.interp(redshift, _REDSHIFTS, _comoving()))


def distance_modulus(redshift: float) -> float:
    """Difference of apparent and absolute magnitude, without K correction."""
    return 5 * math.log10(distance_mpc(redshift)) + 25


def events_a_day(rate: float, growth: float, horizon: float) -> float:
    """Events per square degree and day out to a redshift.

    Parameters
    ----------
    rate : float
        Per Mpc^3 and year today, in the frame of the source.
    growth : float
        The rate grows as (1 + z)^growth.
    horizon : float
        Redshift.
    """
    volume = float(np.interp(horizon, _REDSHIFTS, _volumes(growth)))
    return rate * volume / SKY_SQUARE_DEGREES / 365.25


def draw_redshift(random: np.random.Generator, growth: float, horizon: float) -> float:
    """Redshift of one of the events of `events_a_day`."""
    volumes = _volumes(growth)
    share = random.uniform() * np.interp(horizon, _REDSHIFTS, volumes)
    return max(float(np.interp(share, volumes, _REDSHIFTS)), 1e-3)


@cache
def _comoving() -> Numbers:
    """Comoving distance in Mpc: c / H0 times the integral of H0 / H, by trapezes."""
    slowness = 1 / np.sqrt(MATTER * (1 + _REDSHIFTS) ** 3 + 1 - MATTER)
    steps = (slowness[1:] + slowness[:-1]) / 2 * (_FARTHEST / _STEPS)
    return LIGHT_KM_S / H0 * np.concatenate([[0.0], np.cumsum(steps)])


@cache
def _volumes(growth: float) -> Numbers:
    """Volume of the whole sky out to each redshift (Mpc^3), weighted with the rate as observed."""
    shells = 4 / 3 * np.pi * np.diff(_comoving() ** 3)
    weights = (1 + (_REDSHIFTS[1:] + _REDSHIFTS[:-1]) / 2) ** (growth - 1)
    return np.concatenate([[0.0], np.cumsum(shells * weights)])
