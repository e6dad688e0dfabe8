"""Magnitudes to fluxes and back."""

import numpy as np
import pytest

from fink_assets.astro.photometry import (
    flux,
    from_positive_subtraction,
    histories,
    magnitude_change,
    measurements,
    normal_cdf,
    relative_flux_error,
    total_magnitude,
)


def array(*values):
    return np.array(values, dtype=float)


def total(magpsf, magnr, positive, sigmapsf=0.1, sigmagnr=0.02):
    found = total_magnitude(
        array(magpsf),
        array(sigmapsf),
        magnr=array(magnr),
        sigmagnr=array(sigmagnr),
        positive=np.array([positive]),
    )
    return found[0][0], found[1][0]


def test_missing_numbers_become_nan_whatever_they_were():
    np.testing.assert_array_equal(measurements([18.5, None]), [18.5, np.nan])
    np.testing.assert_array_equal(measurements(np.array([1, None], dtype=object)), [1, np.nan])
    assert measurements(np.float32([18.5])).dtype == np.float64
    assert len(measurements(None)) == 0


def test_an_absent_column_of_a_history_is_as_long_as_the_others_and_unknown():
    times, magnitudes = histories(np.array([1.0, 2.0]), None)
    assert times.tolist() == [1, 2]
    assert np.isnan(magnitudes).tolist() == [True, True]
    assert len(histories(None)[0]) == 0


def test_five_magnitudes_are_a_factor_of_one_hundred_in_flux():
    assert flux(array(15.0))[0] / flux(array(20.0))[0] == pytest.approx(100)
    assert flux(array(27.5), zero_point=27.5)[0] == pytest.approx(1)


def test_a_tenth_of_a_magnitude_is_nine_percent_of_the_flux():
    assert relative_flux_error(array(0.1))[0] == pytest.approx(0.0921034, rel=1e-6)


def test_both_spellings_of_a_positive_subtraction_are_understood():
    assert from_positive_subtraction(["t", "1", "f", "0", None]).tolist() == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert not from_positive_subtraction(None)


def test_equal_fluxes_of_source_and_difference_make_it_twice_as_bright():
    magnitude, error = total(18, 18, True)
    assert magnitude == pytest.approx(18 - 2.5 * np.log10(2))
    assert error == pytest.approx(np.hypot(0.1, 0.02) / 2)


def test_a_negative_difference_makes_the_source_fainter():
    assert total(19, 18, False)[0] > 18


def test_a_total_flux_that_is_not_positive_has_no_magnitude():
    assert np.isnan(total(17, 18, False)).all()
    assert np.isnan(total(18, 18, False)).all()


def test_the_sentinel_of_an_unknown_reference_is_not_a_magnitude():
    assert np.isnan(total(18, -999, True)).all()


def test_the_tabulated_normal_distribution_is_exact_to_a_millionth():
    from statistics import NormalDist

    points = np.linspace(-10, 10, 777)
    exact = [NormalDist().cdf(point) for point in points]
    np.testing.assert_allclose(normal_cdf(points), exact, atol=1e-6)


CASES = [
    (18.0, 0.1, 18.5, 0.1, False),
    (20.5, 0.22, 20.0, 0.18, False),
    (19.0, 0.001, 19.0, 0.002, False),
    (18.0, 0.05, 20.5, np.nan, True),
    (20.5, 0.4, 19.5, 0.4, False),
    (20.0, 0.36, 20.2, np.nan, True),
]


def change(case):
    magnitude, error, before, error_before, limit = case
    found = magnitude_change(
        array(magnitude),
        array(error),
        before=array(before),
        error_before=array(error_before),
        upper_limit=np.array([limit]),
    )
    return np.array(found)[:, 0]


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_that_of_fluxes_drawn_at_random(case):
    magnitude, error, before, error_before, limit = case
    generator = np.random.default_rng(7)

    def drawn(magnitude, error):
        samples = generator.normal(1, relative_flux_error(error), 400_000)
        return magnitude - 2.5 * np.log10(samples[samples > 0][:390_000])

    now = drawn(magnitude, error)
    uniform = 1 - generator.uniform(size=390_000)
    then = before - 2.5 * np.log10(uniform) if limit else drawn(before, error_before)
    expected = now - then
    found = change(case)
    noise = expected.std() / np.sqrt(len(expected))
    assert found[0] == pytest.approx(expected.mean(), abs=5 * noise)
    assert found[1] == pytest.approx(expected.std(), rel=0.02)
    np.testing.assert_allclose(found[2:], np.quantile(expected, [0.05, 0.95]), atol=12 * noise)


def test_an_upper_limit_alone_has_the_moments_of_an_exponential_law():
    mean, deviation, low, high = change((18.0, 1e-9, 18.0, np.nan, True))
    e_fold = 2.5 / np.log(10)
    assert mean == pytest.approx(-e_fold, rel=1e-4)
    assert deviation == pytest.approx(e_fold, rel=1e-3)
    assert low == pytest.approx(2.5 * np.log10(0.05), abs=1e-3)
    assert high == pytest.approx(2.5 * np.log10(0.95), abs=1e-3)


@pytest.mark.parametrize("position", range(4))
def test_a_missing_number_makes_the_change_unknown(position):
    case = [18.0, 0.1, 18.5, 0.1, False]
    case[position] = np.nan
    assert np.isnan(change(case)).all()


def test_the_error_of_an_upper_limit_is_not_needed():
    assert np.isfinite(change((18.0, 0.1, 20.0, np.nan, True))).all()
