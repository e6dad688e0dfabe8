"""Two stars: eclipses, contact, and discs of accretion that burst out.

Pulsation and single stars belong to `pulsating` and `stars`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.simulator.sky.coordinates import crowding
from fink_assets.simulator.sky.light import (
    Star,
    magnitude_between,
    mean_magnitudes,
    normal_within,
    star_itself,
)
from fink_assets.simulator.sky.model import Field, Kind
from fink_assets.simulator.sky.noise import uniform_by

if TYPE_CHECKING:
    from fink_assets.simulator.sky.light import Indices
    from fink_assets.simulator.sky.model import Numbers

EPOCH_MJD = 58_000.0
DEPTH_GROWTH = 0.15
"""Stars of the disc: counts grow by so many dex a magnitude of depth; chosen."""


class EclipsingLight(Star):
    """m = mean + d1 G(phase, 0, w1) + d2 G(phase, 1/2, w2) + e cos(4 pi phase).

    Two Gaussians and a cosine, as Mowlavi et al. (2017, A&A 606, A92), e the half amplitude of the
    stars' being stretched. In all bands the same.
    """

    def prepare(self, values: Mapping[str, float]) -> None:
        """Keep numbers."""
        super().prepare(values)
        self._period, self._epoch = values["period_days"], values["epoch_mjd"]

    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """Eclipses and ellipsoids."""
        value = self.values
        phase = (mjd - self._epoch) / self._period
        phase = phase - np.floor(phase + 0.25)  # -1/4 to 3/4: both eclipses are well inside
        first = (phase / value["primary_width"]) ** 2
        second = ((phase - 0.5) / value["secondary_width"]) ** 2
        dips = value["primary_mag"] * np.exp(-first / 2)
        dips += value["secondary_mag"] * np.exp(-second / 2)
        return dips + value["ellipsoidal_mag"] * np.cos(4 * math.pi * phase)


class Eclipsing(Kind):
    """A kind of eclipsing binary: what its subclasses share."""

    slope = 0.2

    def expected(self, field: Field) -> float:
        """Of the disc."""
        deeper = 10 ** (DEPTH_GROWTH * (field.depth - 20.5))
        return self.density * crowding(field.ra, field.dec) * deeper

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Period, depths and widths."""
        raise NotImplementedError

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> EclipsingLight:
        """Draw one whose deepest light is a detection, below the reference."""
        ra, dec = field.place(random)
        own = self.characters(random)
        excursion = own["primary_mag"] + own["ellipsoidal_mag"]
        faint = field.depth + 2.5 * math.log10(1 - 10 ** (-0.4 * excursion))
        mean = magnitude_between(random, faint - 6, faint, self.slope)
        gr = normal_within(random, 0.6, 0.25, 0.1, 1.4)
        colours = (0.7 + gr, gr, 0.4 * gr, 0.2 * gr, 0.1 * gr)
        epoch = EPOCH_MJD + random.uniform() * own["period_days"]
        parameters = {**mean_magnitudes(mean, colours), "epoch_mjd": epoch, **own}
        star = star_itself(ra, dec, parameters)
        return EclipsingLight(self.name, ra, dec, parameters, counterpart=star)


