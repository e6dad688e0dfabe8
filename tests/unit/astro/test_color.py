"""Colours from pairs of measurements: which make a pair, and which two pairs make a change."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.astro.color import (
    ANOTHER_NIGHT_DAYS,
    SIMULTANEOUS_DAYS,
    curves,
    evolution,
    pairs,
)

epochs = st.lists(st.integers(0, 300), min_size=1, max_size=12, unique=True).map(
    lambda hundredths: np.array(sorted(hundredths), dtype=float) / 100
)


def measured(*points):
    """Light curves of (day, band, magnitude) or (day, band, magnitude, error)."""
    time, band, magnitude, error = zip(*[(*point, 0.1)[:4] for point in points], strict=True)
    numbers = (np.array(values, dtype=float) for values in (time, magnitude, error))
    found = curves(*numbers, np.array(band), bands="gr")
    return found.get("g"), found.get("r")


def test_a_colour_is_blue_minus_red_with_the_errors_of_both():
    found = evolution(*measured((0.0, "g", 19.0, 0.3), (0.2, "r", 18.5, 0.4)))
    assert found.color == pytest.approx(0.5)
    assert found.error == pytest.approx(0.5)
    assert found.epoch == pytest.approx(0.1)
    assert math.isnan(found.rate)
    assert math.isnan(found.rate_error)


def test_a_change_is_per_day_and_positive_when_reddening():
    night = [(0.0, "g", 19.0), (0.0, "r", 19.0), (2.0, "g", 19.9), (2.0, "r", 19.5)]
    found = evolution(*measured(*night))
    assert found.rate == pytest.approx(0.2)
    assert found.rate_error == pytest.approx(0.2 / 2)


def test_colours_of_one_night_are_no_trend():
    night = [(5.0, "g", 19.0), (5.0, "r", 19.0), (5.2, "g", 19.9), (5.2, "r", 19.5)]
    assert math.isnan(evolution(*measured(*night)).rate)
    found = evolution(*measured((1.2, "g", 20.0), (1.2, "r", 20.0), *night))
    assert found.rate == pytest.approx(0.4 / 4)


def test_measurements_too_far_apart_have_no_colour():
    assert all(map(math.isnan, evolution(*measured((0.0, "g", 19.0), (0.31, "r", 18.5)))))
    assert evolution(*measured((0.0, "g", 19.0), (0.29, "r", 18.5))).color == 0.5


@pytest.mark.parametrize("only", ["g", "r"])
def test_one_band_has_no_colour(only):
    assert all(map(math.isnan, evolution(*measured((0.0, only, 19.0), (0.1, only, 18.5)))))


@given(epochs, epochs)
def test_a_pair_is_mutually_nearest_and_no_epoch_is_in_two(one, other):
    first, second = pairs(one, other)
    assert len(set(first)) == len(set(second)) == len(first)
    assert list(first) == sorted(first)
    assert list(second) == sorted(second)
    for i, j in zip(first, second, strict=True):
        apart = abs(one[i] - other[j])
        assert apart <= SIMULTANEOUS_DAYS
        assert apart <= np.abs(one[i] - other).min() + 1e-12
        assert apart <= np.abs(one - other[j]).min() + 1e-12


@given(epochs, epochs)
def test_the_closest_two_epochs_are_a_pair_if_close_enough(one, other):
    closest = min(abs(a - b) for a, b in itertools.product(one, other))
    first, second = pairs(one, other)
    found = np.abs(one[first] - other[second])
    if closest <= SIMULTANEOUS_DAYS:
        assert found.min() == pytest.approx(closest, abs=1e-12)
    else:
        assert not len(found)


@given(st.permutations(range(6)))
def test_the_order_of_measurements_does_not_matter(order):
    points = [(float(n // 2), "gr"[n % 2], 18.0 + n**2 / 10) for n in range(6)]
    expected = evolution(*measured(*points))
    assert evolution(*measured(*[points[n] for n in order])) == expected
    assert expected.epoch == 2.0
    assert expected.rate == pytest.approx(-0.4)


def test_of_measurements_at_one_epoch_the_most_precise_counts():
    twice = [(0.0, "g", 19.0, 0.2), (0.0, "g", 18.0, 0.1), (0.0, "g", 17.0, 0.3)]
    assert evolution(*measured(*twice, (0.0, "r", 17.5))).color == pytest.approx(0.5)


@pytest.mark.parametrize("missing", range(3))
def test_a_measurement_of_which_a_number_is_missing_does_not_count(missing):
    unknown = [3.0, 18.0, 0.1]
    unknown[missing] = math.nan
    time, magnitude, error = unknown
    points = [(0.0, "g", 19.0), (0.0, "r", 18.5), (time, "g", magnitude, error), (3.0, "r", 18.0)]
    assert evolution(*measured(*points)).epoch == 0


def test_another_night_is_further_than_a_pair_is_wide():
    assert ANOTHER_NIGHT_DAYS > SIMULTANEOUS_DAYS
