"""Changes of fluxes and magnitudes against draws at random."""

import numpy as np
import pytest

from fink_assets.astro.change import flux_change, magnitude_change, normal_cdf
from fink_assets.astro.photometry import relative_flux_error


def array(*values):
    return np.array(values, dtype=float)


def test_a_change_of_flux_has_the_errors_of_both():
    generator = np.random.default_rng(5)
    drawn = generator.normal(-40, 30, 400_000) - generator.normal(100, 40, 400_000)
    found = flux_change(array(-40), array(30), before=array(100), error_before=array(40))
    mean, deviation, low, high = np.array(found)[:, 0]
    assert (mean, deviation) == (-140, 50)
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.05, 0.95]), atol=0.5)


@pytest.mark.parametrize("position", range(4))
def test_a_missing_number_makes_the_change_of_flux_unknown(position):
    case = [100.0, 10.0, 90.0, 10.0]
    case[position] = np.nan
    now, error, before, error_before = map(array, case)
    found = flux_change(now, error, before=before, error_before=error_before)
    assert np.isnan(found).all()


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
