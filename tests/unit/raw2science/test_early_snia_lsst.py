"""Early supernovae of type Ia for LSST: what rises, in which unit, and which scores come out."""

import math

import numpy as np
import pytest
from batches import batch
from hypothesis import given, settings
from hypothesis import strategies as st
from rubin import START, packet, source

from fink_assets.astro.forest import probability
from fink_assets.astro.rainbow import COLDEST, Rainbow, model
from fink_assets.raw2science.models.registry import EARLY_SNIA_LSST
from fink_assets.raw2science.models.store import load
from fink_assets.raw2science.modules.lsst.early_snia import (
    LOWEST_FLUX,
    MIN_POINTS,
    WAVELENGTHS,
    early_snia,
    features_of_alert,
    rises,
)

FEATURES = EARLY_SNIA_LSST.features
FLUXCAL = 10 ** (0.4 * (27.5 - 31.4))
SUPERNOVA = Rainbow(-3.0, 12_000.0, 3.5, 5000.0, 12_000.0, 15.0, 0.0)
"""A type Ia supernova of magnitude 22 a few days before its maximum; days from the start."""


def curve(true=SUPERNOVA, days=range(-10, 4), bands="griz"):
    """Detections without noise, in one band a night, with errors of 3 % and 100 nJy."""
    mean = np.mean(list(WAVELENGTHS.values()))
    found = []
    for night, day in enumerate(days):
        band = bands[night % len(bands)]
        wavelength = np.array([WAVELENGTHS[band]])
        (flux,) = model(np.array([float(day)]), wavelength, true, mean)
        found.append(source(float(day), band, flux, math.hypot(100, 0.03 * flux)))
    return found


def score(*sources):
    (found,) = early_snia.function(batch([packet(*sources)], early_snia.inputs))["snia_vs_nonia"]
    return found


def features(*sources):
    inputs = batch([packet(*sources)], early_snia.inputs).iloc[0]
    row = features_of_alert(*(inputs[path] for path in early_snia.inputs))
    return row and dict(zip(FEATURES, row, strict=True))


def columns(sources):
    time = np.array([s["midpointMjdTai"] for s in sources])
    wavelength = np.array([WAVELENGTHS[s["band"]] for s in sources])
    return time, wavelength, np.array([s["psfFlux"] for s in sources], dtype=float)


def rising(*bands):
    """Whether the given bands rise: each name is followed by the fluxes of its nights."""
    return rises(*columns([source(n, b, f) for b, fluxes in bands for n, f in enumerate(fluxes)]))


def rising_in_fink(sources):
    """Fink's rule: more bands than enough, where one night is a rise."""
    time, wavelength, flux = columns(sources)
    count, seen = 0, np.unique(wavelength)
    for band in seen:
        chosen = (wavelength == band) & (flux >= LOWEST_FLUX)
        nights = np.round(time[chosen])
        means = [flux[chosen][nights == night].mean() for night in np.unique(nights)]
        count += bool(means) and means == sorted(means)
    return count > max(2, min(3, len(seen)))


UP, DOWN, ONCE = (100, 200, 300), (300, 200, 100), (100,)


def test_a_rising_supernova_scores_high_and_a_falling_one_has_no_score(models):
    assert score(*curve()) > 0.5
    falling = [s | {"midpointMjdTai": 2 * START - s["midpointMjdTai"]} for s in curve()]
    assert math.isnan(score(*falling[::-1]))


def test_a_rise_that_no_supernova_has_scores_low(models):
    slow = SUPERNOVA._replace(reference_time=-200.0, rise_time=150.0)
    assert score(*curve(slow, range(-400, 20, 30))) < 0.2


def test_features_are_in_the_order_of_the_training():
    found = features(*curve())
    assert found["n_points"] == 14
    assert found["rise_time"] == pytest.approx(3.5, rel=0.2)
    assert found["lc_max"] == max(s["psfFlux"] for s in curve())
    assert found["amplitude"] == pytest.approx(12_000 / found["lc_max"], rel=0.2)
    assert COLDEST <= found["Tmin"] < found["Tmax"]
    assert found["reduced_chi2"] < 0.1


