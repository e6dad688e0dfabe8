"""Whether one spin alone describes the light of a body, and what its values and errors are.

Spins are compared by how much more they leave of the light than the best does: the excess of chi
squared in units of what the best leaves of it per degree of freedom. The limits were found with
built light curves (docs/scientist/solar_system.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fink_assets.astro.photometry import Numbers
from fink_assets.astro.rotation_search import KIN
from fink_assets.astro.socca_model import Spin

NO_ROTATION = 60.0
"""Excess of a body that does not spin, below which nothing tells that it does."""
OTHER_PERIOD = 25.0
"""Excess of another period, below which it is as likely."""
OTHER_POLE = 16.0
"""Excess of another pole (or number of turns), likewise."""
POLES_APART_DEG = 30.0
LONGEST_A_B = 4.0
"""No body is known to be longer; a fit that says so has found something else (chosen)."""
OF_SHADOW = 0.03
"""Part of a ratio of axes by which it is off where the terminator is seen: part of its error."""
NOT_TURNING = "no rotation stands out of the scatter"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The best spin of a body, and those that are as likely.

    Parameters
    ----------
    alike : sequence of Spin
        Of nearly the same period, but another pole or number of turns.
    pole : Spin or None
        The one of them with another pole.
    degrees : int
        Points minus free values.
    grown : float
        By how much the squares of errors are larger than for residuals of unit variance.
    """

    best: Spin
    alike: Sequence[Spin]
    pole: Spin | None
    degrees: int
    grown: float

    def values(self) -> dict[str, float]:
        """Give what was found, by name; angles in degrees, the period in hours."""
        found = {"period": self.best.period, **self.best.axes}
        found |= dict(zip(("alpha0", "delta0"), self.best.place, strict=True))
        if self.pole is not None:
            found |= dict(zip(("alpha0_alt", "delta0_alt"), self.pole.place, strict=True))
        return found

    def errors(self, span: float) -> dict[str, float]:
        """Errors by name, without those of values that a bound holds back."""
        best = self.best
        assert best.found.covariance is not None
        covariance = best.found.covariance[-6:, -6:] * self.grown
        names = ("alpha0", "delta0", "period", "start", "a_b", "b_c")
        held = dict(zip(names, best.found.at_bound[-6:], strict=True))
        sizes = np.sqrt(np.diag(covariance))
        a_b, b_c = best.found.values[-2:]
        turn = np.array([b_c, a_b])
        found = {
            "alpha0": float(sizes[0]),
            "delta0": float(sizes[1]),
            "period": float(sizes[2] / span * best.period / best.frequency),
            "a_b": float(sizes[4]),
            "a_c": float(np.sqrt(turn @ covariance[4:, 4:] @ turn)),
        }
        here = {"period": best.period, **best.axes}
        for other in self.alike:
            for name, there in {"period": other.period, **other.axes}.items():
                found[name] = max(found[name], abs(there - here[name]))
        for name in ("a_b", "a_c"):
            found[name] = float(np.hypot(found[name], OF_SHADOW * best.axes[name]))
        held["a_c"] = held["a_b"] or held["b_c"]
        return {name: size for name, size in found.items() if not held[name]}

    def phase(self, after: float, span: float) -> tuple[float, float]:
        """Phase (radians) some days after the middle of the times, and its error."""
        best = self.best
        assert best.found.covariance is not None
        phase = best.found.values[-3] + np.pi * best.frequency * after
        turn = np.array([np.pi * after / span, 1.0])
        covariance = best.found.covariance[-4:-2, -4:-2] * self.grown
        size = float(np.sqrt(turn @ covariance @ turn))
        return float((phase + np.pi / 2) % np.pi - np.pi / 2), size


def judged(spins: Sequence[Spin], still: float, *, points: int) -> Judged | str:
    """Tell which spin a body has, or in words why none.

    Parameters
    ----------
    spins : sequence of Spin
        All that were fitted, the best first.
    still : float
        Chi squared of a body that does not spin.
    """
    best = spins[0]
    degrees = points - int(np.count_nonzero(~best.found.at_bound))
    if degrees <= 0:
        return "fewer points than values"

    def excess(chi2: float) -> float:
        return (chi2 / max(best.found.chi2, 1e-300) - 1) * degrees

    if excess(still) < NO_ROTATION:
        return NOT_TURNING
    if best.axes["a_b"] > LONGEST_A_B:
        return f"a/b comes out above {LONGEST_A_B:.0f}, which no body is known to have"
    far = [s for s in spins if abs(s.frequency - best.frequency) > KIN]
    if far and excess(far[0].found.chi2) < OTHER_PERIOD:
        periods = f"{best.period:.4f} and {far[0].period:.4f}"
        return f"two periods describe the light alike: {periods} hours"
    alike = [s for s in spins[1:] if excess(s.found.chi2) < OTHER_POLE]
    poles = _other_poles(best, alike)
    if len(poles) > 1:
        told = f"{len(poles) + 1} poles describe the light alike"
        return f"{told}; the period is {best.period:.4f} hours"
    return Judged(
        best=best,
        alike=alike,
        pole=poles[0] if poles else None,
        degrees=degrees,
        grown=max(1.0, best.found.chi2 / degrees),
    )


def _other_poles(best: Spin, alike: Sequence[Spin]) -> list[Spin]:
    """One spin, the best, of each place on the sky that is apart from the others."""
    places = [best]
    for spin in alike:
        if all(_apart(spin.pole, one.pole) for one in places):
            places.append(spin)
    return places[1:]


def _apart(one: Numbers, other: Numbers) -> bool:
    return bool(one @ other < np.cos(np.radians(POLES_APART_DEG)))
