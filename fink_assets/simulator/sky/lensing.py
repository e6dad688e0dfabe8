"""Microlensing: a star that is magnified while another passes in front.

One point lens, one point source; planets, parallax and finite sources are not here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.simulator.sky.coordinates import crowding
from fink_assets.simulator.sky.light import (
    Star,
    band_places,
    magnitude_between,
    mean_magnitudes,
    normal_within,
    star_itself,
)
from fink_assets.simulator.sky.model import Field, Kind

if TYPE_CHECKING:
    from fink_assets.simulator.sky.light import Indices
    from fink_assets.simulator.sky.model import Bands, Numbers

BEFORE_PEAK = 4.0
"""An event begins and ends so many Einstein times from its peak: the magnification is 1.006."""
LONGEST_EINSTEIN_DAYS = 150.0


class LensedLight(Star):
    """f (A - 1), A = (u^2 + 2) / (u sqrt(u^2 + 4)), u^2 = u0^2 + ((t - t0) / tE)^2.

    Paczynski (1986, ApJ 304, 1, eqs. 5 and 11). f is the share of the mean light that is lensed:
    the rest is blended light.
    """

    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux above the quiet star; in all bands magnified alike."""
        value = self.values
        turn = (mjd - value["peak_mjd"]) / value["einstein_days"]
        square = turn**2 + value["u0"] ** 2
        more = (square + 2) / np.sqrt(square * (square + 4)) - 1
        lensed = self.means[band_places(band)] * value["lensed_share"]
        return lensed * np.where((mjd > value["begin_mjd"]) & (turn < BEFORE_PEAK), more, 0.0)

    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """Blended light does not change as a whole."""
        raise NotImplementedError


class Microlensing(Kind):
    """Events of a point source and a point lens (PSPL).

    Density: ten times what ZTF told (Rodriguez et al. 2022, ApJ 927, 150: 60 in three years), since
    it tells the best, in the disc; in the plane that is as many as OGLE's 630 in 3000 square
    degrees and six years (Mroz et al. 2020, arXiv:2004.07289). u0 uniform up to 1; tE = 60 d, as
    both find in the disc, with a spread of 0.25 dex, chosen, at most 150 d.
    """

    name = "microlensing"
    density = 2e-5
    days = 2 * BEFORE_PEAK * LONGEST_EINSTEIN_DAYS

    def expected(self, field: Field) -> float:
        """Of the disc, as pairs of stars: 0.3 dex a magnitude of depth."""
        deeper = 10 ** (0.3 * (field.depth - 20.5))
        return self.density * crowding(field.ra, field.dec) * deeper

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> LensedLight:
        """Draw an event that is detected at its peak."""
        ra, dec = field.place(random)
        u0 = random.uniform(0.01, 1)
        share = random.uniform(0.3, 1)
        einstein = 10 ** normal_within(random, 1.78, 0.25, 0.8, math.log10(LONGEST_EINSTEIN_DAYS))
        peak = (u0**2 + 2) / (u0 * math.sqrt(u0**2 + 4)) - 1
        faint = field.depth - 0.5 + 2.5 * math.log10(share * peak)
        r = magnitude_between(random, field.depth - 6, min(faint, field.depth + 2), 0.2)
        gr = normal_within(random, 0.8, 0.25, 0.2, 1.5)
        parameters = {
            **mean_magnitudes(r, (0.8 + gr, gr, 0.4 * gr, 0.2 * gr, 0.1 * gr)),
            "begin_mjd": mjd,
            "peak_mjd": mjd + BEFORE_PEAK * einstein,
            "einstein_days": einstein,
            "u0": u0,
            "lensed_share": share,
        }
        star = star_itself(ra, dec, parameters)
        return LensedLight(self.name, ra, dec, parameters, counterpart=star)
