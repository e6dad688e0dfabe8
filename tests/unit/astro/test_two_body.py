"""Motion around the Sun agrees with the equations of motion and with the textbook's ellipse."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from orbits import Body
from scipy.integrate import solve_ivp

from fink_assets.astro.two_body import LIGHT, SUN, elements, moved, seen_from

PLACE, VELOCITY = np.array([2.0, 0.5, 0.1]), np.array([-0.002, 0.011, 0.001])
angles = st.floats(0, 359.9)


def accelerated(_, state):
    place = state[:3]
    return np.concatenate([state[3:], -SUN * place / np.linalg.norm(place) ** 3])


@pytest.mark.parametrize("speed", [0.4, 1.0, 1.6])
@pytest.mark.parametrize("days", [-400.0, -15.0, 0.0, 3.0, 200.0])
def test_places_are_those_that_the_equations_of_motion_give_for_ellipses_and_hyperbolas(
    speed, days
):
    start = np.concatenate([PLACE, speed * VELOCITY])
    truth = solve_ivp(accelerated, (0, days), start, method="DOP853", rtol=1e-12, atol=1e-14)
    place, velocity = moved(PLACE, speed * VELOCITY, days)
    assert place == pytest.approx(truth.y[:3, -1], abs=1e-8)
    assert velocity == pytest.approx(truth.y[3:, -1], abs=1e-9)


def test_many_are_moved_at_once_each_by_its_own_days():
    days = np.array([-20.0, 0.0, 7.0])
    places, velocities = moved(PLACE, VELOCITY, days)
    assert places.shape == velocities.shape == (3, 3)
    for k, each in enumerate(days):
        assert places[k] == pytest.approx(moved(PLACE, VELOCITY, each)[0])


@settings(max_examples=60)
@given(
    st.floats(0.5, 30),
    st.floats(0.001, 0.95),
    st.floats(0.1, 175),
    angles,
    angles,
    angles,
    st.floats(-20, 20),
)
def test_elements_are_those_that_made_the_place_and_all_but_the_anomaly_stay(
    axis, eccentricity, inclination, node, perihelion, anomaly, days
):
    body = Body(axis, eccentricity, inclination, node, perihelion, anomaly)
    jd = np.array([body.epoch, body.epoch + days])
    step = 1e-3
    velocity = (body.place(jd + step) - body.place(jd - step)) / (2 * step)
    later, _ = moved(body.place(jd)[0], velocity[0], days)
    assert later == pytest.approx(body.place(jd)[1], abs=2e-4 * axis)
    found = elements(body.place(jd)[0], velocity[0])
    assert found is not None
    assert found.axis_au == pytest.approx(axis, rel=1e-3)
    assert found.eccentricity == pytest.approx(eccentricity, abs=1e-3)
    assert found.inclination_deg == pytest.approx(inclination, abs=1e-2)
    apart = (found.node_deg - node + 180) % 360 - 180
    assert abs(apart) * np.sin(np.radians(inclination)) < 1e-2
    longitude = found.perihelion_deg + found.anomaly_deg - perihelion - anomaly + apart
    if eccentricity < 0.5 and 1 < inclination < 90:
        assert abs((longitude + 180) % 360 - 180) < 1.0


def test_what_leaves_the_solar_system_has_no_elements():
    assert elements(PLACE, 2.0 * VELOCITY) is None
    assert all(np.isfinite(astuple(elements(PLACE, VELOCITY))))


def test_light_shows_where_a_body_was():
    observer = np.array([1.0, 0.0, 0.0])
    direction, distance = seen_from(PLACE, VELOCITY, np.array(0.0), observer)
    then, _ = moved(PLACE, VELOCITY, -distance / LIGHT)
    expected = (then - observer) / np.linalg.norm(then - observer)
    assert direction == pytest.approx(expected, abs=5e-9)  # 0.001 arcsec
    now = (PLACE - observer) / np.linalg.norm(PLACE - observer)
    assert np.linalg.norm(direction - now) > 2e-5  # 5 arcsec
