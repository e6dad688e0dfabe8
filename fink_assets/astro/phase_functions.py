"""How bright a small body is by its phase angle and by the aspect of its spin axis.

Formulae of magnitudes in closed form. Fitting them to light curves belongs to `phase_curve`.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from fink_assets.astro.photometry import Numbers

LINEAR_DEG = 7.5
"""Below this phase angle the first two functions of HG1G2 are straight lines."""

# Of the functions of HG1G2, Muinonen et al. 2010: phase angles (degrees), values there, slopes
# (per radian) at both ends.
_FIRST = (
    (7.5, 30.0, 60.0, 90.0, 120.0, 150.0),
    (0.75, 0.33486016, 0.13410560, 0.051104756, 0.021465687, 0.0036396989),
    (-1.9098593, -0.091328612),
)
_SECOND = (
    (7.5, 30.0, 60.0, 90.0, 120.0, 150.0),
    (0.925, 0.62884169, 0.31755495, 0.12716367, 0.022373903, 0.00016505689),
    (-0.57295780, -8.6573138e-8),
)
_THIRD = (
    (0.0, 0.3, 1.0, 2.0, 4.0, 8.0, 12.0, 20.0, 30.0),
    (1.0, 0.83381185, 0.57735424, 0.42144772, 0.23174230, 0.10348178, 0.061733473, 0.016107006, 0),
    (-0.10630097, 0.0),
)


@dataclass(frozen=True)
class Spline:
    """A cubic spline by its nodes: places (radians), values, slopes (per radian)."""

    places: Numbers
    values: Numbers
    slopes: Numbers

    def __call__(self, angle: Numbers) -> Numbers:
        """Evaluate between the outer nodes; NaN outside."""
        inside = (angle >= self.places[0]) & (angle <= self.places[-1])
        at = np.clip(np.searchsorted(self.places, angle) - 1, 0, len(self.places) - 2)
        width = self.places[at + 1] - self.places[at]
        t = (angle - self.places[at]) / width
        found = (
            (1 + 2 * t) * (1 - t) ** 2 * self.values[at]
            + t * (1 - t) ** 2 * width * self.slopes[at]
            + t**2 * (3 - 2 * t) * self.values[at + 1]
            - t**2 * (1 - t) * width * self.slopes[at + 1]
        )
        return np.where(inside, found, np.nan)


@functools.cache
def splines() -> tuple[Spline, Spline, Spline]:
    """Build the splines of HG1G2, clamped at both ends, once per process.

    The slope of the third at 0 is -0.10630097, from which follow the slopes that the authors print
    for the inner nodes (-41.180439 at 0.3 degrees). `sbpy`, and Fink with it, has ten times as
    much, which makes up to 0.0007 of the third function below 0.3 degrees.
    """
    first, second, third = (_clamped(*numbers) for numbers in (_FIRST, _SECOND, _THIRD))
    return first, second, third


def _clamped(
    degrees: tuple[float, ...], values: tuple[float, ...], ends: tuple[float, float]
) -> Spline:
    """Find the inner slopes for which the second derivative is continuous."""
    x, y = np.radians(degrees), np.array(values)
    width, rise = np.diff(x), np.diff(y) / np.diff(x)
    matrix, right = np.eye(len(x)), np.zeros(len(x))
    right[0], right[-1] = ends
    for i in range(1, len(x) - 1):
        matrix[i, i - 1 : i + 2] = width[i], 2 * (width[i] + width[i - 1]), width[i - 1]
        right[i] = 3 * (width[i] * rise[i - 1] + width[i - 1] * rise[i])
    return Spline(x, y, np.linalg.solve(matrix, right).astype(np.float64))


def reduced_magnitude(magnitude: Numbers, *, range_au: Numbers, helio_au: Numbers) -> Numbers:
    """Magnitude as it would be 1 au from the Sun and from the observer; NaN for no distance."""
    product = np.where((range_au > 0) & (helio_au > 0), range_au * helio_au, np.nan)
    return magnitude - 5 * np.log10(product)


def hg_functions(phase_deg: Numbers) -> tuple[Numbers, Numbers]:
    """Give the two functions of the HG system (Bowell et al. 1989, Asteroids II, p. 549).

    In the form with a term for small angles, weighted by ``W = exp(-90.56 tan(a/2)^2)``.
    """
    phase = _valid(phase_deg)
    sine, half = np.sin(phase), np.tan(phase / 2)
    weight = np.exp(-90.56 * half**2)

    def one(a: float, b: float, c: float) -> Numbers:
        small = 1 - c * sine / (0.119 + 1.341 * sine - 0.754 * sine**2)
        large = np.exp(-a * half**b)
        return weight * small + (1 - weight) * large

    return one(3.332, 0.631, 0.986), one(1.862, 1.218, 0.238)


def hg1g2_functions(phase_deg: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Give the three functions of HG1G2 (Muinonen et al. 2010, Icarus 209, 542).

    Straight lines up to 7.5 degrees for the first two, else splines; the third is zero from 30
    degrees on. NaN above 150 degrees, where the system is not defined.
    """
    phase = _valid(phase_deg)
    phase = np.where(phase <= np.radians(150), phase, np.nan)
    first, second, third = splines()
    near, far = phase <= np.radians(LINEAR_DEG), phase >= np.radians(30)
    one = np.where(near, 1 - 6 * phase / np.pi, first(phase))
    two = np.where(near, 1 - 9 * phase / (5 * np.pi), second(phase))
    return one, two, np.where(far, 0.0, third(phase))


