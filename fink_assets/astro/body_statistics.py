"""What the observations of a body of the Solar System are like as a whole, and how its axis lies.

Pure functions of arrays, whose order does not matter. Fits belong to `phase_curve` and `socca`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fink_assets.astro.phase_functions import cos_aspect
from fink_assets.astro.photometry import Numbers
from fink_assets.astro.rotation import unit
from fink_assets.astro.two_body import OBLIQUITY

AMPLITUDE = 4.0
"""Peak to peak of a light curve in standard deviations of what a phase curve leaves, as Fink takes
it; a sinusoid without errors has 2.83."""
SAME = 1e-12
"""Relative spread of numbers below which they are one number, but for rounding."""


def median(values: Numbers) -> float | None:
    """Give the median of what is finite, None if nothing is."""
    known = _known(values)
    return float(np.median(known)) if len(known) else None


def whole_days(time_jd: Numbers) -> int | None:
    """Whole days from the first to the last of some times (JD), None if there are none."""
    known = _known(time_jd)
    return int(np.ptp(known)) if len(known) else None


def moments(values: Numbers) -> dict[str, float | None] | None:
    """Mean, standard deviation, skewness and kurtosis of what is finite, None if nothing is.

    Moments are divided by the number of values; the kurtosis is that beyond a normal
    distribution's (Press et al. 1992, Numerical Recipes, sec. 14.1). Values that are all the same
    have neither skewness nor kurtosis.
    """
    known = _known(values)
    if not len(known):
        return None
    mean = float(np.mean(known))
    away = known - mean
    std = float(np.sqrt(np.mean(away**2)))
    found: dict[str, float | None] = {"mean": mean, "std": std, "skewness": None, "kurtosis": None}
    if std > SAME * float(np.max(np.abs(known))):
        scaled = away / std
        found["skewness"] = float(np.mean(scaled**3))
        found["kurtosis"] = float(np.mean(scaled**4)) - 3
    return found


def aspects(
    ra_deg: Numbers, dec_deg: Numbers, *, alpha0_deg: float, delta0_deg: float
) -> dict[str, float] | None:
    """Least, mean and largest absolute cosine of the aspect angle of places, None without places.

    The aspect angle is between the line of sight and the spin axis: 0 seen from above the equator,
    1 from above a pole.
    """
    cosine = np.abs(cos_aspect(ra_deg, dec_deg, alpha0_deg=alpha0_deg, delta0_deg=delta0_deg))
    known = _known(cosine)
    if not len(known):
        return None
    return {"min": float(known.min()), "mean": float(known.mean()), "max": float(known.max())}


def orbit_normal(inclination_deg: float, node_deg: float) -> Numbers:
    """Unit vector, in the axes of the ICRS, about which a body goes around by the right hand.

    Elements are referred to the ecliptic and equinox of J2000.
    """
    inclination, node = np.radians(inclination_deg), np.radians(node_deg)
    x = np.sin(inclination) * np.sin(node)
    y, z = -np.sin(inclination) * np.cos(node), np.cos(inclination)
    cosine, sine = np.cos(OBLIQUITY), np.sin(OBLIQUITY)
    return np.array([x, cosine * y - sine * z, sine * y + cosine * z])


def obliquity(
    *, alpha0_deg: float, delta0_deg: float, inclination_deg: float, node_deg: float
) -> float:
    """Angle between a spin axis (ICRS) and the normal of an orbit, degrees, from 0 to 180."""
    pole = unit(np.asarray(alpha0_deg, dtype=float), np.asarray(delta0_deg, dtype=float))
    normal = orbit_normal(inclination_deg, node_deg)
    across = float(np.linalg.norm(np.cross(pole, normal)))
    return float(np.degrees(np.arctan2(across, float(pole @ normal))))


def axes(spin: Mapping[str, float], rms: float | None) -> dict[str, float]:
    """Estimate axes a/b and a/c of an ellipsoid, a >= b >= c, from a fit of SHG1G2.

    Seen from above its equator an ellipsoid changes by 2.5 log10(a/b) magnitudes; residuals tell
    how much that is (`AMPLITUDE`). The oblateness is what is seen from above the equator, on the
    mean of a turn, by what is seen from above a pole: R = c (a + b) / (2 a b) (Carry et al. 2024,
    A&A 687, A38). Where the two do not agree on b >= c, c is taken as b. Errors of measurements are
    part of the residuals, so that a/b is rather too large.

    Returns
    -------
    dict
        ``a_b`` and ``a_c``; empty without oblateness.
    """
    if "oblateness" not in spin or rms is None:
        return {}
    a_b = float(10 ** (0.4 * AMPLITUDE * rms))
    return {"a_b": a_b, "a_c": max(a_b, (a_b + 1) / (2 * spin["oblateness"]))}


def _known(values: Numbers) -> Numbers:
    """Give what is finite, in one order, on which sums of floats depend."""
    return np.sort(values[np.isfinite(values)])
