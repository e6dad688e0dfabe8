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
def _expansion() -> Numbers:
    return np.sqrt(MATTER * (1 + _REDSHIFTS) ** 3 + 1 - MATTER)


@cache
def _comoving() -> Numbers:
    """Comoving distance in Mpc."""
    return LIGHT_KM_S / H0 * _sums(1 / _expansion())


@cache
def _volumes(growth: float) -> Numbers:
    """Volume of the whole sky out to each redshift (Mpc^3), weighted with the rate as observed."""
    shells = 4 * np.pi * _comoving() ** 2 * LIGHT_KM_S / H0 / _expansion()
    return _sums(shells * (1 + _REDSHIFTS) ** (growth - 1))


def _sums(heights: Numbers) -> Numbers:
    """Integral up to each redshift, by trapezes."""
    means = (heights[1:] + heights[:-1]) / 2
    return np.concatenate([[0.0], np.cumsum(means)]) * (_FARTHEST / _STEPS)
