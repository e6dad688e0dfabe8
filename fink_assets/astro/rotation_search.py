"""Where to look for the spin of a body: periods and poles that a linear model says are likely.

To first order a spinning ellipsoid adds three terms to the magnitudes: ``z2``, ``(1 - z2) cos(2w)``
and ``(1 - z2) sin(2w)``, for the cosine z of the aspect and the phase w. For a pole and a period
they are linear, so that all poles of a grid and all periods are tried. The light has the frequency
``2 / period``: two maxima in a turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers
from fink_assets.astro.rotation import Seen, seen_from, unit

SHORTEST, LONGEST = 2.2 / 24, 10.0
"""Periods, days: Fink's shortest, at which rubble flies apart; longest (chosen)."""
PER_PEAK = 4
"""Frequencies tried in 1 / (days from first to last)."""
AT_ONCE = 1024
PEAKS = 60
"""Frequencies that are looked at closely."""
KIN = 4 / 365.25
"""Frequencies (1 / day) closer than this may be of one body seen from other poles.

The line of sight turns about a pole once a year at most, the light twice as often; both ways.
"""
LEAST_WHOLE = 1e-4
"""Part of what two terms tell if they are not alike, below which they are (chosen)."""
SLOPES = (0.25, 0.35)
"""G1 and G2 before they are fitted."""


@dataclass(frozen=True, kw_only=True)
class Likely:
    """A spin to begin with: frequency of the light (1 / day), pole (degrees).

    `amplitude` is half that of the light (mag) from above the equator, `start` the phase (radians)
    at the time 0, `chi2` that of the linear model.
    """

    frequency: float
    alpha0: float
    delta0: float
    amplitude: float
    start: float
    chi2: float


def poles(number: int = 48) -> Numbers:
    """Places (N, 2), degrees, all over the sky at nearly equal distances: a Fibonacci lattice."""
    i = np.arange(number) + 0.5
    ra = np.degrees(i * np.pi * (3 - np.sqrt(5))) % 360
    return np.stack([ra, np.degrees(np.arcsin(1 - 2 * i / number))], axis=-1)


