"""Describe the rise of a light curve in one band by a sigmoid.

Formulas on arrays; bands, cuts and what to conclude belong to the science modules.
"""

from dataclasses import dataclass

import numpy as np

from fink_assets.astro.photometry import Numbers

MIN_DAYS = 4
LOWEST_FLUX = -10.0
MEMORY = 3 / 4
"""Weight of a day against the next in the moving average: a centre of mass of three days back."""


@dataclass(frozen=True)
class Rise:
    """A sigmoid ``c / (1 + exp(-a (t - b)))`` fitted to a rise, and how well it fits.

    Parameters
    ----------
    a, b, c : float
        Steepness [1/d], time of half the height [d after the first point], height [flux].
    snratio : float
        Mean of flux over error.
    mse : float
        Mean square of the residuals, when fluxes and fit are each divided by their sum.
    nrise : int
        Number of days with a measurement.
    """

    a: float
    b: float
    c: float
    snratio: float
    mse: float
    nrise: int


def rise(time: Numbers, flux: Numbers, error: Numbers) -> Rise | None:
    """Fit a sigmoid to the daily means of a light curve, or tell that it does not rise.

    Parameters
    ----------
    time : array
        Julian dates; a day lasts from midnight to midnight UTC.
    flux, error : array
        Fluxes and their errors with zero point 27.5, finite.

    Returns
    -------
    Rise or None
        None for fewer than four days, if the exponentially weighted mean of the fluxes falls
        anywhere, or if the fit comes to nothing.

    Notes
    -----
    Leoni et al. 2022 (A&A 663, A13), section 3. The mean error of a day is the mean of the errors.
    """
    day, flux, error = daily_means(time, flux, error)
    if len(day) < MIN_DAYS or np.any(np.diff(moving_average(flux)) < 0):
        return None
    since = day - day[0]
    a, b, c = fit(since, flux)
    with np.errstate(all="ignore"):
        expected = sigmoid(since, a, b, c)
        residuals = flux / flux.sum() - expected / expected.sum()
        found = Rise(a, b, c, float(np.mean(flux / error)), float(np.mean(residuals**2)), len(day))
    numbers = np.array([found.a, found.b, found.c, found.snratio, found.mse])
    # A forest compares in single precision.
    limit = float(np.finfo(np.float32).max)
    return found if np.all(np.abs(numbers) <= limit) and a != 0 else None


def daily_means(time: Numbers, flux: Numbers, error: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Average the points of each day, and leave out days of clearly negative flux."""
    day, of_day, count = np.unique(np.round(time), return_inverse=True, return_counts=True)
    mean, mean_error = (np.bincount(of_day, v, len(day)) / count for v in (flux, error))
    high = mean > LOWEST_FLUX
    return day[high], mean[high], mean_error[high]


def moving_average(values: Numbers) -> Numbers:
    """Average values with those before, whose weights fall by a quarter each."""
    total, weight, found = 0.0, 0.0, []
    for value in values.tolist():
        total, weight = MEMORY * total + value, MEMORY * weight + 1
        found.append(total / weight)
    return np.array(found)


def sigmoid(time: Numbers, a: float, b: float, c: float) -> Numbers:
    """Evaluate ``c / (1 + exp(-a (time - b)))``."""
    return c / (1 + np.exp(-a * (time - b)))


def derivatives(time: Numbers, a: float, b: float, c: float) -> Numbers:
    """Differentiate `sigmoid` with respect to a, b and c: an array of shape (times, 3)."""
    share = 1 / (1 + np.exp(-a * (time - b)))
    steep = c * share * (1 - share)
    return np.stack([steep * (time - b), -a * steep, share], axis=1)


def fit(time: Numbers, flux: Numbers) -> tuple[float, float, float]:
    """Fit a sigmoid by least squares, all points alike.

    The first guess is that of the training, so that the fit ends in the same minimum: of height the
    largest flux, of steepness the number of points a day from the smallest to the largest. From
    there by Levenberg and Marquardt, in MINPACK (More 1978, Lecture Notes in Mathematics 630, 105).
    """
    from scipy.optimize import least_squares

    low, high = int(flux.argmin()), int(flux.argmax())
    days = time[high] - time[low]
    steepness = (high - low) / days if time[high] > 0 and days else 1.0
    with np.errstate(all="ignore"):
        ratio = flux[high] / flux[0] if flux[0] else 1.0
        middle = np.log(ratio - 1) / steepness if 1 < ratio < np.inf else 1.0
        found = least_squares(
            lambda parameters: sigmoid(time, *parameters) - flux,
            (steepness, middle, flux[high]),
            jac=lambda parameters: derivatives(time, *parameters),
            method="lm",
        )
    a, b, c = found.x.tolist()
    return a, b, c
