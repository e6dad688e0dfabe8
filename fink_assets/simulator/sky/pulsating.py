"""Stars that pulsate: RR Lyrae, Cepheids, Miras.

Their light is a Fourier series of the phase; it repeats exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.sky.coordinates import crowding
from fink_assets.simulator.sky.light import (
    Star,
    faintest,
    magnitude_between,
    mean_magnitudes,
    normal_within,
    star_itself,
)
from fink_assets.simulator.sky.model import Field, Kind

if TYPE_CHECKING:
    from fink_assets.simulator.sky.light import Indices
    from fink_assets.simulator.sky.model import Numbers

TURN = 2 * math.pi
EPOCH_MJD = 58_000.0
"""Light is at phase 0 within one period after it."""
_PHASES = np.arange(256) / 256
HARMONICS = (2, 3, 4)


class PulsatingLight(Star):
    """m - mean = A_band / span * sum of R_k1 cos(2 pi k phase + phi_k1), k = 1 to 4, phi_11 = 0.

    Simon & Lee (1981, ApJ 248, 291): R_k1 = A_k / A_1, phi_k1 = phi_k - k phi_1. `span` is that of
    the sum, so that A_band is the full amplitude; by band it is that in g times `amplitude_ratios`.
    """

    amplitude_ratios: ClassVar[tuple[float, ...]]
    """By band, ugrizy, relative to g."""

    def prepare(self, values: Mapping[str, float]) -> None:
        """Tabulate the series by phase."""
        super().prepare(values)
        series = np.cos(TURN * _PHASES)
        for k in HARMONICS:
            ratio, turn = values.get(f"r{k}1", 0.0), values.get(f"phi{k}1_rad", 0.0)
            series = series + ratio * np.cos(TURN * k * _PHASES + turn) if ratio else series
        self._shape = series / np.ptp(series)
        self._shape = np.append(self._shape, self._shape[0])
        self._amplitudes = values["amplitude_g_mag"] * np.array(self.amplitude_ratios)

    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """The series at the phases of those times, linear between its 256 nodes."""
        phase = (mjd - self.values["epoch_mjd"]) / self.values["period_days"]
        place = (phase - np.floor(phase)) * len(_PHASES)
        node = np.minimum(place.astype(np.intp), len(_PHASES) - 1)
        low = self._shape[node]
        return self._amplitudes[places] * (low + (place - node) * (self._shape[node + 1] - low))


class Pulsating(Kind):
    """A kind of pulsating star."""

    source: ClassVar[type[PulsatingLight]]
    colours: ClassVar[tuple[float, ...]]
    """Mean u-g, g-r, r-i, i-z, z-y."""
    slope: ClassVar[float]
    """Counts grow by so many dex a magnitude."""

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Period, amplitude and shape."""
        raise NotImplementedError

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> PulsatingLight:
        """Draw a star bright enough for half of its amplitude to be a detection."""
        ra, dec = field.place(random)
        own = self.characters(random)
        faint = faintest(field.depth, own["amplitude_g_mag"] / 2)
        mean = magnitude_between(random, field.depth - 7, max(faint, field.depth - 6), self.slope)
        epoch = EPOCH_MJD + random.uniform() * own["period_days"]
        parameters = {**mean_magnitudes(mean, self.colours), "epoch_mjd": epoch, **own}
        star = star_itself(ra, dec, parameters)
        return self.source(self.name, ra, dec, parameters, counterpart=star)


class RRLyraeLight(PulsatingLight):
    """Amplitudes by band fall towards the red; the ratios are chosen."""

    amplitude_ratios = (0.96, 1.0, 0.71, 0.57, 0.52, 0.50)


