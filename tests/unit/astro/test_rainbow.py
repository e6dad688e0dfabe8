"""The black body behind the light curves of all bands: its formulas, and how it is found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.rainbow import (
    COLDEST,
    HOTTEST,
    PARAMETERS,
    Rainbow,
    _derivatives,
    _parts,
    _start,
    fit,
    model,
    spectrum,
)

LIGHT = 2.99792458e18
BANDS = np.array([3671.0, 4827, 6223, 7546, 8691, 9712])
MEAN = float(BANDS.mean())
TRUE = Rainbow(61000.0, 2.5, 3.0, 5000.0, 15000.0, 6.0, 0.0)


def curve(true=TRUE, *, points=24, noise=0.0, seed=1, first=-12, last=12):
    """Times, fluxes, errors and wavelengths of a light curve in four bands."""
    draw = np.random.default_rng(seed)
    time = true.reference_time + np.sort(draw.uniform(first, last, points))
    wavelength = draw.choice(BANDS[1:5], points)
    flux = model(time, wavelength, true, MEAN)
    error = np.full(points, noise or 1e-3)
    return time, flux + draw.normal(0, noise, points), error, wavelength


def fitted(time, flux, error, wavelength):
    return fit(time, flux, error, wavelength, mean_wavelength=MEAN)


@pytest.mark.parametrize("temperature", [2e3, 6e3, 3e4])
def test_the_flux_densities_of_all_frequencies_add_up_to_the_bolometric_flux(temperature):
    frequency = np.geomspace(1e11, 1e17, 20_001)
    density = spectrum(LIGHT / frequency, np.full(len(frequency), temperature), MEAN)
    assert np.trapezoid(density, frequency) / (LIGHT / MEAN) == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("temperature", [3e3, 6e3, 1e4])
def test_the_spectrum_peaks_where_wien_says(temperature):
    wavelength = np.geomspace(1e3, 1e5, 20_001)
    density = spectrum(wavelength, np.full(len(wavelength), temperature), MEAN)
    assert wavelength[density.argmax()] == pytest.approx(5.0994e7 / temperature, rel=1e-3)


def test_it_brightens_to_its_amplitude_and_cools_from_early_to_late():
    long_before, long_after = np.array([TRUE.reference_time - 400, TRUE.reference_time + 400])
    after = model(np.array([long_after]), BANDS[:1], TRUE, MEAN)
    assert after == pytest.approx(2.5 * spectrum(BANDS[:1], np.array([5000.0]), MEAN))
    assert model(np.array([long_before]), BANDS[:1], TRUE, MEAN) == pytest.approx(0)
    middle = model(np.array([TRUE.reference_time]), BANDS[:1], TRUE, MEAN)
    assert middle == pytest.approx(1.25 * spectrum(BANDS[:1], np.array([10_000.0]), MEAN))


def test_the_formulas_are_those_of_the_package():
    from light_curve.light_curve_py.features.rainbow import bolometric, spectral, temperature

    time, wavelength = np.linspace(60980, 61020, 50), np.resize(BANDS, 50)
    mid, swing = 10_000.0, 0.5
    bol = bolometric.SigmoidBolometricTerm.value(time, 61000.0, 2.5, 3.0)
    kelvin = temperature.SigmoidTemperatureTerm.value(time, 61000.0, mid, swing, 6.0)
    planck = spectral.PlanckSpectralTerm.value(wavelength * 1e-8, kelvin)
    unit = 5.670374e-5 * kelvin**4 / np.pi / (LIGHT / MEAN)
    np.testing.assert_allclose(
        model(time, wavelength, TRUE, MEAN), planck / unit * bol, rtol=1e-5, atol=1e-12
    )


def test_derivatives_are_those_of_the_model():
    time, _, _, wavelength = curve()
    p = np.array([0.3, 2.0, *np.log([2.0, 5e3, 1.4e4, 5.0])])
    since = time - 61000

    def values(parameters):
        return _parts(parameters, since, wavelength, MEAN).values

    found = _derivatives(_parts(p, since, wavelength, MEAN))
    for i, step in enumerate(np.eye(PARAMETERS) * 1e-6):
        np.testing.assert_allclose(
            found[i], (values(p + step) - values(p - step)) / 2e-6, rtol=1e-5, atol=1e-8
        )


def test_known_parameters_come_back_but_where_the_nearest_minimum_is_another():
    close = []
    for seed in range(60):
        draw = np.random.default_rng(seed)
        true = TRUE._replace(
            rise_time=draw.uniform(1.5, 5),
            late=draw.uniform(3000, 7000),
            early=draw.uniform(9000, 20_000),
            color_time=draw.uniform(3, 8),
        )
        found = fitted(*curve(true, points=60))
        close.append(found[:PARAMETERS] == pytest.approx(true[:PARAMETERS], rel=0.02))
    assert np.mean(close) >= 0.95


def test_the_cost_of_a_good_fit_is_half_of_what_the_noise_explains():
    costs = [fitted(*curve(points=40, noise=0.05, seed=seed)).cost for seed in range(40)]
    assert np.mean(costs) == pytest.approx(0.5, abs=0.05)


def test_noisy_light_curves_are_fitted_as_well_as_by_scipy():
    from scipy.optimize import least_squares

    ratios = []
    for seed in range(40):
        time, flux, error, wavelength = curve(points=9 + seed % 25, noise=0.1, seed=seed, last=6)
        found = fitted(time, flux, error, wavelength)
        t, m, s = (time - time.mean()) / time.std(), flux / flux.std(), error / flux.std()
        start, low, high = _start(t, m, s)
        theirs = least_squares(
            lambda p, t, w, m, s: (_parts(p, t, w, MEAN).values - m) / s,
            np.clip(start, low + 1e-9, high - 1e-9),
            bounds=(low, high),
            x_scale="jac",
            max_nfev=2000,
            args=(t, wavelength, m, s),
        )
        ratios.append(found.cost * (len(t) - PARAMETERS) / theirs.cost)
    assert np.median(ratios) == pytest.approx(1, abs=1e-3)
    assert np.mean(np.array(ratios) > 1.1) <= 0.1, "from one start to different minima"


@given(st.randoms(use_true_random=False), st.sampled_from([1e-3, 36.3, 1e6]))
@settings(max_examples=25, deadline=None)
def test_neither_the_order_of_points_nor_the_unit_of_flux_matters(dice, unit):
    columns = curve(points=15, noise=0.05)
    expected = fitted(*columns)
    order = dice.sample(range(15), 15)
    assert fitted(*(column[order] for column in columns)) == expected
    time, flux, error, wavelength = columns
    found = fitted(time, flux * unit, error * unit, wavelength)
    assert found == pytest.approx(expected._replace(amplitude=expected.amplitude * unit), rel=1e-3)


def test_no_more_points_than_parameters_one_time_or_one_flux_cannot_be_fitted():
    time, flux, error, wavelength = curve()
    assert fitted(*(column[:6] for column in curve())) is None
    assert fitted(np.full(24, 61000.0), flux, error, wavelength) is None
    assert fitted(time, np.ones(24), error, wavelength) is None
    assert fitted(*(column[:7] for column in curve())) is not None


points = st.tuples(
    st.integers(0, 60), st.floats(-1, 1), st.floats(1e-3, 1), st.sampled_from(BANDS.tolist())
)


@settings(max_examples=40, deadline=None)
@given(st.lists(points, min_size=7, max_size=30))
def test_whatever_the_points_the_fit_ends_within_its_bounds(drawn):
    found = fitted(*(np.array(column, dtype=float) for column in zip(*drawn, strict=True)))
    if found is not None:
        assert np.isfinite(found).all()
        assert found.cost >= 0
        assert all(COLDEST * 0.999 <= t <= HOTTEST * 1.001 for t in (found.late, found.early))
        assert found.rise_time > 0
        assert found.color_time > 0
