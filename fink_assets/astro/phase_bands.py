"""Values of each band, and their errors, of a phase curve that was fitted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.least_squares import Minimum
from fink_assets.astro.phase_fits import BandFit
from fink_assets.astro.photometry import Numbers


def band_fits(
    found: Minimum,
    left: Numbers,
    *,
    bands: Sequence[str],
    index: NDArray[np.intp],
    phase_deg: Numbers,
    slopes: Sequence[str],
    grown: float,
) -> tuple[list[BandFit], list[str]]:
    """Tell what was found for each band, and which values a bound holds back, as ``band.name``.

    Parameters
    ----------
    found : Minimum
        Its first parameters are, band by band, H and G, or H, G1 + G2 and G1 / (G1 + G2).
    left : array
        Residuals (mag), those of the band `bands[index]`.
    grown : float
        By how much the squares of errors are larger than for residuals of unit variance.
    """
    fits, bounds = [], []
    for number, band in enumerate(bands):
        values, errors = _of_band(found, number, slopes, grown)
        own = index == number
        bounds += [f"{band}.{name}" for name in values if name not in errors]
        fits.append(
            BandFit(
                band=band,
                values=values,
                errors=errors,
                rms=float(np.sqrt(np.mean(left[own] ** 2))),
                points=int(own.sum()),
                phase_min_deg=float(phase_deg[own].min()),
                phase_max_deg=float(phase_deg[own].max()),
            )
        )
    return fits, bounds


def _of_band(
    found: Minimum, number: int, slopes: Sequence[str], grown: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Values of one band and their errors, without those at a bound."""
    width = 1 + len(slopes)
    place = slice(number * width, (number + 1) * width)
    x, held = found.values[place], found.at_bound[place]
    turn, values = np.eye(width), x
    if width > 2:
        _, whole, share = x
        values = np.array([x[0], whole * share, whole * (1 - share)])
        turn[1:, 1:] = [[share, whole], [1 - share, -whole]]
    assert found.covariance is not None
    covariance = turn @ found.covariance[place, place] @ turn.T * grown
    fixed = {"h"} if held[0] else set()
    fixed |= set(slopes) if held[1:].any() else set()
    names = ("h", *slopes)
    errors = {
        name: float(np.sqrt(covariance[i, i])) for i, name in enumerate(names) if name not in fixed
    }
    return dict(zip(names, values.tolist(), strict=True)), errors
