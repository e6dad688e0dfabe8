"""Small bodies of the Solar System: main-belt asteroids, known or not.

Their orbits, which are circles, are in `orbits`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.sky.coordinates import OBLIQUITY, ecliptic_latitude
from fink_assets.simulator.sky.designations import designation
from fink_assets.simulator.sky.light import Modelled, band_places, njy, normal_within
from fink_assets.simulator.sky.model import BANDS, Field, Kind
from fink_assets.simulator.sky.orbits import crossing, daily_motion, orbit_through, sun, sunlight

if TYPE_CHECKING:
    from typing import Self

    from fink_assets.simulator.sky.model import Bands, Numbers

STAY_DAYS = 4.0
"""A body is drawn for so many days around the time when it is in the field.

In these it is the same in all nights: two of a field, which is visited every two or three.
"""
WANDERS_DEGREES = 0.25 * STAY_DAYS / 2
"""How far it moves from there: places are drawn in a field that is wider by so much."""
COLOURS = np.array([1.9, 0.25, -0.2, -0.35, -0.4, -0.4])
"""Magnitude by band minus V, between C and S types; chosen."""
DENSITY_AT_23, COUNT_SLOPE = 210.0, 0.27
"""Per square degree of the ecliptic, brighter than R = 23, and dex a magnitude (SKADS: Gladman et
al. 2009, Icarus 202, 104, sec. 8)."""
KNOWN_HALF_MAG, KNOWN_WIDTH_MAG = 21.5, 0.4
"""Half of the bodies of this magnitude have a designation; an assumption."""
LATITUDE_SCALE = 8.0
"""Densities fall as exp(-|latitude| / 8 degrees) from the ecliptic; an assumption that gives a half
after 5.5 degrees, as the inclinations drawn here do."""


class AsteroidLight(Modelled):
    """V = H + 5 log10(r d) - 2.5 log10((1 - G) phi1 + G phi2) + A / 2 sin(4 pi t / P).

    phi_i = exp(-A_i tan(alpha / 2)^B_i) of the angle Sun - body - Earth, A = 3.33, 1.87, B = 0.63,
    1.22, G = 0.15 (Bowell et al. 1989, Asteroids II, 524). r, d: au from Sun and Earth. A body in
    rotation is bright twice a turn. Not seen outside of `STAY_DAYS`.
    """

    def prepare(self, values: Mapping[str, float]) -> None:
        """Axes of the orbit's plane: towards the node, and 90 degrees ahead of it."""
        self.values = values
        node, tilt = (math.radians(values[f"{name}_deg"]) for name in ("node", "inclination"))
        cosine, sine = math.cos(node), math.sin(node)
        self._axes = (
            (cosine, sine, 0.0),
            (-sine * math.cos(tilt), cosine * math.cos(tilt), math.sin(tilt)),
        )

    @classmethod
    def fluxes(cls, sources: Sequence[Self], mjd: Numbers, band: Bands) -> Numbers:
        """Fluxes, all of which are new: no reference has a body that moves."""
        since = mjd - _column(sources, "begin_mjd")
        x, y, z, earth = cls._seen(sources, mjd)
        distance = np.sqrt(x * x + y * y + z * z)
        turn = since * (96 * math.pi / _column(sources, "rotation_hours"))
        magnitude = _column(sources, "rotation_mag") / 2 * np.sin(turn)
        magnitude += _column(sources, "absolute_h_mag") + COLOURS[band_places(band)]
        light = njy(magnitude) * sunlight(_column(sources, "semimajor_axis_au"), distance, earth)
        return np.where((since > 0) & (since < STAY_DAYS), light, 0.0)

    def flux(self, mjd: Numbers, band: Bands) -> Numbers:
        """Flux of this one."""
        return self.fluxes([self], mjd, band)[0]

    @classmethod
    def positions(cls, sources: Sequence[Self], mjd: Numbers) -> tuple[Numbers, Numbers]:
        """Where they are seen from the centre of the Earth."""
        x, y, z, _ = cls._seen(sources, mjd)
        cosine, sine = math.cos(OBLIQUITY), math.sin(OBLIQUITY)
        y, z = y * cosine - z * sine, y * sine + z * cosine
        height = np.arctan2(z, np.sqrt(x * x + y * y))
        return np.degrees(np.arctan2(y, x)) % 360, np.degrees(height)

    def position(self, mjd: Numbers) -> tuple[Numbers, Numbers]:
        """Where this one is seen."""
        ra, dec = self.positions([self], mjd)
        return ra[0], dec[0]

    @classmethod
    def _seen(
        cls, sources: Sequence[Self], mjd: Numbers
    ) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Ecliptic vectors from the Earth, and the Earth's distance from the Sun, in au."""
        axis = _column(sources, "semimajor_axis_au")
        motion = np.radians(daily_motion(axis))
        turned = np.radians(_column(sources, "latitude_argument_deg"))
        turned = turned + motion * (mjd - _column(sources, "epoch_mjd"))
        ahead, beside = axis * np.cos(turned), axis * np.sin(turned)
        longitude, earth = sun(mjd)
        axes = np.array([source._axes for source in sources])
        (px, py, _), (qx, qy, qz) = np.moveaxis(axes, 0, 2)[..., None]
        x = ahead * px + beside * qx + earth * np.cos(longitude)
        y = ahead * py + beside * qy + earth * np.sin(longitude)
        return x, y, beside * qz, earth