def hg(phase_deg: Numbers, *, h: float, g: float) -> Numbers:
    """Reduced magnitude in the HG system."""
    one, two = hg_functions(phase_deg)
    return h - 2.5 * np.log10((1 - g) * one + g * two)


def hg1g2(phase_deg: Numbers, *, h: float, g1: float, g2: float) -> Numbers:
    """Reduced magnitude in the system HG1G2."""
    one, two, three = hg1g2_functions(phase_deg)
    return h - 2.5 * np.log10(g1 * one + g2 * two + (1 - g1 - g2) * three)


def shg1g2(
    phase_deg: Numbers,
    ra_deg: Numbers,
    dec_deg: Numbers,
    *,
    h: float,
    g1: float,
    g2: float,
    oblateness: float,
    alpha0_deg: float,
    delta0_deg: float,
) -> Numbers:
    """Reduced magnitude in the system SHG1G2 (Carry et al. 2024, A&A 687, A38).

    Parameters
    ----------
    phase_deg, ra_deg, dec_deg : array
        Phase angle and place of the body as the observer sees it.
    h, g1, g2 : float
        As in HG1G2; `h` is that of a body seen from above its equator.
    oblateness : float
        R, in (0, 1], 1 for a sphere.
    alpha0_deg, delta0_deg : float
        Where the spin axis points, ICRS.
    """
    aspect = cos_aspect(ra_deg, dec_deg, alpha0_deg=alpha0_deg, delta0_deg=delta0_deg)
    return hg1g2(phase_deg, h=h, g1=g1, g2=g2) + spin_term(aspect, oblateness)


def cos_aspect(
    ra_deg: Numbers, dec_deg: Numbers, *, alpha0_deg: float, delta0_deg: float
) -> Numbers:
    """Cosine of the angle between a line of sight and a spin axis."""
    dec, pole = np.radians(dec_deg), np.radians(delta0_deg)
    across = np.cos(np.radians(np.asarray(ra_deg) - alpha0_deg))
    return np.sin(dec) * np.sin(pole) + np.cos(dec) * np.cos(pole) * across


def spin_term(cos_of_aspect: Numbers, oblateness: float) -> Numbers:
    """Magnitudes that an oblate body is brighter (below 0) than when seen from above its equator.

    ``2.5 log10(1 - (1 - R) |cos(aspect)|)``, as in Carry et al. 2024: opposite poles are the same.
    """
    return 2.5 * np.log10(1 - (1 - oblateness) * np.abs(cos_of_aspect))


def northern(alpha0: float, delta0: float) -> tuple[float, float]:
    """Give the northern one of two opposite poles; angles in degrees may be any."""
    ra, dec = np.radians(alpha0), np.radians(delta0)
    x, y, z = np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)
    sign = -1.0 if z < 0 else 1.0
    north = float(np.degrees(np.arctan2(sign * y, sign * x))) % 360
    return north, float(np.degrees(np.arcsin(min(1.0, abs(z)))))


def _valid(phase_deg: Numbers) -> Numbers:
    degrees = np.asarray(phase_deg, dtype=float)
    return np.radians(np.where((degrees >= 0) & (degrees < 180), degrees, np.nan))
