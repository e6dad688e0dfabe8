"""Light of a standard type Ia supernova by phase and wavelength; stretch and colour law.

Distances and what differs between events belong to `supernovae`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Numbers

RISE_DAYS = 17.4
"""Explosion to maximum in B (Hayden et al. 2010, ApJ 712, 350: 17.38 +- 0.17)."""

_PHASES = (-10, -5, 0, 5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 400)
_ROWS = np.array([0.25, 0.36, 0.44, 0.55, 0.65, 0.80, 1.02])
"""Wavelengths of the rows in micrometres: near ultraviolet, U, B, V, R, I, Y."""
_OFFSETS = np.array([2.4, 0.39, -0.10, 0.02, 0.21, 0.75, 1.20])
"""AB magnitude at maximum in B, relative to B (Vega): colours U-B = -0.4, B-V = V-R = 0, V-I =
-0.3, AB minus Vega of Blanton & Roweis (2007, AJ 133, 734)."""
_MAGNITUDES = np.array(
    [
        (0.4, 0.0, 0.1, 0.8, 1.6, 2.3, 2.8, 3.1, 3.3, 3.6, 3.8, 4.0, 4.3, 4.6, 9.2),
        (0.7, 0.1, 0.0, 0.4, 1.0, 1.7, 2.3, 2.7, 3.0, 3.3, 3.5, 3.7, 4.1, 4.5, 10.5),
        (0.9, 0.2, 0.0, 0.13, 0.5, 1.1, 1.7, 2.2, 2.6, 2.95, 3.12, 3.28, 3.6, 3.9, 8.5),
        (0.9, 0.25, 0.02, 0.02, 0.25, 0.6, 0.92, 1.25, 1.6, 2.1, 2.4, 2.65, 3.15, 3.6, 9.6),
        (0.85, 0.2, 0.02, 0.05, 0.3, 0.62, 0.7, 0.78, 1.0, 1.55, 1.95, 2.25, 2.9, 3.5, 11.0),
        (0.7, 0.12, 0.04, 0.2, 0.5, 0.65, 0.58, 0.46, 0.55, 1.1, 1.55, 1.95, 2.75, 3.4, 11.0),
        (0.6, 0.1, 0.1, 0.4, 0.9, 0.95, 0.7, 0.45, 0.3, 0.75, 1.3, 1.8, 2.7, 3.4, 11.0),
    ]
)
"""Magnitudes below the maximum, by row and phase: chosen, no published table. They have what mean
light curves have, B: 1.1 mag fainter after 15 days (Phillips et al. 1999) and 0.016 mag/day late;
V: 0.6 after 15 days; R: a shoulder; I and Y: a second maximum 25 to 30 days after the first. From
10 days before to 60 after the maximum they are within 0.25 mag of SN 2006ax in B and V and within
0.35 in i (Contreras et al. 2010, AJ 139, 519; as distributed with SNooPy)."""


def template(since: Numbers, wavelengths: Numbers) -> Numbers:
    """AB magnitude relative to B at maximum.

    Before phase -10 the flux grows as the square of time (Riess et al. 1999, AJ 118, 2675). Linear
    between phases and wavelengths; outside the rows as the nearest.

    Parameters
    ----------
    since : array of shape (n,)
        Days since the explosion, in the frame of the source, for a stretch of 1.
    wavelengths : array of shape (m,)
        In the frame of the source, in micrometres.

    Returns
    -------
    array of shape (m, n)
    """
    place = np.clip(np.interp(wavelengths, _ROWS, range(len(_ROWS))), 0, len(_ROWS) - 1)
    low = np.minimum(place.astype(int), len(_ROWS) - 2)
    part = (place - low)[:, None]
    rows = _OFFSETS[:, None] + _MAGNITUDES
    rows = rows[low] * (1 - part) + rows[low + 1] * part
    phases = np.maximum(since - RISE_DAYS, _PHASES[0])
    after = np.array([np.interp(phases, _PHASES, row) for row in rows])
    early = np.clip(since / (RISE_DAYS + _PHASES[0]), 1e-6, 1)
    return after - 5 * np.log10(early)


def stretch(x1: float) -> float:
    """Stretch of time of SALT2's x1 (Guy et al. 2007, A&A 466, 11, sec. 6)."""
    return 0.98 + 0.091 * x1 + 0.003 * x1**2 - 0.00075 * x1**3


def colour_law(wavelengths: Numbers) -> Numbers:
    """Change of magnitude per unit of c: 0 in B, -1 in V.

    A polynomial of reduced wavelength between 0.28 and 0.7 micrometres, and linear outside, with
    the coefficients of SALT2-4 (Guy et al. 2007, 2010; Betoule et al. 2014).

    Parameters
    ----------
    wavelengths : array
        In the frame of the source, in micrometres.
    """
    return np.interp(wavelengths, _LAW_AT, _LAW)


def _law(wavelengths: Numbers) -> Numbers:
    law = np.polynomial.Polynomial([0, 1 - sum(_COEFFICIENTS), *_COEFFICIENTS])
    reduced = (wavelengths - 0.430257) / (0.542855 - 0.430257)
    inside = (np.clip(wavelengths, 0.28, 0.70) - 0.430257) / (0.542855 - 0.430257)
    return -(law(inside) + (reduced - inside) * law.deriv()(inside))


_COEFFICIENTS = (-0.504294, 0.787691, -0.461715, 0.0815619)
_LAW_AT = np.linspace(0.05, 1.25, 241)
_LAW = _law(_LAW_AT)
