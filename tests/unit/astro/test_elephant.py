"""The ELEPHANT test, step by step, against astropy, scipy and draws at random."""

import warnings

import numpy as np
import pytest
from astropy.stats import sigma_clip
from astropy.utils.exceptions import AstropyUserWarning
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats

from fink_assets.astro.hostless import Detector, clip, filled, hostless, one_shows_a_source
from fink_assets.astro.power_spectrum import (
    centre,
    distinct,
    empty_place,
    kolmogorov_smirnov,
    spectra_differ,
    spectrum,
)

ZTF = Detector(side=63, spectrum=14, again=True, exactly=True)
LSST = Detector(side=30, spectrum=30, again=False, most_in_template=20)


def noise(seed, side=63, sources=()):
    """Stamp of normal noise; a source is a Gaussian of some peak and place from the centre."""
    y, x = np.mgrid[:side, :side] - side / 2 + 0.5
    image = np.random.default_rng(seed).normal(100, 1, (side, side))
    for peak, dx, dy in sources:
        image += peak * np.exp(-((x - dx) ** 2 + (y - dy) ** 2) / 4)
    return image


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    scale=st.floats(1e-3, 1e6),
    missing=st.floats(0, 0.9),
    peak=st.floats(0, 1e4),
)
def test_outliers_are_those_of_astropy(seed, scale, missing, peak):
    image = scale * noise(seed, 20, [(peak, 0, 0)])
    image[np.random.default_rng(seed).random(image.shape) < missing] = np.nan
    with warnings.catch_warnings(action="ignore", category=AstropyUserWarning):
        theirs = sigma_clip(image, sigma=3, maxiters=10)
    np.testing.assert_array_equal(clip(image), np.ma.getmaskarray(theirs))
    again = sigma_clip(theirs, sigma=3, maxiters=10)
    np.testing.assert_array_equal(clip(image, theirs.mask), np.ma.getmaskarray(again))


@settings(max_examples=100, deadline=None)
@given(arrays.arrays(np.float64, (30, 30), elements=st.floats(allow_nan=True, width=32)))
def test_any_image_has_outliers_or_none_and_a_pair_a_value_or_none(image):
    known = np.isfinite(image)
    assert clip(image)[~known].all()
    assert not known.any() or not clip(image)[known].all()
    found = hostless(image, noise(1, 30), LSST, seed=1)
    assert found is None or all(np.isnan(v) or 0 <= v <= 1 for v in found)


@pytest.mark.parametrize(
    ("science", "template", "expected"),
    [(6, 2, True), (2, 6, True), (5, 2, False), (6, 3, False), (0, 0, False), (40, 30, False)],
)
def test_a_pair_is_a_candidate_if_one_of_them_has_many_outliers_and_the_other_few(
    science, template, expected
):
    assert one_shows_a_source(science, template) is expected


@pytest.mark.parametrize("side", [14, 15, 30])
def test_power_spectra_are_means_in_rings_times_the_area_of_the_ring(side):
    images = np.stack([noise(seed, side) for seed in range(3)])
    wave = np.fft.fftfreq(side) * side
    wave = np.hypot(wave[:, np.newaxis], wave)
    edges = np.arange(0.5, side // 2 + 1)
    area = np.pi * np.diff(edges**2)
    for image, found in zip(images, spectrum(images), strict=True):
        power = np.abs(np.fft.fft2(image)) ** 2
        means, _, _ = stats.binned_statistic(wave.ravel(), power.ravel(), "mean", edges)
        np.testing.assert_allclose(found, means * area, rtol=1e-9)


@settings(max_examples=50, deadline=None)
@given(
    one=st.lists(st.integers(0, 9), min_size=1, max_size=30),
    other=st.lists(st.integers(0, 9), min_size=1, max_size=30),
)
def test_the_statistic_is_that_of_kolmogorov_and_smirnov_also_with_ties(one, other):
    expected = stats.ks_2samp(one, other, method="asymp").statistic
    found = kolmogorov_smirnov(np.sort(one), np.sort(other))
    assert found == pytest.approx(expected, abs=1e-12)


def test_spectra_are_compared_by_wasserstein_distances():
    shuffled = np.random.default_rng(2).exponential(size=(12, 7))
    real = np.random.default_rng(3).exponential(size=7)
    distance = stats.wasserstein_distance
    ours = [distance(real, other) for other in shuffled]
    among = [distance(shuffled[i], shuffled[j]) for i in range(12) for j in range(i)]
    expected = stats.ks_2samp(ours, among).statistic
    assert spectra_differ(real, shuffled) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("population", "number"), [(3969, 196), (900, 900), (300, 75), (300, 74)])
