"""Least squares with bounds: the parameters for which residuals are smallest, and their errors.

Knows nothing of what is fitted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

Residuals = Callable[[Numbers], Numbers]
STEPS = 300
SMALLEST_GAIN = 1e-12
STIFFEST = 1e12


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """Where a fit ended.

    Parameters
    ----------
    values : array
        Parameters.
    chi2 : float
        Sum of the squares of the residuals.
    at_bound : array of bool
        Parameters that a bound holds back.
    covariance : array or None
        Of the others, for residuals of unit variance, zero elsewhere; None where the data do not
        tell them apart.
    converged : bool
        Whether the last step gained nothing, rather than the steps having run out.
    """

    values: Numbers
    chi2: float
    at_bound: NDArray[np.bool_]
    covariance: Numbers | None
    converged: bool


def minimum(
    residuals: Residuals,
    start: Numbers,
    *,
    lower: Numbers,
    upper: Numbers,
    jacobian: Residuals | None = None,
    steps: int = STEPS,
    smallest_gain: float = SMALLEST_GAIN,
    least_gain: float = 0.0,
) -> Minimum:
    """Find the nearest minimum by the method of Levenberg and Marquardt.

    Steps are cut at the bounds, and a parameter at a bound that would leave it does not move. The
    same start gives the same minimum.

    Parameters
    ----------
    residuals : callable
        Residuals of given parameters.
    start, lower, upper : array
        First guess, and bounds.
    jacobian : callable, optional
        Derivatives of the residuals, a column for each parameter; by differences without it.
    steps : int
        The most that are taken.
    smallest_gain, least_gain : float
        Part of chi square, and change of it; a step that gains less than either is the last.
    """
    derivatives = jacobian or (lambda p: _jacobian(residuals, p, lower, upper))
    x = np.clip(start, lower, upper)
    r = residuals(x)
    chi2, damping, converged = float(r @ r), 1e-3, False
    for _ in range(steps):
        slopes = derivatives(x)
        gradient = slopes.T @ r
        free = ~_held(x, gradient, lower, upper)
        better = None
        while better is None and damping < STIFFEST and free.any():
            tried = np.clip(x + _step(slopes[:, free], r, damping, free), lower, upper)
            there = residuals(tried)
            if float(there @ there) < chi2:
                better = tried, there
                damping = max(damping / 5, 1e-12)
            else:
                damping *= 4
        if better is None:
            converged = True
            break
        before = chi2
        x, r = better
        chi2 = float(r @ r)
        enough = max(least_gain, smallest_gain * (before + 1e-300))
        if before - chi2 <= enough and damping < 1:
            converged = True
            break
    slopes = derivatives(x)
    held = _held(x, slopes.T @ r, lower, upper) | (x <= lower) | (x >= upper)
    return Minimum(
        values=x,
        chi2=chi2,
        at_bound=held,
        covariance=_covariance(slopes, ~held),
        converged=converged,
    )


def _step(jacobian: Numbers, r: Numbers, damping: float, free: NDArray[np.bool_]) -> Numbers:
    normal = jacobian.T @ jacobian
    scale = np.maximum(np.diag(normal), 1e-12)
    step = np.zeros(len(free))
    step[free] = -np.linalg.solve(normal + damping * np.diag(scale), jacobian.T @ r)
    return step


def _held(x: Numbers, gradient: Numbers, lower: Numbers, upper: Numbers) -> NDArray[np.bool_]:
    return ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))


def _jacobian(residuals: Residuals, x: Numbers, lower: Numbers, upper: Numbers) -> Numbers:
    columns = []
    for i in range(len(x)):
        step = 1e-6 * max(1.0, abs(x[i]))
        low, high = x.copy(), x.copy()
        low[i], high[i] = max(x[i] - step, lower[i]), min(x[i] + step, upper[i])
        columns.append((residuals(high) - residuals(low)) / (high[i] - low[i]))
    return np.array(columns).T


def _covariance(jacobian: Numbers, free: NDArray[np.bool_]) -> Numbers | None:
    """Invert the normal equations of the free parameters, each in its own scale."""
    found = np.zeros((len(free), len(free)))
    if not free.any():
        return found
    scale = np.sqrt(np.sum(jacobian[:, free] ** 2, axis=0))
    if not np.all(scale > 0):
        return None
    scaled = jacobian[:, free] / scale
    normal = scaled.T @ scaled
    if np.linalg.cond(normal) > 1e12:
        return None
    found[np.ix_(free, free)] = np.linalg.inv(normal) / np.outer(scale, scale)
    return found
