"""Measure the flux of a blazar in units of its usual flux, and whether it is unusually low or high.

Formulas on numpy arrays. Which sources are monitored, and their medians and thresholds, are in the
table that the caller has; no catalogue is read here.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers, total_flux

JANSKY_ZERO_POINT = 8.9
"""AB magnitude of 1 Jy."""

LOW_DAYS, HIGH_DAYS = 30.0, 5.0
"""Time over which the flux is averaged: low states last, flares do not."""


class BlazarState(NamedTuple):
    """The flux of a blazar in units of its thresholds; NaN where it is not known.

    `instantness` is that of the latest measurement, `robustness` that of the mean over the last
    `LOW_DAYS` or `HIGH_DAYS`. A state is low where both low ones are below 1, high where both high
    ones are above 1. `previous_robustness_low` is `robustness_low` as it was at the measurement
    before: a low state is new where that is at least 1.
    """

    instantness_low: float
    robustness_low: float
    instantness_high: float
    robustness_high: float
    previous_robustness_low: float


def standardized_flux(
    magpsf: Numbers,
    sigmapsf: Numbers,
    *,
    magnr: Numbers,
    sigmagnr: Numbers,
    positive: NDArray[np.bool_] | np.bool_,
    band: Numbers,
    medians: Mapping[int, float | None],
) -> tuple[Numbers, Numbers]:
    """Divide the total flux of each measurement by the source's median flux in the band.

    Parameters
    ----------
    magpsf, sigmapsf, magnr, sigmagnr, positive
        As in `photometry.total_flux`.
    band : array
        Code of each measurement's band.
    medians : mapping
        Median flux of the source by code of the band, in Jy.

    Returns
    -------
    tuple of array
        Flux and its error in units of the median, NaN where the band has none.

    Examples
    --------
    >>> one = np.array([20.0])
    >>> flux, _ = standardized_flux(
    ...     one, one, magnr=one, sigmagnr=one, positive=np.array([True]), band=np.array([1]),
    ...     medians={1: 3.63e-5},
    ... )
    >>> flux.round(2)
    array([2.])
    """
    total, error = total_flux(
        magpsf,
        sigmapsf,
        magnr=magnr,
        sigmagnr=sigmagnr,
        positive=positive,
        zero_point=JANSKY_ZERO_POINT,
    )
    usual = np.full(len(total), np.nan)
    for code, median in medians.items():
        if median is not None:
            usual[band == code] = median
    return total / usual, error / usual


def blazar_state(
    time: Numbers, flux: Numbers, *, low_threshold: float, high_threshold: float
) -> BlazarState:
    """Compare the latest flux of a source, and its recent mean, with its thresholds.

    Parameters
    ----------
    time : array
        Epochs in days, in any order; the latest is the alert's.
    flux : array
        Standardized flux, NaN where there is none.
    low_threshold, high_threshold : float
        Standardized flux below and above which the source is in an unusual state.

    Notes
    -----
    The names say what the values are. Fink publishes each under the other's name: its
    `instantness_low` is our `robustness_low`. Fink gives -1 where nothing is known, and the high
    ratios only where a low one is above 1. A quantile of the flux in the source's history, which
    Fink asks of another service, is not computed.
    """
    in_time = np.argsort(time, kind="stable")
    time, flux = time[in_time], flux[in_time]
    latest = float(flux[-1]) if len(flux) else float("nan")
    before = np.flatnonzero(np.isfinite(flux[:-1]))
    return BlazarState(
        latest / low_threshold,
        mean_flux(time, flux, days=LOW_DAYS) / low_threshold,
        latest / high_threshold,
        mean_flux(time, flux, days=HIGH_DAYS) / high_threshold,
        mean_flux(time[before], flux[before], days=LOW_DAYS) / low_threshold,
    )


def mean_flux(time: Numbers, flux: Numbers, *, days: float) -> float:
    """Average a sorted light curve over its last days by the trapezoidal rule.

    NaN unless it has a flux at two epochs.
    """
    if not len(time):
        return float("nan")
    recent = (time >= time[-1] - days) & np.isfinite(flux)
    time, flux = time[recent], flux[recent]
    if len(time) < 2 or time[0] == time[-1]:
        return float("nan")
    between = (flux[1:] + flux[:-1]) / 2
    return float((between * np.diff(time)).sum() / (time[-1] - time[0]))