def test_shuffles_take_each_pixel_once_and_all_alike(population, number):
    rows = distinct(np.random.default_rng(1), population, number, 400)
    assert rows.shape == (400, number)
    assert rows.min() >= 0
    assert rows.max() < population
    assert all(len(set(row)) == number for row in rows.tolist())
    # Means of many uniform draws, at the first place, at the last and over all: five deviations.
    wide = population / np.sqrt(12)
    for draws in (rows[:, 0], rows[:, -1], rows):
        assert abs(draws.mean() - population / 2) < 5 * wide / np.sqrt(draws.size) + 0.5


def test_all_pixels_are_shuffled_in_the_order_of_random_numbers():
    """As it always was, so that alerts keep their statistics; the generator goes on from there."""
    generator, same = np.random.default_rng(8), np.random.default_rng(8)
    found = distinct(generator, 900, 900, 20)
    np.testing.assert_array_equal(found, np.argsort(same.random((20, 900)), axis=1))
    assert generator.random() == same.random()


def test_masked_pixels_become_noise_like_the_others_and_these_stay():
    image, generator = noise(4), np.random.default_rng(1)
    masked = np.zeros(image.shape, dtype=bool)
    masked[20:40, 20:40] = True
    found = filled(np.where(masked, 1e9, image), masked, generator)
    np.testing.assert_array_equal(found[~masked], image[~masked])
    assert found[masked].mean() == pytest.approx(100, abs=0.25)
    assert found[masked].std() == pytest.approx(1, abs=0.15)


def test_structure_differs_from_its_shuffles_and_noise_does_not():
    generator = np.random.default_rng(5)
    order = distinct(generator, 63**2, 14**2, 200)
    assert empty_place(noise(6, sources=[(30, 0, 0)]), order, 14) > 0.9
    assert empty_place(noise(7), order, 14) < 0.5


def test_a_new_source_in_an_empty_place_is_a_candidate_and_a_lasting_one_is_not():
    empty, source = noise(8), noise(9, sources=[(50, 0, 0)])
    for pair in ((source, empty), (empty, source)):
        found = hostless(*pair, ZTF, seed=1)
        assert found is not None
        assert all(0 <= value <= 1 for value in found)
    assert hostless(source, noise(10, sources=[(50, 0, 0)]), ZTF, seed=1) is None
    assert hostless(empty, noise(11), ZTF, seed=1) is None


def test_a_template_with_a_large_host_is_no_candidate():
    empty, host = noise(12, 30), noise(13, 30, sources=[(1e4, 0, 0), (1e4, 3, 3)])
    assert hostless(empty, host, LSST, seed=1) is None
    assert hostless(host, empty, LSST, seed=1) is not None


def test_only_the_centre_of_a_larger_stamp_is_looked_at():
    large = noise(14, 51, sources=[(50, 0, 0)])
    edge = np.pad(centre(large, 30), 10, constant_values=1e6)
    empty = noise(15, 30)
    assert hostless(large, empty, LSST, seed=3) == hostless(edge, empty, LSST, seed=3) is not None


def test_stamps_of_one_value_have_no_statistic():
    flat, source = np.full((63, 63), 7.0), noise(16, sources=[(50, 0, 0)])
    science, template = hostless(source, flat, ZTF, seed=1)
    assert 0 <= science <= 1
    assert np.isnan(template)
    assert hostless(flat, flat, ZTF, seed=1) is None


def test_the_same_seed_gives_the_same_value_and_another_a_similar_one():
    """The workers' common generator made values depend on what was computed before (T10)."""
    pair = noise(17, sources=[(50, 0, 0)]), noise(18)
    assert hostless(*pair, ZTF, seed=2**62) == hostless(*pair, ZTF, seed=2**62)
    values = np.array([hostless(*pair, ZTF, seed=seed) for seed in range(12)])
    assert (values.std(axis=0) > 0).all()
    assert (values.std(axis=0) < 0.15).all()
