"""Fit the light curves of all bands at once by a black body that brightens and changes its colour.

Formulas on arrays; which alerts to fit, and what to conclude, belongs to the science modules.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.least_squares import minimum
from fink_assets.astro.photometry import Numbers

PLANCK_OVER_BOLTZMANN = 1.438776877e8
"""h c / k in angstrom kelvin."""

COLDEST, HOTTEST = 1e3, 2e6
"""Temperatures (K) between which the fit stays."""

PARAMETERS = 6
STEPS = 100
SMALLEST_GAIN = 1e-6
LEAST_GAIN = 1e-3
"""Of chi square: less tells nothing of the parameters."""
_SHORTEST = 1e-3


class Rainbow(NamedTuple):
    """A black body whose bolometric flux and temperature are sigmoids of time.

    `amplitude` is the height of the bolometric flux in units of the fluxes given; `reference_time`
    the middle of both sigmoids; `rise_time` and `color_time` their widths, in days; `late` and
    `early` the temperatures (K) long after and long before; `cost` half of chi square per degree of
    freedom.
    """

    reference_time: float
    amplitude: float
    rise_time: float
    late: float
    early: float
    color_time: float
    cost: float


class _Parts(NamedTuple):
    """The model at given parameters, and what its derivatives are made of."""

    parameters: tuple[float, ...]
    since: Numbers
    up: Numbers
    hot: Numbers
    temperature: Numbers
    x: Numbers
    occupied: Numbers
    shape: Numbers
    values: Numbers


def spectrum(wavelength: Numbers, temperature: Numbers, mean_wavelength: float) -> Numbers:
    """Give the flux density of a black body in units of its bolometric flux per mean frequency.

    Parameters
    ----------
    wavelength, mean_wavelength : array, float
        Angstrom; the frequency of the latter is the unit, so that values are about one.
    temperature : array
        Kelvin.
    """
    x = PLANCK_OVER_BOLTZMANN / (wavelength * temperature)
    return _spectrum(x, -np.expm1(-x)) * wavelength / mean_wavelength


def _spectrum(x: Numbers, occupied: Numbers) -> Numbers:
    squared = x * x
    return np.asarray(15 / np.pi**4 * squared * squared * (1 - occupied) / occupied)


def _sigmoid(u: Numbers) -> Numbers:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * u))


def model(time: Numbers, wavelength: Numbers, found: Rainbow, mean_wavelength: float) -> Numbers:
    """Evaluate a fit at times (days) and wavelengths (angstrom)."""
    t0, amplitude, *positive = found[:PARAMETERS]
    p = np.array([t0, amplitude, *np.log(positive)])
    return _parts(p, time, wavelength, mean_wavelength).values


def _parts(p: Numbers, time: Numbers, wavelength: Numbers, mean_wavelength: float) -> _Parts:
    """Evaluate the model; parameters after the amplitude are logarithms, as they are positive."""
    t0, amplitude, *logarithms = p.tolist()
    rise, late, early, color = map(math.exp, logarithms)
    since = time - t0
    up, hot = _sigmoid(since / rise), _sigmoid(since / -color)
    temperature = late + (early - late) * hot
    x = PLANCK_OVER_BOLTZMANN / (wavelength * temperature)
    occupied = -np.expm1(-x)
    shape = _spectrum(x, occupied) * wavelength * (1 / mean_wavelength)
    found = (t0, amplitude, rise, late, early, color)
    return _Parts(found, since, up, hot, temperature, x, occupied, shape, amplitude * up * shape)


def _derivatives(parts: _Parts) -> Numbers:
    """Derivatives of the model, a row for each parameter."""
    _, _, rise, late, early, color = parts.parameters
    hot = parts.hot
    slope = parts.values * (1 - parts.up) / rise
    by_temperature = parts.values * (parts.x / parts.occupied - 4) / parts.temperature
    swing = by_temperature * hot * (1 - hot) * ((early - late) / color)
    found = np.empty((PARAMETERS, len(hot)))
    found[0] = swing - slope
    found[1] = parts.shape * parts.up
    found[2] = -slope * parts.since
    found[3] = by_temperature * (1 - hot) * late
    found[4] = by_temperature * hot * early
    found[5] = swing * parts.since
    return found


def fit(
    time: Numbers, flux: Numbers, error: Numbers, wavelength: Numbers, *, mean_wavelength: float
) -> Rainbow | None:
    """Fit all bands by least squares, weighted by the errors.

    Parameters
    ----------
    time : array
        Days, in any order.
    flux, error : array
        In any one unit; errors are positive.
    wavelength : array
        Of each point's band, in angstrom.
    mean_wavelength : float
        Mean over the survey's bands: of the unit of `amplitude`.

    Returns
    -------
    Rainbow or None
        None for no more points than parameters, or where all have the same time or flux.

    Notes
    -----
    Russeil et al. 2024 (A&A 683, A251): equation 5, with sigmoids for the bolometric flux and the
    temperature, and no baselines. First guesses and bounds are those of the package `light-curve`
    while it had these parameters, so that the fit ends in the same minimum, which is not the only
    one where data are few; so is half of chi square. At most `STEPS` steps are taken.
    """
    order = np.lexsort((error, flux, wavelength, time))
    time, flux, error, wavelength = (v[order] for v in (time, flux, error, wavelength))
    if len(time) <= PARAMETERS or time[0] == time[-1] or np.ptp(flux) == 0:
        return None
    shift, unit, scale = time.mean(), time.std(), flux.std()
    t, m, sigma = (time - shift) / unit, flux / scale, error / scale
    start, lower, upper = _start(t, m, sigma)

    last: list[Any] = [None, None]

    def parts(p: Numbers) -> _Parts:
        if last[0] is not p:
            last[:] = p, _parts(p, t, wavelength, mean_wavelength)
        return last[1]

    def residuals(p: Numbers) -> Numbers:
        return (parts(p).values - m) / sigma

    def jacobian(p: Numbers) -> Numbers:
        return (_derivatives(parts(p)) / sigma).T

    found = minimum(
        residuals,
        start,
        lower=lower,
        upper=upper,
        jacobian=jacobian,
        steps=STEPS,
        smallest_gain=SMALLEST_GAIN,
        least_gain=LEAST_GAIN,
    )
    t0, amplitude = found.values[:2].tolist()
    rise, late, early, color = np.exp(found.values[2:]).tolist()
    return Rainbow(
        t0 * unit + shift,
        amplitude * scale,
        rise * unit,
        late,
        early,
        color * unit,
        found.chi2 / 2 / (len(t) - PARAMETERS),
    )


def _start(t: Numbers, m: Numbers, sigma: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """First guess and bounds, for times and fluxes of unit deviation."""
    span, height, width = np.ptp(t), np.ptp(m), _width(t, m, sigma)
    first = (1.0, 7e3, 1e4, 2 * width)
    least = (width / 100, COLDEST, COLDEST, width / 3)
    most = (10 * span, HOTTEST, HOTTEST, 10 * span)
    return (
        np.array([t[np.argmax(m)], height, *np.log(first)]),
        np.array([t.min() - 10 * span, 0.0, *np.log(least)]),
        np.array([t.max() + 10 * span, 20 * height, *np.log(most)]),
    )


def _width(t: Numbers, m: Numbers, sigma: Numbers) -> float:
    """Weighted deviation in time of the points above the median flux."""
    bright: NDArray[np.bool_] = m > np.median(m)
    t, weight, over = t[bright], m[bright] / sigma[bright], (m[bright] - m.min()) / sigma[bright]
    middle = (t * weight).sum() / weight.sum() if weight.sum() else 0.0
    width = float(np.sqrt(((t - middle) ** 2 * over).sum() / over.sum())) if over.sum() else 0.0
    return min(max(width, _SHORTEST), 1.0 / _SHORTEST) if np.isfinite(width) else 1.0
