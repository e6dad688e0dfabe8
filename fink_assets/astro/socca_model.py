"""SOCCA as a model of light curves: residuals, their derivatives, and fits from likely spins.

Spin and shape are those of Fink (Carry et al. 2024, A&A 687, A38, for the oblate body of SHG1G2),
without what is in shadow. Which fit is believed belongs to `socca_judged`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fink_assets.astro.least_squares import Minimum, minimum
from fink_assets.astro.photometry import Numbers
from fink_assets.astro.rotation import (
    MAGNITUDES,
    Seen,
    area,
    rotation_phase,
    seen_from,
    shape_term,
    unit,
)
from fink_assets.astro.rotation_search import SLOPES, Likely, Search

LONGEST_AXIS = 5.0
"""Fink's upper bound of a/b; here also of b/c."""
DARK = 1e-10
FAMILIES, OF_EACH, KINDRED = 8, 2, 10
"""Fits that are begun: frequencies far from each other, poles of each, spins near the best."""
STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Spin:
    """A spin that was fitted.

    `frequency` is that of the light (1 / day), `start` that of where the fit began.
    """

    found: Minimum
    start: float
    frequency: float

    @property
    def period(self) -> float:
        """Hours."""
        return 48 / self.frequency

    @property
    def pole(self) -> Numbers:
        """Unit vector."""
        return unit(*self.found.values[-6:-4])

    @property
    def place(self) -> tuple[float, float]:
        """Right ascension and declination of the pole, degrees."""
        x, y, z = self.pole
        ra = float(np.degrees(np.arctan2(y, x))) % 360
        return ra, float(np.degrees(np.arcsin(np.clip(z, -1, 1))))

    @property
    def axes(self) -> dict[str, float]:
        """Ratios of axes, by name."""
        a_b, b_c = self.found.values[-2:].tolist()
        return {"a_b": a_b, "a_c": a_b * b_c}


class Model:
    """The model and its derivatives.

    Parameters are, band by band, H, G1 + G2 and G1 / (G1 + G2); then the pole in degrees, the
    frequency's change in 1 / span, the phase in the middle of the times, a/b and b/c.
    """

    def __init__(self, seen: Seen, frequency: float) -> None:
        self.seen, self.frequency = seen, frequency
        self.step = 1 / seen.span
        self.bands = len(seen.bands)

    def start(self, likely: Likely) -> Numbers:
        """Give parameters to begin with."""
        seen, share = self.seen, min(likely.amplitude / MAGNITUDES, 0.8)
        a_b = float(np.sqrt((1 + share) / (1 - share)))
        plain: list[float] = []
        g1, g2 = SLOPES
        for band in range(self.bands):
            own = seen.index == band
            one, two, three = (basis[own] for basis in seen.basis)
            light = g1 * one + g2 * two + (1 - g1 - g2) * three
            rest = seen.magnitude[own] + 2.5 * np.log10(np.maximum(light, DARK))
            plain += [float(np.mean(rest)) + 0.3, g1 + g2, g1 / (g1 + g2)]
        return np.array([*plain, likely.alpha0, likely.delta0, 0.0, likely.start, a_b, 1.2])

    @property
    def bounds(self) -> tuple[Numbers, Numbers]:
        """Lowest and highest parameters."""
        lower, upper = [-10.0, 0.0, 0.0] * self.bands, [40.0, 1.0, 1.0] * self.bands
        return (
            np.array([*lower, -720.0, -450.0, -20.0, -50.0, 1.0, 1.0]),
            np.array([*upper, 1080.0, 450.0, 20.0, 50.0, LONGEST_AXIS, LONGEST_AXIS]),
        )

    def residuals(self, x: Numbers) -> Numbers:
        """Measured minus modelled, in units of the errors."""
        return (self.seen.magnitude - self.modelled(x)) / self.seen.error

    def modelled(self, x: Numbers) -> Numbers:
        """Reduced magnitudes of given parameters."""
        own = x[:-6].reshape(-1, 3)[self.seen.index]
        plain = own[:, 0] - 2.5 * np.log10(self._light(own))
        return plain + shape_term(*self._view(x), x[-2], x[-2] * x[-1])

    def _light(self, own: Numbers) -> Numbers:
        one, two, three = self.seen.basis
        g1, g2 = own[:, 1] * own[:, 2], own[:, 1] * (1 - own[:, 2])
        return np.maximum(g1 * one + g2 * two + (1 - own[:, 1]) * three, DARK)

    def _view(self, x: Numbers) -> tuple[Numbers, Numbers]:
        """Cosine of the aspect and rotation phase."""
        z, longitude = seen_from(self.seen.sight, x[-6], x[-5])
        period = 2 / (self.frequency + x[-4] * self.step)
        return z, rotation_phase(self.seen.time, longitude, period=period, start=x[-3])

    def jacobian(self, x: Numbers) -> Numbers:
        """Derivatives of the residuals; those by the pole are differences."""
        seen, bands = self.seen, x[:-6].reshape(-1, 3)
        own = bands[seen.index]
        one, two, three = seen.basis
        light = -2.5 / np.log(10) / self._light(own)
        by_whole = light * (own[:, 2] * one + (1 - own[:, 2]) * two - three)
        by_share = light * own[:, 1] * (one - two)
        slopes = np.zeros((len(seen.time), len(x)))
        rows = np.arange(len(seen.time))
        for place, values in enumerate((1.0, by_whole, by_share)):
            slopes[rows, 3 * seen.index + place] = values
        for place in (-6, -5):
            step = np.zeros(len(x))
            step[place] = 1e-4
            slopes[:, place] = (self.modelled(x + step) - self.modelled(x - step)) / 2e-4
        z, phase = self._view(x)
        a_b, b_c = x[-2], x[-1]
        sine, rest = np.sin(phase) ** 2, 1 - z**2
        by_area = -MAGNITUDES / area(z, phase, a_b, a_b * b_c)
        by_phase = by_area * rest * (a_b**2 - 1) * np.sin(2 * phase)
        slopes[:, -4] = by_phase * np.pi * seen.time * self.step
        slopes[:, -3] = by_phase
        slopes[:, -2] = by_area * 2 * a_b * (rest * sine + z**2 * b_c**2)
        slopes[:, -1] = by_area * 2 * b_c * a_b**2 * z**2
        return -slopes / seen.error[:, None]

    def fitted(self, likely: Likely) -> Spin:
        """Fit from a likely spin, whose frequency is this model's."""
        lower, upper = self.bounds
        found = minimum(
            self.residuals,
            self.start(likely),
            lower=lower,
            upper=upper,
            jacobian=self.jacobian,
            steps=STEPS,
            smallest_gain=1e-7,
        )
        frequency = self.frequency + float(found.values[-4]) * self.step
        return Spin(found=found, start=self.frequency, frequency=frequency)


def spins(seen: Seen) -> tuple[list[Spin], float]:
    """All spins that were fitted, the best first, and chi squared of a body that does not spin."""
    search = Search(seen)
    found = [_fitted(seen, likely) for likely in search.families(FAMILIES, OF_EACH)]
    best = min(found, key=lambda spin: spin.found.chi2)
    found += [_fitted(seen, likely) for likely in search.kin(best.frequency, KINDRED)]
    return sorted(found, key=lambda spin: spin.found.chi2), search.still()


def _fitted(seen: Seen, likely: Likely) -> Spin:
    return Model(seen, likely.frequency).fitted(likely)