def test_fluxes_are_in_nanojansky_as_in_training(models):
    """Of a detection limit of magnitude 24.5, one in a hundred thresholds is near."""
    trees = load([EARLY_SNIA_LSST])[EARLY_SNIA_LSST.name]
    thresholds = trees["threshold"][trees["feature"] == FEATURES.index("lc_max")]
    faint, bright = np.percentile(thresholds, [1, 95])
    assert 31.4 - 2.5 * math.log10(faint) == pytest.approx(24.1, abs=0.1)
    assert 31.4 - 2.5 * math.log10(bright) == pytest.approx(19.8, abs=0.1)
    row = np.array([list(features(*curve()).values())])
    converted = row.copy()
    converted[0, FEATURES.index("lc_max")] *= FLUXCAL
    assert probability(row, trees)[0] > 0.5
    assert probability(converted, trees)[0] < 0.2


def test_temperatures_are_the_late_and_the_early_one_and_not_their_difference(models):
    """A difference could be compared with less than the coldest temperature of the fit."""
    trees = load([EARLY_SNIA_LSST])[EARLY_SNIA_LSST.name]
    for name in ("Tmin", "Tmax"):
        thresholds = trees["threshold"][trees["feature"] == FEATURES.index(name)]
        assert COLDEST < thresholds.min() < 1.05 * COLDEST


@pytest.mark.parametrize(
    ("bands", "rise", "in_fink"),
    [
        ({"g": UP}, False, False),
        ({"g": UP, "r": UP}, True, False),
        ({"g": UP, "r": DOWN}, False, False),
        ({"g": UP, "r": UP, "i": UP}, True, False),
        ({"g": UP, "r": UP, "i": DOWN}, False, False),
        ({"g": UP, "r": UP, "i": UP, "z": DOWN}, True, False),
        ({"g": UP, "r": UP, "i": UP, "z": UP}, True, True),
        ({"g": DOWN, "r": ONCE, "i": ONCE, "z": ONCE, "y": ONCE}, False, True),
        ({"g": UP, "r": UP, "i": ONCE}, True, False),
        ({"g": (100, 100), "r": (100, 100)}, False, False),
    ],
)
def test_it_rises_in_three_bands_or_in_both_if_two_can_tell(bands, rise, in_fink):
    """Fink wants one band more than it means to, and takes one night for a rise."""
    found = [source(n, band, f) for band, fluxes in bands.items() for n, f in enumerate(fluxes)]
    assert rises(*columns(found)) == rise
    assert rising_in_fink(found) == in_fink


def test_points_of_a_night_are_averaged_and_clearly_negative_ones_do_not_tell():
    assert rising(("g", UP), ("r", (-500, *UP)))
    assert rising(("g", UP), ("r", (100, -500, 300)))
    assert not rising(("g", UP), ("r", (100, -5, 300)))
    two = [source(0, "g", 50), source(0.1, "g", 150), source(1, "g", 90), source(2, "g", 200)]
    assert not rises(*columns([*two, source(0, "r", 1), source(1, "r", 2)]))


def test_with_fewer_than_seven_measured_points_nothing_is_said(models):
    points = curve(days=range(-10, 4, 2))
    assert len(points) == MIN_POINTS
    assert features(*points) is not None
    assert features(*points[:-1]) is None
    for missing in ({"psfFlux": None}, {"psfFluxErr": None}, {"psfFluxErr": 0.0}, {"band": None}):
        assert features(points[0] | missing, *points[1:]) is None
    assert math.isnan(score(*points[:-1]))


def test_an_epoch_counts_once_in_a_band_and_y_counts():
    points = curve(bands="griy")
    assert features(points[3], *points) == features(*points)
    assert features(*points)["n_points"] == len(points)


@settings(max_examples=20, deadline=None)
@given(dice=st.randoms(use_true_random=False), scatter=st.integers(0, 5))
def test_the_order_of_detections_does_not_matter(dice, scatter):
    points = curve(days=sorted(dice.sample(range(-14, 6), 9 + scatter)), bands="gr")
    mixed = dice.sample(points, len(points))
    assert features(*mixed) == features(*points)


@settings(max_examples=20, deadline=None)
@given(rise=st.floats(1.5, 8), peak=st.floats(3000, 50_000), late=st.floats(3000, 9000))
def test_any_rise_has_a_score_whatever_else_is_in_the_batch(models, rise, peak, late):
    true = SUPERNOVA._replace(rise_time=rise, amplitude=peak, late=late)
    packets = [packet(*curve()), packet(*curve(true)), packet(source(0, "g", 1))]
    found = early_snia.function(batch(packets, early_snia.inputs))["snia_vs_nonia"]
    assert found[0] == score(*curve())
    assert found[2] != found[2]
    if features(*curve(true)):
        assert 0 <= found[1] <= 1
        assert found[1] == score(*curve(true))
