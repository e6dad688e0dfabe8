"""Magnitudes to fluxes and back."""

import math

import numpy as np
import pytest

from fink_assets.astro.photometry import (
    flux,
    from_positive_subtraction,
    histories,
    labels,
    magnitude_and_error,
    measurements,
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


def test_fluxes_in_nanojansky_have_ab_magnitudes_and_come_back():
    found, error = magnitude_and_error(array(1, 3631e9), array(0.1, 3631e8), zero_point=31.4)
    assert found == pytest.approx([31.4, 0], abs=1e-3)
    assert relative_flux_error(error) == pytest.approx([0.1, 0.1])
    assert flux(found, zero_point=31.4) == pytest.approx([1, 3631e9])


def test_a_flux_that_is_not_positive_has_no_magnitude():
    assert np.isnan(magnitude_and_error(array(0, -1, np.nan), array(1, 1, 1))).all()


def test_an_unknown_name_is_like_no_other():
    assert labels(["g", None, math.nan], 3).tolist() == ["g", "", ""]
    assert labels(None, 2).tolist() == ["", ""]
    assert labels(np.array([], dtype=object), 0).tolist() == []
