"""Single stars that are restless: flares of M dwarfs, young stars.

What repeats belongs to `pulsating`, pairs to `binaries`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.simulator.sky.coordinates import EXTINCTION, crowding
from fink_assets.simulator.sky.explosions import body_spectrum
from fink_assets.simulator.sky.light import (
    WAVELENGTHS,
    Star,
    band_places,
    faintest,
    magnitude_between,
    mean_magnitudes,
    njy,
    normal_within,
    star_itself,
)
from fink_assets.simulator.sky.model import BANDS, Field, Kind
from fink_assets.simulator.sky.noise import Walking, uniform_by

if TYPE_CHECKING:
    from typing import Self

    from fink_assets.simulator.sky.light import Indices
    from fink_assets.simulator.sky.model import Bands, Numbers

FLARE_DAYS = 0.5
_RISE = (-1.125, -2.246, -0.175, 1.941, 1.0)
_HOT = body_spectrum(np.array([10_000.0]), WAVELENGTHS)[:, 0]
FLARE_COLOURS = _HOT / _HOT[BANDS.index("g")]
"""Flux of a body of 10,000 K relative to g (about Hawley et al. 2003, ApJ 597, 535)."""


class FlareLight(Star):
    """One flare: a polynomial up, two exponentials down, time in units of the width at half height.

    1 + 1.941 x - 0.175 x^2 - 2.246 x^3 - 1.125 x^4 for -1 < x < 0, then 0.6890 exp(-1.600 x) +
    0.3030 exp(-0.2783 x) (Davenport et al. 2014, ApJ 797, 122, eqs. 1 and 4); x is 0 one width
    after the begin.
    """

    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux above the quiet star."""
        value, since = self.values, mjd - self.values["begin_mjd"]
        light = np.zeros(len(mjd))
        now = np.flatnonzero((since > 0) & (since < FLARE_DAYS))
        x = since[now] / value["width_days"] - 1
        after = np.clip(x, 0, 300)
        fall = 0.6890 * np.exp(-1.600 * after) + 0.3030 * np.exp(-0.2783 * after)
        shape = np.where(x < 0, np.polyval(_RISE, np.clip(x, -1, 0)), fall)
        light[now] = njy(value["peak_g_mag"]) * FLARE_COLOURS[band_places(band[now])] * shape
        return light

    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """A flare adds flux, whatever the star."""
        raise NotImplementedError


class Flare(Kind):
    """Flares of M dwarfs, each of another star.

    Density: an assumption, one in sixty of the 1.3 per square degree and hour that reach 0.7 mag in
    u (Kowalski et al. 2009, AJ 138, 633), since the bluest band shows many more. Peaks in g: counts
    grow by 0.4 dex a magnitude down to the depth, as of energies N(>E) ~ E^-1; widths 2 to 30
    minutes. Colours of an M4 dwarf. Slopes, widths and colours are chosen.
    """

    name = "M-dwarf flare"
    density = 0.5
    days = FLARE_DAYS

    def expected(self, field: Field) -> float:
        """Near stars: deeper by 0.3 dex a magnitude, everywhere the same."""
        return self.density * 10 ** (0.3 * (field.depth - 20.5))

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> FlareLight:
        """Draw a flare, and the star, 1 mag brighter than that to 2.5 mag fainter in g."""
        ra, dec = field.place(random)
        peak = magnitude_between(random, field.depth - 5, field.depth - 0.3, 0.4)
        quiet_g = peak + random.uniform(-1, 2.5)
        minutes = 2 * 15 ** random.uniform()
        parameters = {
            **mean_magnitudes(quiet_g - 1.5, (2.6, 1.5, 1.4, 0.7, 0.4)),
            "begin_mjd": mjd,
            "peak_g_mag": peak,
            "width_days": minutes / 1440,
        }
        star = star_itself(ra, dec, parameters)
        return FlareLight(self.name, ra, dec, parameters, counterpart=star)


class YoungLight(Walking):
    """A damped random walk, and dips that come with the rotation, each of another depth.

    The k-th dip: depth d (0.3 + 0.7 u_k), Gaussian of width w in phase; reddened as by dust with
    A_band / A_r. The walk is that of accretion: bluer as 0.622 / wavelength.
    """

    step_days = 0.5

    def prepare(self, values: Mapping[str, float]) -> None:
        """Keep what differs by band."""
        super().prepare(values)
        r = BANDS.index("r")
        self.spreads = values["walk_r_mag"] * WAVELENGTHS[r] / WAVELENGTHS
        self._depths = values["dip_r_mag"] * EXTINCTION / EXTINCTION[r]

    @classmethod
    def changes(cls, sources: Sequence[Self], mjd: Numbers, places: Indices) -> Numbers:
        """Walks and dips."""
        dips = np.array([source.dips(mjd, places) for source in sources])
        return super().changes(sources, mjd, places) + dips

    def dips(self, mjd: Numbers, places: Indices) -> Numbers:
        """Magnitudes that dust takes."""
        value = self.values
        turns = (mjd - value["epoch_mjd"]) / value["rotation_days"]
        number = np.floor(turns + 0.5)
        depth = 0.3 + 0.7 * uniform_by(int(value["walk_seed"]), number.astype(np.int64))
        dip = depth * np.exp(-(((turns - number) / value["dip_width"]) ** 2) / 2)
        return self._depths[places] * dip


class YoungStar(Kind):
    """Young stellar objects.

    Density: some 5,000 variable ones in reach, an assumption, in the disc. All numbers are chosen:
    walks of 0.1 to 0.4 mag with tau of 5 to 50 days; a third has dips of up to 1 mag with rotation
    of 3 to 12 days, as AA Tauri (classes of Cody et al. 2014, AJ 147, 82).
    """

    name = "YSO"
    density = 0.12

    def expected(self, field: Field) -> float:
        """Of the disc; 0.15 dex a magnitude of depth."""
        deeper = 10 ** (0.15 * (field.depth - 20.5))
        return self.density * crowding(field.ra, field.dec) * deeper

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> YoungLight:
        """Draw one."""
        ra, dec = field.place(random)
        walk, dipper = random.uniform(0.1, 0.4), random.uniform() < 1 / 3
        faint = faintest(field.depth, 2 * walk)
        rotation = random.uniform(3, 12)
        red = normal_within(random, 1.2, 0.2, 0.7, 1.8)
        colours = (1.0, red, 0.7 * red, 0.4 * red, 0.3 * red)
        parameters = {
            **mean_magnitudes(magnitude_between(random, faint - 5, faint, 0.2), colours),
            "walk_r_mag": walk,
            "tau_days": 5 * 10 ** random.uniform(),
            "walk_seed": float(random.integers(2**32)),
            "dip_r_mag": random.uniform(0.2, 1.0) if dipper else 0.0,
            "dip_width": random.uniform(0.04, 0.1),
            "rotation_days": rotation,
            "epoch_mjd": 58_000.0 + random.uniform() * rotation,
        }
        star = star_itself(ra, dec, parameters)
        return YoungLight(self.name, ra, dec, parameters, counterpart=star)
