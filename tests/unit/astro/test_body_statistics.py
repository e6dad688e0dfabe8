"""Observations of a body as a whole, and its axis, beside scipy, astropy and what is built."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import BarycentricMeanEcliptic, SkyCoord
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from fink_assets.astro.body_statistics import (
    aspects,
    axes,
    median,
    moments,
    obliquity,
    orbit_normal,
    whole_days,
)
from fink_assets.astro.rotation import area
from fink_assets.astro.two_body import elements

angle, height = st.floats(0, 360), st.floats(-89, 89)
values = arrays.arrays(float, st.integers(2, 40), elements=st.floats(0, 100))


@given(values)
def test_moments_are_those_of_scipy(numbers):
    assume(np.ptp(numbers) > 1e-3)
    found = moments(numbers)
    assert found["mean"] == pytest.approx(np.mean(numbers))
    assert found["std"] == pytest.approx(np.std(numbers))
    assert found["skewness"] == pytest.approx(stats.skew(numbers), abs=1e-9)
    assert found["kurtosis"] == pytest.approx(stats.kurtosis(numbers), abs=1e-9)


def test_what_is_not_known_counts_for_nothing():
    some = np.array([1.0, np.nan, 2.0, 4.0])
    assert moments(some) == moments(np.array([1.0, 2.0, 4.0]))
    assert (median(some), whole_days(some + 0.5)) == (2.0, 3)
    none = np.array([np.nan])
    assert (moments(none), median(none), whole_days(none)) == (None, None, None)


@pytest.mark.parametrize("numbers", [[0.1], [0.1, 0.1, 0.1], [0.0, 0.0]])
def test_numbers_that_are_the_same_have_no_skewness(numbers):
    found = moments(np.array(numbers))
    assert found["mean"] == pytest.approx(numbers[0])
    assert (found["skewness"], found["kurtosis"]) == (None, None)


@given(angle, height, angle, height)
def test_the_aspect_is_the_angle_between_place_and_pole(ra, dec, alpha0, delta0):
    """Of opposite poles it is the same."""
    near = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(alpha0, delta0, unit="deg"))
    found = aspects(
        np.array([ra, np.nan]), np.array([dec, 0]), alpha0_deg=alpha0, delta0_deg=delta0
    )
    cosine = abs(np.cos(near.rad))
    assert found == pytest.approx({"min": cosine, "mean": cosine, "max": cosine}, abs=1e-12)
    other = aspects(np.array([ra]), np.array([dec]), alpha0_deg=alpha0 + 180, delta0_deg=-delta0)
    assert other == pytest.approx(found, abs=1e-12)


def test_a_body_seen_from_its_equator_to_its_pole():
    places = np.array([0.0, 30.0, 90.0])
    found = aspects(np.zeros(3), places, alpha0_deg=0.0, delta0_deg=90.0)
    assert found == pytest.approx({"min": 0.0, "mean": 0.5, "max": 1.0}, abs=1e-12)
    assert aspects(np.array([]), np.array([]), alpha0_deg=0.0, delta0_deg=90.0) is None


@given(st.floats(0.1, 179), st.floats(0, 360))
def test_the_normal_of_an_orbit_is_that_of_place_and_velocity(inclination, node):
    normal = orbit_normal(inclination, node)
    place = np.cross(normal, [0.3, 0.5, 0.8])
    place *= 2.5 / np.linalg.norm(place)
    velocity = np.cross(normal, place) * 0.0172 / 2.5**1.5
    found = elements(place, velocity)
    assert found.inclination_deg == pytest.approx(inclination, abs=1e-6)
    apart = (found.node_deg - node + 180) % 360 - 180
    assert apart == pytest.approx(0, abs=1e-4)


@given(angle, height, st.floats(0, 180), angle)
def test_obliquity_is_the_angle_between_the_pole_and_the_normal(ra, dec, inclination, node):
    """Astropy's ecliptic of J2000 is 0.04 arcsec from that of the Minor Planet Center."""
    normal = SkyCoord(
        lon=(node - 90) % 360 * units.deg,
        lat=(90 - inclination) * units.deg,
        frame=BarycentricMeanEcliptic(equinox="J2000"),
    )
    expected = SkyCoord(ra, dec, unit="deg").separation(normal.icrs).deg
    orbit = {"inclination_deg": inclination, "node_deg": node}
    found = obliquity(alpha0_deg=ra, delta0_deg=dec, **orbit)
    assert found == pytest.approx(expected, abs=1e-4)
    assert obliquity(alpha0_deg=ra + 180, delta0_deg=-dec, **orbit) == pytest.approx(180 - found)


@given(st.floats(1, 3), st.floats(1, 3))
def test_axes_are_those_of_an_ellipsoid_whose_light_is_known(a_b, b_c):
    """Its projections, from above a pole and, on the mean of two opposite phases, the equator."""
    a_c = a_b * b_c
    sides = np.sqrt(area(np.zeros(2), np.array([0.0, np.pi / 2]), a_b, a_c))
    pole = float(np.sqrt(area(np.ones(1), np.zeros(1), a_b, a_c))[0])
    amplitude = float(2.5 * np.log10(sides[1] / sides[0]))
    found = axes({"oblateness": float(sides.mean()) / pole}, amplitude / 4)
    assert found == pytest.approx({"a_b": a_b, "a_c": a_c})


def test_c_is_never_longer_than_b_and_without_oblateness_there_are_no_axes():
    found = axes({"oblateness": 1.0}, 0.1)
    assert found["a_c"] == found["a_b"] == pytest.approx(10**0.16)
    assert (axes({}, 0.1), axes({"oblateness": 0.8}, None)) == ({}, {})