class Asteroid(Kind):
    """Main-belt asteroids: what the known and the unknown share.

    Chosen as typical of the belt: semimajor axes 2.65 +- 0.3 au in 2.1 to 3.3, sines of
    inclinations about 0.1; rotation 4 to 20 hours, 0.05 to 0.5 mag. Magnitudes follow SKADS down to
    0.3 mag above the depth.
    """

    days = STAY_DAYS
    known: ClassVar[bool]

    def expected(self, field: Field) -> float:
        """New ones a day: those in the field, over the days they stay, in the wider field."""
        total = _counts(field.depth, self.known)[-1]
        narrow, wide = (_cap(field.radius + more) for more in (0, WANDERS_DEGREES))
        latitude = abs(ecliptic_latitude(field.ra, field.dec))
        return total * math.exp(-latitude / LATITUDE_SCALE) / STAY_DAYS * wide / narrow

    def draw(self, random: np.random.Generator, field: Field, mjd: float) -> AsteroidLight:
        """Draw a body that is near the field in the middle of its stay."""
        wider = Field(ra=field.ra, dec=field.dec, radius=field.radius + WANDERS_DEGREES)
        ra, dec = wider.place(random)
        epoch = mjd + STAY_DAYS / 2
        axis = normal_within(random, 2.65, 0.3, 2.1, 3.3)
        incline = math.asin(min(abs(random.normal(0, 0.13)), 0.6))
        place, distance, earth = crossing(ra, dec, epoch, axis)
        orbit = orbit_through(place, axis, incline, north=random.uniform() < 0.5)
        counts = _counts(field.depth, self.known)
        r = float(np.interp(random.uniform() * counts[-1], counts, _magnitudes(field.depth)))
        v = r - float(COLOURS[BANDS.index("r")])  # in the middle of its stay, but for rotation
        parameters = {
            "begin_mjd": mjd,
            "epoch_mjd": epoch,
            "semimajor_axis_au": axis,
            **orbit,
            "absolute_h_mag": v + 2.5 * math.log10(sunlight(axis, distance, earth)),
            "rotation_hours": 4 * 5 ** random.uniform(),
            "rotation_mag": random.uniform(0.05, 0.5),
        }
        return AsteroidLight(self.name, ra, dec, parameters)


class KnownAsteroid(Asteroid):
    """Asteroids that the Minor Planet Center knows, each with a designation of its own.

    Density: new ones a day; over the 4 days they stay 5 per square degree, the mean of the sky.
    """

    name = "asteroid"
    density = 1.25
    known = True

    def designation(self, field: int, block: int, index: int) -> str:
        """Provisional designation, another one for each body."""
        return designation(field, block, index)


class UnknownAsteroid(Asteroid):
    """Asteroids that nobody has told of yet."""

    name = "asteroid unknown"
    density = 0.0325
    known = False


def _column(sources: Sequence[AsteroidLight], name: str) -> Numbers:
    """Values of a parameter: shape (n, 1)."""
    return np.array([[source.values[name]] for source in sources])


@cache
def _magnitudes(depth: float) -> Numbers:
    return np.linspace(depth - 7, depth - 0.3, 300)


@cache
def _counts(depth: float, known: bool) -> Numbers:
    """Bodies per square degree of the ecliptic brighter than each magnitude."""
    magnitudes = _magnitudes(depth)
    total = DENSITY_AT_23 * 10 ** (COUNT_SLOPE * (magnitudes - 23))
    share = 1 / (1 + np.exp((magnitudes - KNOWN_HALF_MAG) / KNOWN_WIDTH_MAG))
    share = share if known else 1 - share
    steps = np.diff(total) * (share[1:] + share[:-1]) / 2
    return np.concatenate([[0.0], np.cumsum(steps)])


def _cap(radius: float) -> float:
    """Area of a disc on the sphere, but for a factor."""
    return 1 - math.cos(math.radians(radius))
