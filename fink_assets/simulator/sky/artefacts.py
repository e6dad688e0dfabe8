"""What is not in the sky: bad subtractions, saturated stars, spikes of bright ones.

What a survey's packets tell of them (`rb`, `nbad`, `pixelFlags_*`, `reliability`) belongs to the
packets, which map it from `FLAGS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.simulator.sky.coordinates import crowding
from fink_assets.simulator.sky.light import Modelled, magnitude_between, njy
from fink_assets.simulator.sky.model import BANDS, Counterpart, Field, Kind
from fink_assets.simulator.sky.noise import uniform_of

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Bands, Numbers

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "real_bogus": "score of a classifier of images, 0 (artefact) to 1 (real); what is in the "
        "sky has none here and should get a high one",
        "saturated_pixels": "number of saturated pixels in the footprint",
        "bad_pixels": "number of bad pixels (hot, dead, masked) in the footprint",
        "cosmic_ray": "true where a cosmic ray was found in the footprint",
        "dipole": "true where a positive and a negative lobe lie side by side: bad registration",
        "edge": "true where the footprint is cut by the edge of the detector",
        "bright_star_distance_arcsec": "distance to the bright star that made it; 999 for none",
        "bright_star_mag": "r magnitude of that star; 99 for none",
        "width_ratio": "width (FWHM) of the detection relative to the seeing: below 1 is too sharp",
    }
)
"""Quantities in `Source.flags` of every artefact."""

SLOT_DAYS = 1e-3
"""An artefact comes anew, or not, in each 86.4 seconds: no two exposures of a field share one."""
_CLEAN: Mapping[str, float | bool | str] = MappingProxyType(
    {
        "saturated_pixels": 0.0,
        "bad_pixels": 0.0,
        "cosmic_ray": False,
        "dipole": False,
        "edge": False,
        "bright_star_distance_arcsec": 999.0,
        "bright_star_mag": 99.0,
        "width_ratio": 1.0,
    }
)


class ArtefactLight(Modelled):
    """In some slots of time, at random, a flux between a half and twice a mean; otherwise none.

    The same in all bands; negative with probability `negative_share`.
    """

    def prepare(self, values: Mapping[str, float]) -> None:
        """Keep numbers."""
        self.values = values
        self._seed, self._begin = int(values["slot_seed"]), values.get("begin_mjd")
        star = self.counterpart
        self._reference = {b: float(njy(m)) for b, m in star.magnitudes.items()} if star else {}

    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux where it comes."""
        value = self.values
        light, now = np.zeros(len(mjd)), np.arange(len(mjd))
        if self._begin is not None:
            now = np.flatnonzero((mjd > self._begin) & (mjd < self._begin + Bogus.days))
        slot = np.floor(mjd[now] / SLOT_DAYS).astype(np.int64)
        comes = uniform_of(self._seed, slot) < value["chance"]
        size, sign = (uniform_of(self._seed, slot[comes], stream) for stream in (1, 2))
        size = njy(value["mean_mag"]) * 4.0 ** (size - 0.5)
        light[now[comes]] = np.where(sign < value["negative_share"], -size, size)
        return light

    def reference(self, band: str) -> float:
        """Light of the star that made it, if it is there."""
        at_star = float(self.flags.get("bright_star_distance_arcsec", 999.0)) < 1
        return self._reference.get(band, 0.0) if at_star else 0.0


class Bogus(Kind):
    """Bad subtractions, cosmic rays, hot pixels, for one day at a place.

    Density: assumed such that a visit of ZTF brings about one artefact per square degree. Scores
    follow a beta distribution (1.3, 5): 12% are above 0.4.
    """

    name = "artefact bogus"
    density = 1.5
    days = 1.0

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> ArtefactLight:
        """Draw one of five causes."""
        ra, dec = field.place(random)
        cause = ("dipole", "cosmic_ray", "bad_pixels", "edge", "none")[random.integers(5)]
        parameters: dict[str, float | str] = {
            "begin_mjd": mjd,
            "mean_mag": magnitude_between(random, field.depth - 4, field.depth - 0.8, 0.4),
            "chance": 0.5,
            "negative_share": 0.5 if cause == "dipole" else 0.0,
            "slot_seed": float(random.integers(2**32)),
            "cause": cause,
        }
        flags = {**_CLEAN, "real_bogus": random.beta(1.3, 5)}
        if cause == "bad_pixels":
            flags["bad_pixels"] = float(random.integers(1, 12))
        elif cause != "none":
            flags[cause] = True
        flags["width_ratio"] = random.uniform(0.3, 0.7) if cause == "cosmic_ray" else 1.2
        return ArtefactLight(self.name, ra, dec, parameters, flags=flags)


class OfBrightStar(Kind):
    """Artefacts of a bright star: what subclasses share."""

    def expected(self, field: Field) -> float:
        """As stars of the disc, half as concentrated since they are near."""
        return self.density * (0.5 + 0.5 * crowding(field.ra, field.dec))

    def _draw(
        self,
        random: np.random.Generator,
        field: Field,
        distance: float,
        own: Mapping[str, float],
        flags: Mapping[str, float | bool | str],
    ) -> ArtefactLight:
        """Draw star and artefact at some arc seconds from it, with its own parameters and flags."""
        ra, dec = field.place(random)
        star_mag = magnitude_between(random, field.depth - 13, field.depth - 8, 0.3)
        colours = zip(BANDS, (2.0, 0.6, 0.0, -0.2, -0.3, -0.3), strict=True)
        magnitudes = {band: star_mag + colour for band, colour in colours}
        south = max(-90.0, dec - distance / 3600)
        star = Counterpart(kind="star", ra=ra, dec=south, magnitudes=magnitudes)
        known = {"bright_star_distance_arcsec": distance, "bright_star_mag": star_mag}
        parameters = {**own, "slot_seed": float(random.integers(2**32)), **known}
        every = {**_CLEAN, **known, **flags}
        return ArtefactLight(self.name, ra, dec, parameters, counterpart=star, flags=every)


class Saturated(OfBrightStar):
    """Residuals of stars that saturate: 8 to 13 mag above the depth.

    Density: 1 that is ever told per square degree, an assumption.
    """

    name = "artefact saturated"
    density = 1.0

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> ArtefactLight:
        """Draw one, at the star."""
        mean = magnitude_between(random, field.depth - 6, field.depth - 1, 0.1)
        own = {"mean_mag": mean, "chance": 0.2, "negative_share": 0.5}
        flags = {
            "real_bogus": random.beta(2, 3),
            "saturated_pixels": float(random.integers(4, 60)),
            "dipole": bool(random.uniform() < 0.3),
        }
        return self._draw(random, field, random.uniform(0, 0.8), own, flags)


class Spike(OfBrightStar):
    """Spikes and ghosts 5 to 30 arc seconds from a star that saturates.

    Density: 1 that is ever told per square degree, an assumption.
    """

    name = "artefact bright star"
    density = 1.0

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> ArtefactLight:
        """Draw one, beside the star."""
        mean = magnitude_between(random, field.depth - 4, field.depth - 0.8, 0.3)
        own = {"mean_mag": mean, "chance": 0.1, "negative_share": 0.2}
        flags = {"real_bogus": random.beta(2, 4), "width_ratio": random.uniform(1.2, 2.5)}
        return self._draw(random, field, random.uniform(5, 30), own, flags)
