"""Turn the magnitudes of a packet into fluxes and total magnitudes, and fluxes into magnitudes.

Formulas on numpy arrays belong here; which alerts and which epochs they apply to belongs to the
science modules.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

MAGNITUDES_PER_E_FOLD = 2.5 / np.log(10)


def measurements(values: Any) -> Numbers:
    """Give numbers as floats, with NaN for each one that is missing.

    Examples
    --------
    >>> measurements([18, None])
    array([18., nan])
    >>> measurements(None)
    array([], dtype=float64)
    """
    return np.asarray(() if values is None else values, dtype=np.float64)


def finite(values: Numbers) -> Numbers:
    """Give NaN in the place of infinity.

    Examples
    --------
    >>> finite(np.array([18, -np.inf]))
    array([18., nan])
    """
    return np.where(np.isfinite(values), values, np.nan)


def histories(*columns: Any) -> tuple[Numbers, ...]:
    """Give arrays of one history as floats of the same length; one that is absent is all NaN."""
    length = max(0 if values is None else len(values) for values in columns)
    return tuple(
        np.full(length, np.nan) if values is None else measurements(values) for values in columns
    )


def labels(values: Any, length: int) -> NDArray[np.str_]:
    """Give the names in one history, such as bands, with an empty one for each that is missing."""
    found = [None] * length if values is None else values
    return np.array([name if isinstance(name, str) else "" for name in found], dtype=np.str_)


def flux(magnitude: Numbers, zero_point: float = 0.0) -> Numbers:
    """Convert magnitudes to fluxes, ``10**(0.4 * (zero_point - magnitude))``.

    A zero point of 27.5 gives the FLUXCAL unit of SNANA, 8.9 gives jansky for AB magnitudes.
    """
    return 10 ** (0.4 * (zero_point - magnitude))


def magnitude_and_error(
    flux: Numbers, error: Numbers, zero_point: float = 0.0
) -> tuple[Numbers, Numbers]:
    """Convert fluxes to magnitudes, and their errors to first order.

    Both are NaN where a flux is not positive. A zero point of 31.4 gives AB magnitudes for
    nanojansky.
    """
    positive = np.where(flux > 0, flux, np.nan)
    return zero_point - 2.5 * np.log10(positive), MAGNITUDES_PER_E_FOLD * error / positive


def relative_flux_error(magnitude_error: Numbers) -> Numbers:
    """Convert errors of magnitudes to relative errors of fluxes, to first order."""
    return magnitude_error / MAGNITUDES_PER_E_FOLD


def from_positive_subtraction(isdiffpos: Any) -> NDArray[np.bool_] | np.bool_:
    """Tell where the difference image is brighter than the reference.

    ZTF writes ``t`` or ``1`` for science minus reference; what is missing counts as not positive.
    """
    if isdiffpos is None:
        return np.False_
    return np.array([flag in ("t", "1") for flag in isdiffpos], dtype=bool)


def total_magnitude(
    magpsf: Numbers,
    sigmapsf: Numbers,
    *,
    magnr: Numbers,
    sigmagnr: Numbers,
    positive: NDArray[np.bool_] | np.bool_,
) -> tuple[Numbers, Numbers]:
    """Give the magnitude of `total_flux` and its error, NaN where the flux is not positive."""
    total, error = total_flux(
        magpsf, sigmapsf, magnr=magnr, sigmagnr=sigmagnr, positive=positive, zero_point=0.0
    )
    return magnitude_and_error(total, error)


def total_flux(
    magpsf: Numbers,
    sigmapsf: Numbers,
    *,
    magnr: Numbers,
    sigmagnr: Numbers,
    positive: NDArray[np.bool_] | np.bool_,
    zero_point: float,
) -> tuple[Numbers, Numbers]:
    """Add the flux of a difference image to that of the source behind it in the reference.

    Parameters
    ----------
    magpsf, sigmapsf : array
        Magnitude in the difference image and its error.
    magnr, sigmagnr : array
        Magnitude of the nearest source in the reference image and its error.
    positive : array of bool
        True where the difference is science minus reference.
    zero_point : float
        Magnitude of the unit of flux, e.g. 8.9 for jansky.

    Returns
    -------
    tuple of array
        Total flux and its error, NaN where the reference is unknown (ZTF writes a negative
        magnitude).

    Notes
    -----
    ZTF Science Data System Explanatory Supplement, light curves of variables. Both errors are taken
    as independent.
    """
    reference = flux(np.where(magnr < 0, np.nan, magnr), zero_point)
    difference = flux(magpsf, zero_point)
    total = reference + np.where(positive, difference, -difference)
    error = np.hypot(
        relative_flux_error(sigmapsf) * difference, relative_flux_error(sigmagnr) * reference
    )
    return total, error
