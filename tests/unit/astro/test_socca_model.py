"""The model of SOCCA and how its fits are judged, apart from the search for them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.astro.ellipsoid import light_curve

from fink_assets.astro.least_squares import Minimum
from fink_assets.astro.phase_functions import hg1g2
from fink_assets.astro.rotation import area, rotation_phase, seen_from, shape_term, unit
from fink_assets.astro.rotation_search import KIN, Search, poles
from fink_assets.astro.socca import _seen
from fink_assets.astro.socca_judged import OF_SHADOW, Judged, judged
from fink_assets.astro.socca_model import Model, Spin

FREQUENCY = 8.0


def test_the_formula_is_that_of_fink():
    """Magnitudes of `func_socca` of fink-utils 0.79.0."""
    phase, jd = np.array([2.0, 9.0, 17.5]), np.array([2460500.25, 2460700.7, 2461000.123])
    sight = unit(np.array([10.0, 130.0, 300.0]), np.array([-20.0, 5.0, 40.0]))
    z, longitude = seen_from(sight, 75.0, -40.0)
    turned = rotation_phase(jd - 2459580.5, longitude, period=0.2345, start=0.7)
    found = hg1g2(phase, h=15.0, g1=0.25, g2=0.35) + shape_term(z, turned, 1.5, 1.9)
    assert found == pytest.approx([14.80512929, 15.51352414, 15.39334571], abs=1e-4)


@given(st.floats(-1, 1), st.floats(-10, 10), st.floats(1, 5), st.floats(1, 5))
def test_the_projection_is_that_of_an_ellipsoid(z, phase, a_b, b_c):
    whole = area(np.array([z]), np.array([phase]), a_b, a_b * b_c)[0]
    assert 1 - 1e-9 <= whole <= (a_b * b_c) ** 2 * (1 + 1e-9)
    half_a_turn = area(np.array([-z]), np.array([phase + np.pi]), a_b, a_b * b_c)[0]
    assert half_a_turn == pytest.approx(whole)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 100))
def test_derivatives_are_those_of_the_residuals(seed):
    seen, _ = _seen(*light_curve(seed=1, number=40, period_h=6.0))
    model = Model(seen, FREQUENCY)
    chance = np.random.default_rng(seed)
    band = [15.0, 0.6, 0.4]
    spin = [*chance.uniform(0, 90, 2), *chance.uniform(-1, 1, 2), *chance.uniform(1.1, 2, 2)]
    x = np.array([*band * len(seen.bands), *spin])
    for place, found in enumerate(model.jacobian(x).T):
        step = np.zeros(len(x))
        step[place] = 1e-5
        expected = (model.residuals(x + step) - model.residuals(x - step)) / 2e-5
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_the_linear_model_finds_frequency_and_pole():
    seen, _ = _seen(*light_curve(seed=1, period_h=6.0, a_b=1.2, a_c=1.3, pole=(100.0, 50.0)))
    search = Search(seen)
    first = search.families(3, 1)
    assert len({one.frequency for one in first}) == 3
    assert all(abs(a.frequency - b.frequency) >= KIN for a in first for b in first if a is not b)
    assert first[0].frequency == pytest.approx(FREQUENCY, abs=1 / seen.span)
    assert first[0].chi2 < search.still() / 2
    assert len({(one.alpha0, one.delta0) for one in search.kin(FREQUENCY, 4)}) > 1


def test_poles_are_all_over_the_sky():
    found = unit(*poles().T)
    assert np.abs(found.mean(axis=0)).max() < 0.02
    assert np.sort(found @ found.T, axis=1)[:, -2].max() < np.cos(np.radians(20))


def spin(chi2, *, frequency=FREQUENCY, pole=(10.0, 20.0), a_b=1.5):
    """A fit of two bands that ended there; every value has an error of 0.01."""
    values = np.array([15, 0.6, 0.4, 14, 0.6, 0.4, *pole, 0.0, 0.5, a_b, 1.2])
    found = Minimum(
        values=values,
        chi2=chi2,
        at_bound=np.zeros(12, bool),
        covariance=np.eye(12) * 1e-4,
        converged=True,
    )
    return Spin(found=found, start=frequency, frequency=frequency)


def verdict(*spins, still=1000.0):
    return judged(spins, still, points=112)


def test_one_spin_that_is_alone_is_believed():
    found = verdict(spin(100), spin(140, frequency=9.0), spin(130, pole=(10.0, -70.0)))
    assert isinstance(found, Judged)
    assert (found.degrees, found.grown, found.pole) == (100, 1.0, None)
    assert found.values() == pytest.approx(
        {"period": 6.0, "a_b": 1.5, "a_c": 1.8, "alpha0": 10.0, "delta0": 20.0}
    )
    errors = found.errors(500.0)
    assert errors["alpha0"] == pytest.approx(0.01)
    assert errors["period"] == pytest.approx(0.01 / 500 * 6 / 8)
    assert errors["a_b"] == pytest.approx(np.hypot(0.01, OF_SHADOW * 1.5))
    formal = 0.01 * np.hypot(1.5, 1.2)
    assert errors["a_c"] == pytest.approx(np.hypot(formal, OF_SHADOW * 1.8))


def test_another_period_that_is_as_likely_is_said():
    told = verdict(spin(100), spin(110, frequency=9.6))
    assert told == "two periods describe the light alike: 6.0000 and 5.0000 hours"


def test_another_pole_is_given_and_errors_cover_its_values():
    other = spin(104, pole=(200.0, 20.0), a_b=1.7, frequency=FREQUENCY + KIN / 10)
    found = verdict(spin(100), other)
    values, errors = found.values(), found.errors(500.0)
    assert (values["alpha0_alt"], values["delta0_alt"]) == pytest.approx((200, 20))
    assert errors["a_b"] == pytest.approx(np.hypot(0.2, OF_SHADOW * 1.5))
    assert errors["period"] == pytest.approx(6 - 48 / (FREQUENCY + KIN / 10))


def test_more_than_two_poles_are_none():
    told = verdict(spin(100), spin(102, pole=(200.0, 20.0)), spin(103, pole=(100.0, -20.0)))
    assert told == "3 poles describe the light alike; the period is 6.0000 hours"


def test_a_body_that_hardly_turns_and_one_longer_than_any_are_none():
    assert verdict(spin(100), still=150.0) == "no rotation stands out of the scatter"
    assert verdict(spin(100, a_b=4.5)).startswith("a/b comes out above 4")
    assert judged([spin(100)], 1000.0, points=12) == "fewer points than values"


def test_residuals_above_their_errors_make_errors_and_limits_larger():
    found = verdict(spin(400), spin(450, pole=(200.0, 20.0)), still=4000.0)
    assert found.grown == 4.0
    assert found.pole is not None
    assert found.errors(500.0)["alpha0"] == pytest.approx(0.02)


def test_the_phase_some_days_later_knows_less():
    found = verdict(spin(100))
    now, later = found.phase(0.0, 500.0), found.phase(5000.0, 500.0)
    assert now == pytest.approx((0.5, 0.01))
    assert later[0] == pytest.approx((0.5 + np.pi * 8 * 5000 + np.pi / 2) % np.pi - np.pi / 2)
    assert later[1] == pytest.approx(0.01 * np.hypot(1, np.pi * 10))