class Search:
    """The linear model of one body's light, at all poles of a grid.

    Sums over the measurements are products of matrices: those of a pole's terms with the waves of
    the frequencies.
    """

    def __init__(self, seen: Seen) -> None:
        self.time, self.span = seen.time, seen.span
        weight = 1 / seen.error
        one, two, three = seen.basis
        g1, g2 = SLOPES
        plain = -2.5 * np.log10(np.maximum(g1 * one + g2 * two + (1 - g1 - g2) * three, 1e-10))
        of_bands = np.eye(len(seen.bands))[seen.index]
        common = np.column_stack([of_bands, seen.phase_deg / 10, three])
        self.common = np.linalg.qr(common * weight[:, None])[0]
        left = (seen.magnitude - plain) * weight
        self.poles = poles()
        terms, squares, self.left = [], [], np.zeros(len(self.poles))
        for number, pole in enumerate(self.poles):
            z, longitude = seen_from(seen.sight, *pole)
            columns = np.column_stack([self.common, self._bulge(z**2 * weight)])
            rest = left - columns @ (columns.T @ left)
            self.left[number] = rest @ rest
            wave = (1 - z**2) * weight * np.exp(2j * longitude)
            terms.append(np.column_stack([rest, columns]) * wave[:, None])
            squares.append(wave**2)
        self.terms = np.concatenate(terms, axis=1).astype(np.complex64)
        self.squares = np.stack(squares, axis=1).astype(np.complex64)

    def _bulge(self, column: Numbers) -> Numbers:
        """Give what is not common of a column, of length 1; zero where nothing is."""
        rest = column - self.common @ (self.common.T @ column)
        size = np.linalg.norm(rest)
        return rest / size if size > 1e-6 * np.linalg.norm(column) else np.zeros(len(rest))

    def still(self) -> float:
        """Chi squared of the best body that does not spin."""
        return float(self.left.min())

    def solved(self, frequencies: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Chi squared, and the coefficients of cos(2w) and sin(2w), by frequency and pole."""
        turned = np.exp(np.outer(frequencies, -2j * np.pi * self.time)).astype(np.complex64)
        return self._solved(turned)

    def _solved(self, turned: NDArray[np.complex64]) -> tuple[Numbers, Numbers, Numbers]:
        # Columns of a phase w that starts at 0: cos(2w) is the real part of a wave, sin(2w) the
        # imaginary one with its sign changed.
        sums = (turned @ self.terms).reshape(len(turned), len(self.poles), -1)
        a, b = sums[..., 0].real.astype(float), -sums[..., 0].imag.astype(float)
        even, odd = sums[..., 1:].real, -sums[..., 1:].imag
        double = (turned**2 @ self.squares).astype(complex)
        size = np.abs(self.squares).sum(axis=0).astype(float)
        cc = (size + double.real) / 2 - np.sum(even**2, axis=-1)
        ss = (size - double.real) / 2 - np.sum(odd**2, axis=-1)
        cs = -double.imag / 2 - np.sum(even * odd, axis=-1)
        whole = cc * ss - cs**2
        whole = np.where(whole > LEAST_WHOLE * size**2, whole, np.inf)
        cosine, sine = (ss * a - cs * b) / whole, (cc * b - cs * a) / whole
        return self.left - a * cosine - b * sine, cosine, sine

    def peaks(self) -> Numbers:
        """Frequencies at which a pole leaves least of the light, the best first."""
        step = 1 / (PER_PEAK * self.span)
        number = int(np.ceil((2 / SHORTEST - 2 / LONGEST) / step))
        chi2 = np.concatenate(list(self._least(step, number)))[:number]
        inner = (chi2[1:-1] < chi2[:-2]) & (chi2[1:-1] <= chi2[2:])
        at = np.flatnonzero(inner) + 1
        best = at[np.argsort(chi2[at], kind="stable")][:PEAKS]
        return np.asarray(2 / LONGEST + best * step, dtype=float)

    def _least(self, step: float, number: int) -> Iterator[Numbers]:
        """Chi squared at the best pole, of some frequencies after others."""
        turns = -2j * np.pi * self.time
        first = np.exp(np.outer(np.arange(AT_ONCE) * step, turns)).astype(np.complex64)
        for begin in range(0, number, AT_ONCE):
            shift = np.exp((2 / LONGEST + begin * step) * turns).astype(np.complex64)
            yield self._solved(first * shift)[0].min(axis=1)

    def near(self, frequencies: Numbers) -> list[Likely]:
        """The linear model at all of these, the best first; of each pole in each 1 / span one."""
        chi2, cosine, sine = self.solved(frequencies)
        found = [
            Likely(
                frequency=float(frequencies[i]),
                alpha0=float(pole[0]),
                delta0=float(pole[1]),
                amplitude=float(np.hypot(cosine[i, number], sine[i, number])),
                start=float(np.arctan2(-sine[i, number], cosine[i, number]) / 2),
                chi2=float(chi2[i, number]),
            )
            for number, pole in enumerate(self.poles)
            for i in _lowest(frequencies, chi2[:, number], 1 / self.span)
        ]
        return sorted(found, key=lambda one: one.chi2)

    def families(self, number: int, each: int) -> list[Likely]:
        """Spins to begin with: of the best frequencies that are no kin, some poles each."""
        step = 1 / (2 * PER_PEAK * self.span)
        tried = np.unique(np.add.outer(self.peaks(), step * np.arange(-2, 3)))
        chosen: list[tuple[float, list[Likely]]] = []
        for likely in self.near(tried):
            kin = [k for f, k in chosen if abs(likely.frequency - f) < KIN]
            if kin and len(kin[0]) < each and _other(likely, kin[0], self.span):
                kin[0].append(likely)
            elif not kin and len(chosen) < number:
                chosen.append((likely.frequency, [likely]))
        return [one for _, kin in chosen for one in kin]

    def kin(self, frequency: float, number: int) -> list[Likely]:
        """Spins near a frequency: those of other poles, and of more or fewer turns in all."""
        step = 1 / (2 * PER_PEAK * self.span)
        half = int(np.ceil(KIN / step))
        chosen: list[Likely] = []
        for likely in self.near(frequency + step * np.arange(-half, half + 1.0)):
            if len(chosen) < number and _other(likely, chosen, self.span):
                chosen.append(likely)
        return chosen


def _lowest(frequencies: Numbers, chi2: Numbers, width: float) -> NDArray[np.intp]:
    """Places of the least chi squared in each width of frequency."""
    order = np.lexsort((chi2, np.round(frequencies / width)))
    cells = np.round(frequencies[order] / width)
    return order[np.append(True, cells[1:] != cells[:-1])]


def _other(likely: Likely, than: list[Likely], span: float) -> bool:
    here = unit(np.array(likely.alpha0), np.array(likely.delta0))
    return all(
        abs(likely.frequency - one.frequency) > 1.5 / span
        or here @ unit(np.array(one.alpha0), np.array(one.delta0)) < np.cos(np.radians(35))
        for one in than
    )
