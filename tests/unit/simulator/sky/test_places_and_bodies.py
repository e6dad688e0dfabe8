"""Coordinates, asteroids, artefacts: against astropy and against what they state."""

import math

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import GeocentricMeanEcliptic, SkyCoord, get_sun
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.simulator.sky import coordinates
from fink_assets.simulator.sky.artefacts import Bogus, Saturated, Spike
from fink_assets.simulator.sky.model import BANDS, Field
from fink_assets.simulator.sky.moving import STAY_DAYS, KnownAsteroid, UnknownAsteroid
from fink_assets.simulator.sky.orbits import crossing, daily_motion, orbit_through, sun, sunlight

POSITIONS = [(0.0, 0.0), (83.6, 22.0), (192.9, 27.1), (266.4, -28.9), (310.0, -75.0)]
OPPOSITION = Field(ra=180.0, dec=0.0, radius=1.0)  # at the equinox of March
EQUINOX = 61_119.6  # 2026-03-20


def test_latitudes_are_those_of_astropy():
    for ra, dec in POSITIONS:
        place = SkyCoord(ra, dec, unit="deg")
        sine = coordinates.galactic_latitude_sine(ra, dec)
        assert math.degrees(math.asin(sine)) == pytest.approx(place.galactic.b.deg, abs=1e-3)
        expected = place.transform_to(GeocentricMeanEcliptic(equinox="J2000")).lat.deg
        assert coordinates.ecliptic_latitude(ra, dec) == pytest.approx(expected, abs=0.01)


def test_crowding_has_mean_one_over_the_sky_and_two_thirds_in_the_plane():
    random = np.random.default_rng(2)
    sines, ras = random.uniform(-1, 1, 40_000), random.uniform(0, 360, 40_000)
    decs = np.degrees(np.arcsin(sines))
    found = np.array([coordinates.crowding(r, d) for r, d in zip(ras, decs, strict=True)])
    height = np.array(
        [coordinates.galactic_latitude_sine(r, d) for r, d in zip(ras, decs, strict=True)]
    )
    assert found.mean() == pytest.approx(1, rel=0.05)
    plane = np.abs(height) < math.sin(math.radians(10))
    assert found[plane].sum() / found.sum() == pytest.approx(0.64, abs=0.03)


def test_reddening_is_least_at_the_poles_and_bounded():
    assert coordinates.reddening(*coordinates.GALACTIC_POLE) == pytest.approx(0.02)
    assert coordinates.reddening(266.4, -28.9) == 0.5


@given(st.floats(51_544, 61_000))
def test_the_sun_is_where_astropy_has_it(mjd):
    longitude, distance = sun(mjd)
    true = get_sun(Time(mjd, format="mjd"))
    seen = true.transform_to(GeocentricMeanEcliptic(equinox=Time(mjd, format="mjd")))
    apart = (math.degrees(longitude) - seen.lon.deg + 180) % 360 - 180
    assert abs(apart) < 0.03
    assert distance == pytest.approx(true.distance.to_value(units.au), abs=3e-4)


@given(
    ra=st.floats(0, 360),
    dec=st.floats(-80, 80),
    mjd=st.floats(58_000, 65_000),
    axis=st.floats(2.1, 3.3),
    incline=st.floats(0, 0.6),
    north=st.booleans(),
)
def test_an_orbit_through_a_place_goes_through_it_and_on_towards_the_side_given(
    ra, dec, mjd, axis, incline, north
):
    (x, y, z), _, _ = crossing(ra, dec, mjd, axis)
    found = orbit_through((x, y, z), axis, incline, north=north)
    node, tilt, u = (
        math.radians(found[f"{name}_deg"]) for name in ("node", "inclination", "latitude_argument")
    )
    flat = axis * math.sin(u) * math.cos(tilt)
    again = (
        axis * math.cos(u) * math.cos(node) - flat * math.sin(node),
        axis * math.cos(u) * math.sin(node) + flat * math.cos(node),
        axis * math.sin(u) * math.sin(tilt),
    )
    assert again == pytest.approx((x, y, z), abs=1e-5)
    assert tilt >= incline
    towards = math.cos(u) * math.sin(tilt)
    assert towards >= -1e-3 if north else towards <= 1e-3


def bodies(kind, number=100, field=OPPOSITION):
    begin = EQUINOX - STAY_DAYS / 2
    return [kind.draw(np.random.default_rng(n), field, begin) for n in range(number)]


def test_a_body_is_at_its_place_in_the_middle_of_its_stay():
    for body in bodies(KnownAsteroid()):
        ra, dec = body.position(np.array([EQUINOX]))
        assert dec[0] == pytest.approx(body.dec, abs=1e-4)
        assert (ra[0] - body.ra + 180) % 360 - 180 == pytest.approx(0, abs=1e-4)


def test_bodies_in_opposition_go_backwards_a_quarter_of_a_degree_a_day():
    """(a^-1/2 cos i - 1) / (a - 1) of the Earth's motion: -0.23 at 2.7 au in the ecliptic."""
    for body in bodies(KnownAsteroid()):
        ra, dec = body.position(EQUINOX + np.array([-0.5, 0.5]))
        along = np.diff(ra)[0] * math.cos(math.radians(dec[0])) * math.cos(coordinates.OBLIQUITY)
        along += np.diff(dec)[0] * -math.sin(coordinates.OBLIQUITY)
        axis = body.parameters["semimajor_axis_au"]
        tilt = math.radians(body.parameters["inclination_deg"])
        expected = (axis**-0.5 * math.cos(tilt) - 1) / (axis - 1) * 0.9856
        assert along == pytest.approx(expected, rel=0.05)