class Detached(Eclipsing):
    """Detached eclipsing binaries (EA).

    Density: with `Contact` 420,000 in 31,000 square degrees, about those of ZTF (Chen et al. 2020,
    ApJS 249, 18, who add 350,000 to those known before); that one in 8 is detached is chosen, and
    so are log P = 0.3 +- 0.3 (P in days) and depths up to 1.2 mag; the longer the period the
    narrower, as R / a falls with P^-2/3.
    """

    name = "eclipsing EA"
    density = 1.6

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Draw one."""
        period = 10 ** normal_within(random, 0.3, 0.3, -0.4, 1.5)
        width = 0.035 * period ** (-2 / 3) * random.uniform(0.7, 1.3)
        first = random.uniform(0.25, 1.2)
        return {
            "period_days": period,
            "primary_mag": first,
            "secondary_mag": first * random.uniform(0.1, 0.9),
            "primary_width": min(max(width, 0.006), 0.05),
            "secondary_width": min(max(width, 0.006), 0.05),
            "ellipsoidal_mag": 0.02 * random.uniform(),
        }


class Contact(Eclipsing):
    """Contact binaries (EW).

    Density: see `Detached`. Periods 0.35 +- 0.08 d, chosen, with the cut-off at 0.22 d (Rucinski
    1992, AJ 103, 960), amplitudes 0.3 to 0.8 mag, chosen.
    """

    name = "eclipsing EW"
    density = 12.0

    def characters(self, random: np.random.Generator) -> dict[str, float]:
        """Draw one."""
        first = random.uniform(0.05, 0.3)
        return {
            "period_days": normal_within(random, 0.35, 0.08, 0.22, 0.8),
            "primary_mag": first,
            "secondary_mag": first * random.uniform(0.6, 1),
            "primary_width": 0.06,
            "secondary_width": 0.06,
            "ellipsoidal_mag": random.uniform(0.12, 0.25),
        }


class OutburstLight(Star):
    """Quiet but for outbursts: in each cycle it rises, stays, and fades linearly in magnitude.

    The k-th begins at epoch + T (k + 0.5 u_k), u_k uniform, so that it comes again after T / 2 to
    3 T / 2. The reference image is of the quiet star.
    """

    def prepare(self, values: Mapping[str, float]) -> None:
        """Tabulate one outburst: times of its corners, share of the amplitude there."""
        super().prepare(values)
        fade = values["amplitude_mag"] * values["fade_days_per_mag"]
        steps = (0.0, values["rise_days"], values["plateau_days"], fade)
        self._corners, self._shares = np.cumsum(steps), np.array([0.0, 1.0, 1.0, 0.0])
        self._seed = int(values["cycle_seed"])

    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """The outburst of this cycle, or what is left of the one before."""
        value = self.values
        period = value["recurrence_days"]
        cycle = np.floor((mjd - value["epoch_mjd"]) / period).astype(np.int64)
        share = np.zeros(len(mjd))
        for number in (cycle, cycle - 1):
            begin = value["epoch_mjd"] + period * (number + 0.5 * uniform_by(self._seed, number))
            share = np.maximum(share, np.interp(mjd - begin, self._corners, self._shares))
        return -value["amplitude_mag"] * share


class DwarfNova(Kind):
    """Dwarf novae.

    Density: some 3000 on the sky in reach of ZTF, an assumption: 6.8e-6 per pc^3 (Canbay et al.
    2023, arXiv:2302.11568) is that many within 0.5 kpc. Amplitudes grow with the time T between
    outbursts (the relation of Kukarkin & Parenago, which Otulakowska-Hypka et al. 2016, MNRAS 460,
    2526, do not find), fading takes the longer the longer the orbit (that of Bailey). The
    coefficients are chosen: 0.70 + 1.90 log T +- 0.4 mag; 0.53 P^0.84 days a magnitude, P in hours.
    An outburst lasts less than half of T.
    """

    name = "dwarf nova"
    density = 0.08

    def expected(self, field: Field) -> float:
        """Of the disc, near: half as concentrated to the plane as its stars."""
        deeper = 10 ** (DEPTH_GROWTH * (field.depth - 20.5))
        return self.density * (0.5 + 0.5 * crowding(field.ra, field.dec)) * deeper

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> OutburstLight:
        """Draw one whose outbursts are detected; it may be invisible between them."""
        ra, dec = field.place(random)
        log = random.uniform(1.1, 2.6)
        amplitude = min(max(0.70 + 1.90 * log + random.normal(0, 0.4), 1.5), 7.0)
        brightest = magnitude_between(random, field.depth - 6, field.depth - 0.5, 0.2)
        hours = random.uniform(1.3, 2.0) if random.uniform() < 0.6 else random.uniform(3.0, 7.0)
        room = 10**log / 2 - 2.5
        fade = min(0.53 * hours**0.84, 0.6 * room / amplitude)
        parameters = {
            **mean_magnitudes(brightest + amplitude, (0.1, 0.15, 0.15, 0.1, 0.1)),
            "epoch_mjd": EPOCH_MJD + random.uniform() * 10**log,
            "recurrence_days": 10**log,
            "amplitude_mag": amplitude,
            "rise_days": random.uniform(0.5, 1.5),
            "plateau_days": random.uniform(0.1, 0.4) * room,
            "fade_days_per_mag": fade,
            "orbit_hours": hours,
            "cycle_seed": float(random.integers(2**32)),
        }
        star = star_itself(ra, dec, parameters)
        return OutburstLight(self.name, ra, dec, parameters, counterpart=star)