class RRLyrae(Pulsating):
    """RR Lyrae stars, three quarters of type ab.

    Density: 71,755 north of -28 degrees (Huang & Koposov 2022, MNRAS 510, 3575), everywhere the
    same: most are of the halo, which ends before LSST's depth, so that depth adds none. Periods
    0.58 +- 0.07 d (ab) and 0.32 +- 0.04 d (c), 1.2 A_V in g. ab: A_V = -2.627 - 22.046 log P -
    30.876 log^2 P +- 0.1, in the form that Cacciari, Corwin & Carney (2005, AJ 129, 267) give for
    M3: 1.0 mag at 0.55 d; c: A_V = 0.45 +- 0.08, nearly a sine. All these numbers, Fourier terms
    and colours are chosen, as typical.
    """

    name = "RR Lyrae"
    density = 2.4
    source = RRLyraeLight
    colours = (1.15, 0.2, 0.05, 0.0, 0.0)
    slope = 0.1

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Draw one of either type."""
        if random.uniform() < 0.25:
            visual = normal_within(random, 0.45, 0.08, 0.2, 0.7)
            period = normal_within(random, 0.32, 0.04, 0.22, 0.43)
            shape = {"r21": 0.15, "r31": 0.07, "r41": 0.0, "phi21_rad": 4.7, "phi31_rad": 3.0}
            return {"period_days": period, "amplitude_g_mag": 1.2 * visual, **shape}
        period = normal_within(random, 0.58, 0.07, 0.43, 0.8)
        log = math.log10(period)
        visual = -2.627 - 22.046 * log - 30.876 * log**2 + random.normal(0, 0.1)
        return {
            "period_days": period,
            "amplitude_g_mag": 1.2 * min(max(visual, 0.25), 1.4),
            "r21": normal_within(random, 0.47, 0.03, 0.35, 0.55),
            "r31": normal_within(random, 0.34, 0.03, 0.2, 0.42),
            "r41": normal_within(random, 0.22, 0.03, 0.1, 0.3),
            "phi21_rad": normal_within(random, 3.9, 0.1, 3.6, 4.2),
            "phi31_rad": normal_within(random, 1.9, 0.2, 1.4, 2.4),
            "phi41_rad": normal_within(random, 6.1, 0.3, 5.4, 6.8),
        }


class CepheidLight(PulsatingLight):
    """Amplitudes by band fall towards the red; the ratios are chosen."""

    amplitude_ratios = (1.45, 1.0, 0.69, 0.54, 0.48, 0.45)


class Cepheid(Pulsating):
    """Classical Cepheids.

    Density: 3,425 known in the whole Galaxy (Skowron et al. 2024, arXiv:2406.09113), in the disc.
    Chosen: log P = 0.75 +- 0.25; amplitudes 0.9 +- 0.2 mag in g; Fourier terms, which beyond 10 d
    are those of the other side of the resonance.
    """

    name = "Cepheid"
    density = 0.08
    source = CepheidLight
    colours = (1.4, 0.8, 0.3, 0.15, 0.05)
    slope = 0.05

    def expected(self, field: Field) -> float:
        """Of the disc; depth adds none."""
        return self.density * crowding(field.ra, field.dec)

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Draw one on either side of the resonance."""
        log = normal_within(random, 0.75, 0.25, 0.3, 1.8)
        long = log > 1
        return {
            "period_days": 10**log,
            "amplitude_g_mag": normal_within(random, 0.9, 0.2, 0.4, 1.6),
            "r21": normal_within(random, 0.35 if long else 0.45, 0.04, 0.2, 0.6),
            "r31": normal_within(random, 0.18 if long else 0.2, 0.03, 0.05, 0.3),
            "phi21_rad": normal_within(random, 5.0 if long else 4.2, 0.15, 3.5, 5.8),
            "phi31_rad": normal_within(random, 3.2 if long else 2.2, 0.2, 1, 4.5),
        }


class MiraLight(PulsatingLight):
    """Amplitudes by band fall towards the red; the ratios are chosen."""

    amplitude_ratios = (1.0, 1.0, 0.85, 0.55, 0.42, 0.36)


class Mira(Pulsating):
    """Miras.

    Density: 65,981 of the disc and bulge in OGLE (Iwanek et al. 2023, arXiv:2212.00035), half of
    them too bright or too crowded elsewhere, an assumption. Periods 300 +- 90 d, chosen, amplitudes
    above 2.5 mag in V (Samus et al. 2017, GCVS), light rising faster than it falls.
    """

    name = "Mira"
    density = 0.8
    source = MiraLight
    colours = (1.5, 1.8, 1.6, 0.8, 0.5)
    slope = 0.05

    def expected(self, field: Field) -> float:
        """Of the disc; depth adds none."""
        return self.density * crowding(field.ra, field.dec)

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Draw one."""
        return {
            "period_days": normal_within(random, 300, 90, 100, 700),
            "amplitude_g_mag": normal_within(random, 4.5, 1.0, 2.5, 7),
            "r21": normal_within(random, 0.12, 0.05, 0, 0.25),
            "phi21_rad": normal_within(random, 4.7, 0.3, 3.9, 5.5),
        }
