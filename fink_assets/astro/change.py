"""Describe how much a flux or a magnitude has changed, given the errors of two measurements.

Distributions in closed form or by quadrature: nothing is drawn at random, so that an alert gets the
same numbers whatever it is processed with. Which measurements to compare belongs to the modules.
"""

import functools
import statistics

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import (
    MAGNITUDES_PER_E_FOLD,
    Numbers,
    flux,
    relative_flux_error,
)

NODES = 48
REACH = 8.0
BISECTIONS = 36
WIDEST_MAGNITUDES = 40.0
LOW, HIGH = 0.05, 0.95


def flux_change(
    now: Numbers, error: Numbers, *, before: Numbers, error_before: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Describe the difference of two measured fluxes with normal errors.

    Returns
    -------
    tuple of array
        Mean, standard deviation, 5 % and 95 % quantile of the change; NaN where a number is
        missing.
    """
    change = now - before
    deviation = np.hypot(error, error_before) + 0 * change
    low, high = (statistics.NormalDist().inv_cdf(level) for level in (LOW, HIGH))
    return change + 0 * deviation, deviation, change + low * deviation, change + high * deviation


def magnitude_change(
    magnitude: Numbers,
    error: Numbers,
    *,
    before: Numbers,
    error_before: Numbers,
    upper_limit: NDArray[np.bool_],
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Describe how much a magnitude has changed, given the errors of both fluxes.

    Parameters
    ----------
    magnitude, error : array
        Measurement and its error.
    before, error_before : array
        Earlier measurement and its error.
    upper_limit : array of bool
        True where `before` is a limiting magnitude; `error_before` is not used there.

    Returns
    -------
    tuple of array
        Mean, standard deviation, 5 % and 95 % quantile of the change; NaN where a number is
        missing.

    Notes
    -----
    A measured flux is normal, restricted to positive values; the flux below a limiting magnitude is
    uniform from zero. Moments of the logarithm of a normal flux are Gauss-Legendre sums, those of a
    uniform one are known. Quantiles invert `change_probability` by bisection.
    """
    mean_now, variance_now = magnitude_moments(error)
    mean_then, variance_then = magnitude_moments(error_before)
    mean_then = np.where(upper_limit, MAGNITUDES_PER_E_FOLD, mean_then)
    variance_then = np.where(upper_limit, MAGNITUDES_PER_E_FOLD**2, variance_then)
    low, high = (change_quantile(level, error, error_before, upper_limit) for level in (LOW, HIGH))
    shift = magnitude - before
    # Bisection finds a number even where there is none to find.
    shift = np.where(np.isfinite(mean_now + mean_then), shift, np.nan)
    deviation = np.sqrt(variance_now + variance_then) + 0 * shift
    return shift + mean_now - mean_then, deviation, shift + low, shift + high


def magnitude_moments(error: Numbers) -> tuple[Numbers, Numbers]:
    """Compute mean and variance of the magnitude of a normal flux of mean 1, where positive."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    # Cubes crowd the nodes towards zero flux, where the logarithm diverges.
    place, weights = ((points + 1) / 2) ** 3, weights * ((points + 1) / 2) ** 2
    width = positive_width(error)[:, np.newaxis]
    low, high = np.maximum(1 - REACH * width, 0), 1 + REACH * width
    fluxes = low + (high - low) * place
    probabilities = weights * np.exp(-0.5 * ((fluxes - 1) / width) ** 2)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    magnitudes = -2.5 * np.log10(fluxes)
    mean = (probabilities * magnitudes).sum(axis=1)
    return mean, (probabilities * (magnitudes - mean[:, np.newaxis]) ** 2).sum(axis=1)


def change_quantile(
    level: float, error: Numbers, error_before: Numbers, upper_limit: NDArray[np.bool_]
) -> Numbers:
    """Find the change between equal magnitudes that is not exceeded with a probability."""
    low = np.full(len(error), -WIDEST_MAGNITUDES)
    high = -low
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        too_high = change_probability(middle, error, error_before, upper_limit) > level
        low, high = np.where(too_high, low, middle), np.where(too_high, middle, high)
    return (low + high) / 2


def change_probability(
    change: Numbers, error: Numbers, error_before: Numbers, upper_limit: NDArray[np.bool_]
) -> Numbers:
    """Compute the probability of a smaller change than a given one between equal magnitudes.

    Notes
    -----
    With `k` the ratio of fluxes that is the change, the probability is that of ``F > k F'``. For
    two normal fluxes ``F - k F'`` is normal (Fieller 1954); taking out negative fluxes leaves an
    error below the product of the probabilities of each being negative, 2e-6 at 3 sigma. For a
    uniform *F'* it is the mean of ``min(F / k, 1)``.
    """
    ratio = flux(change)
    now, then = positive_width(error), positive_width(error_before)
    negative_now, negative_then = normal_cdf(-1 / now), normal_cdf(-1 / then)
    larger = normal_cdf((1 - ratio) / np.hypot(now, ratio * then))
    normal = (larger - negative_then * (1 - negative_now)) / (1 - negative_then)
    edge = (ratio - 1) / now
    inside = normal_cdf(edge) - negative_now - now * (normal_pdf(edge) - normal_pdf(-1 / now))
    uniform = inside / ratio + 1 - normal_cdf(edge)
    return np.where(upper_limit, uniform, normal) / (1 - negative_now)


def positive_width(error: Numbers) -> Numbers:
    """Give relative flux errors that can be divided by, also for an error of zero."""
    return np.maximum(relative_flux_error(error), 1e-6)


def normal_pdf(values: Numbers) -> Numbers:
    """Compute the density of the normal distribution."""
    return np.exp(-0.5 * values**2) / np.sqrt(2 * np.pi)


def normal_cdf(values: Numbers) -> Numbers:
    """Compute the cumulative normal distribution, to 3e-7."""
    return np.interp(values, *normal_table())


@functools.cache
def normal_table() -> tuple[Numbers, Numbers]:
    """Tabulate the cumulative normal distribution; numpy has no error function."""
    points = np.linspace(-9, 9, 6001)
    cdf = statistics.NormalDist().cdf
    return points, np.array([cdf(point) for point in points.tolist()])
