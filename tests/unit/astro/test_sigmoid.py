"""The rise of a light curve: which points count, what rises, and what is fitted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.sigmoid import daily_means, derivatives, fit, moving_average, rise, sigmoid

DAYS = 2459000.7 + np.arange(8.0)
RISING = sigmoid(np.arange(8.0), 0.6, 4.0, 1500.0)
ERRORS = np.full(8, 10.0)


def test_a_sigmoid_is_found_again_with_its_signal_to_noise_ratio_and_days():
    found = rise(DAYS, RISING, ERRORS)
    assert (found.a, found.b, found.c) == pytest.approx((0.6, 4.0, 1500.0), rel=1e-4)
    assert found.snratio == pytest.approx(np.mean(RISING / 10))
    assert found.mse == pytest.approx(0, abs=1e-9)
    assert found.nrise == 8


@given(st.floats(0.2, 1.5), st.floats(2, 6), st.floats(100, 1e5))
def test_any_sigmoid_that_is_seen_on_both_sides_of_its_middle_is_found_again(a, b, c):
    time = np.arange(0, 9.0)
    found = sigmoid(time, *fit(time, sigmoid(time, a, b, c)))
    np.testing.assert_allclose(found, sigmoid(time, a, b, c), atol=0.02 * c)


@given(st.floats(-2, 2), st.floats(-5, 9), st.floats(-1e4, 1e4))
def test_derivatives_are_what_small_differences_come_to(a, b, c):
    time, found = np.arange(5.0), derivatives(np.arange(5.0), a, b, c)
    for n, step in enumerate(np.eye(3) * 1e-5):
        more, less = np.array([a, b, c]) + step, np.array([a, b, c]) - step
        expected = (sigmoid(time, *more) - sigmoid(time, *less)) / 2e-5
        np.testing.assert_allclose(found[:, n], expected, rtol=1e-4, atol=1e-3)


def test_the_residuals_are_those_of_the_shape_whatever_the_height():
    bent = RISING + np.array([30, 0, 20, 0, 50, 0, 0, 40])
    one, other = rise(DAYS, bent, ERRORS), rise(DAYS, 7 * bent, ERRORS)
    assert one.mse > 1e-6
    assert other.mse == pytest.approx(one.mse, rel=1e-3)


def test_fewer_than_four_days_are_no_rise():
    assert rise(DAYS[:3], RISING[:3], ERRORS[:3]) is None
    twice = np.concatenate([DAYS[:3], DAYS[:3] + 0.01])
    assert rise(twice, np.tile(RISING[:3], 2), ERRORS[:6]) is None
    assert rise(np.empty(0), np.empty(0), np.empty(0)) is None


def test_a_light_curve_whose_moving_average_falls_anywhere_is_no_rise():
    assert rise(DAYS, RISING[::-1].copy(), ERRORS) is None
    dip = np.where(np.arange(8) == 6, 10.0, RISING)
    assert rise(DAYS, dip, ERRORS) is None
    small_dip = np.where(np.arange(8) == 6, 0.99 * RISING[5], RISING)
    assert rise(DAYS, small_dip, ERRORS) is not None, "the average still rises"


def test_the_points_of_a_day_of_utc_are_averaged_and_so_are_their_errors():
    night = [2459000.51, 2459000.99, 2459001.49, 2459001.51]
    found = daily_means(np.array(night), np.array([1.0, 2, 6, 9]), np.array([1.0, 2, 3, 4]))
    assert [values.tolist() for values in found] == [[2459001, 2459002], [3, 9], [2, 4]]


def test_days_of_clearly_negative_flux_are_left_out():
    flux = np.array([-10.0, -9.9, 5])
    assert daily_means(DAYS[:3], flux, ERRORS[:3])[1].tolist() == [-9.9, 5]


@given(st.lists(st.floats(-1e3, 1e6), min_size=1, max_size=20))
def test_the_moving_average_is_that_of_pandas_with_a_centre_of_mass_of_three(values):
    expected = pd.Series(values).ewm(com=3).mean()
    np.testing.assert_allclose(moving_average(np.array(values)), expected, rtol=1e-9, atol=1e-6)


def test_the_order_of_points_does_not_matter():
    order = np.random.default_rng(1).permutation(8)
    assert rise(DAYS[order], RISING[order], ERRORS[order]) == rise(DAYS, RISING, ERRORS)


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1) | st.floats(1e-3, 1e7), min_size=4, max_size=8))
def test_any_light_curve_that_does_not_fall_has_finite_numbers_or_none(values):
    flux = np.sort(np.array(values))
    found = rise(DAYS[: len(flux)], flux, ERRORS[: len(flux)])
    numbers = [] if found is None else [found.a, found.b, found.c, found.snratio, found.mse]
    assert np.isfinite(numbers).all()


def test_errors_of_zero_give_no_rise_instead_of_an_infinite_ratio():
    assert rise(DAYS, RISING, np.zeros(8)) is None