def test_the_motion_around_the_sun_is_keplers():
    assert 360 / daily_motion(1.0) == pytest.approx(365.2569, abs=1e-3)
    assert 360 / daily_motion(2.5) == pytest.approx(365.2569 * 2.5**1.5, rel=1e-6)


def test_a_full_body_is_as_bright_as_its_distances_say():
    assert sunlight(2.5, 1.5, 1.0) == pytest.approx((2.5 * 1.5) ** -2, rel=0.01)


def test_light_fades_with_phase_as_bowell_says():
    """G = 0.15: 0.25 phi_2 ... 1.0 mag at 20 degrees and 0.52 at 8 (Bowell et al. 1989)."""
    distances = np.linspace(1.51, 2.2, 500)
    cosine = (2.5**2 + distances**2 - 1) / (5 * distances)
    phase = np.degrees(np.arccos(cosine))
    dim = -2.5 * np.log10(sunlight(2.5, distances, 1.0) * (2.5 * distances) ** 2)
    assert np.interp(8, phase, dim) == pytest.approx(0.55, abs=0.06)
    assert np.interp(20, phase, dim) == pytest.approx(1.0, abs=0.08)


def test_magnitudes_of_bodies_grow_in_number_and_stay_above_the_depth():
    found = []
    for body in bodies(KnownAsteroid(), 400):
        still = type(body)(body.kind, 0, 0, {**body.parameters, "rotation_mag": 0.0})
        light = still.flux(np.array([EQUINOX]), np.array(["r"]))[0]
        found.append(31.4 - 2.5 * math.log10(light))
    assert max(found) < OPPOSITION.depth - 0.29
    faint, bright = (np.sum((np.array(found) // 1) == m) for m in (19, 18))
    assert faint / bright == pytest.approx(10**0.27, rel=0.5)


def test_a_body_turns_twice_as_fast_in_light_as_in_space():
    body = bodies(KnownAsteroid(), 1)[0]
    hours = body.parameters["rotation_hours"]
    times = EQUINOX + np.linspace(0, 1, 5000)
    found = np.log(body.flux(times, np.full(5000, "r")))
    found -= np.polyval(np.polyfit(times - EQUINOX, found, 1), times - EQUINOX)
    ups = np.sum((found[1:] > 0) & (found[:-1] <= 0))
    assert ups == pytest.approx(2 * 24 / hours, abs=1.5)


def test_most_bright_bodies_are_known():
    bright, deep = (Field(ra=180, dec=0, radius=1, depth=d) for d in (20.5, 24.5))
    known, unknown = KnownAsteroid(), UnknownAsteroid()
    assert unknown.expected(bright) < 0.1 * known.expected(bright)
    assert unknown.expected(deep) > known.expected(deep)


def test_bodies_are_of_the_ecliptic():
    pole = Field(ra=270.0, dec=60.0, radius=1.0)
    assert KnownAsteroid().expected(pole) < 0.01 * KnownAsteroid().expected(OPPOSITION)


@pytest.mark.parametrize("kind", [Bogus(), Saturated(), Spike()], ids=lambda kind: kind.name)
def test_an_artefact_comes_with_its_chance_and_is_alike_in_all_bands(kind):
    begin, span = 60_000.0, kind.days or 1.0
    source = kind.draw(np.random.default_rng(4), OPPOSITION, begin)
    times = begin + (np.arange(1000) + 0.5) / 1000 * span
    by_band = [source.flux(times, np.full(1000, band)) for band in BANDS]
    assert all((light == by_band[0]).all() for light in by_band)
    chance = source.parameters["chance"]
    assert np.mean(by_band[0] != 0) == pytest.approx(chance, abs=0.06)


def test_causes_of_artefacts_are_in_their_flags():
    seen = set()
    for seed in range(60):
        source = Bogus().draw(np.random.default_rng(seed), OPPOSITION, 60_000.0)
        cause = source.parameters["cause"]
        seen.add(cause)
        assert {
            name for name in ("dipole", "cosmic_ray", "bad_pixels", "edge") if source.flags[name]
        } == {cause} - {"none"}
        assert 0 <= source.flags["real_bogus"] <= 1
    assert len(seen) == 5


def test_saturated_stars_are_where_their_artefacts_are_and_spikes_beside():
    for seed in range(20):
        star = Saturated().draw(np.random.default_rng(seed), OPPOSITION, 60_000.0)
        assert star.flags["saturated_pixels"] >= 4
        assert star.flags["bright_star_distance_arcsec"] < 1
        assert star.reference("r") > 0
        spike = Spike().draw(np.random.default_rng(seed), OPPOSITION, 60_000.0)
        distance = (spike.dec - spike.counterpart.dec) * 3600
        assert distance == pytest.approx(spike.flags["bright_star_distance_arcsec"], abs=1e-3)
        assert spike.reference("r") == 0
