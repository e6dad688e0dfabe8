"""What LSST's modules make of built packets: which points count, and what does not matter."""

import math
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from batches import batch
from hypothesis import given, settings
from hypothesis import strategies as st
from rubin import packet, source

from fink_assets.astro.light_curve import NAMES
from fink_assets.raw2science.modules.lsst import MODULES
from fink_assets.raw2science.modules.lsst.bands import BANDS
from fink_assets.raw2science.modules.lsst.fast_transient_rate import fast_transient_rate
from fink_assets.raw2science.modules.lsst.lightcurve_features import lightcurve_features


def run(module, *packets):
    return module.function(batch(packets, module.inputs))


def features(*sources):
    return run(lightcurve_features, packet(*sources)).iloc[0].to_dict()


def rate(*sources):
    return run(fast_transient_rate, packet(*sources)).iloc[0].to_dict()


def test_each_band_has_a_light_curve_of_its_own_in_nanojansky():
    found = features(*[source(day, band, 100 * day) for day in range(4) for band in "gr"])
    assert found["g"] == found["r"]
    assert found["g"]["mean"] == pytest.approx(150)
    assert found["g"]["linear_fit_slope"] == pytest.approx(100)
    assert tuple(found) == BANDS
    assert tuple(found["g"]) == NAMES


def test_a_band_without_points_is_null_and_one_point_has_no_slope():
    found = features(source(0, "g", None), source(1, "r", 100, None), source(2, "y", 100))
    assert [band for band in BANDS if found[band]] == ["y"]
    assert found["y"]["mean"] == 100
    assert found["y"]["linear_fit_slope"] is None


def test_negative_fluxes_are_points_like_others():
    assert features(source(0, "i", -300), source(1, "i", 100))["i"]["mean"] == -100


def test_an_epoch_counts_once_in_a_band_but_bands_may_share_it():
    once = [source(0, "g", 100), source(1, "g", 300), source(1, "r", 500)]
    assert features(once[0], once[0], *once) == features(*once)
    assert features(*once)["r"]["mean"] == 500


@settings(max_examples=25, deadline=None)
@given(
    days=st.lists(st.integers(0, 10_000), min_size=1, max_size=12, unique=True),
    seed=st.integers(0, 99),
)
def test_the_order_of_detections_in_a_packet_does_not_matter(days, seed):
    dice = random.Random(seed)
    before = [source(day / 100, dice.choice("gi"), dice.uniform(-1e3, 1e4)) for day in days]
    current = source(101, "g", 700)
    mixed = dice.sample(before, len(before))
    for module in (lightcurve_features, fast_transient_rate):
        one, other = run(module, packet(*before, current)), run(module, packet(*mixed, current))
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_the_predecessor_is_the_latest_earlier_detection_in_the_band():
    found = rate(
        source(1, "g", 300, 30), source(0, "g", 900), source(2, "r", 50), source(3, "g", 500, 40)
    )
    assert found["delta_time"] == 2
    assert found["flux_rate"] == pytest.approx(100)
    assert found["sigma_flux_rate"] == pytest.approx(25)
    assert found["lower_flux_rate"] == pytest.approx(100 - 1.6448536 * 25)
    assert found["upper_flux_rate"] == pytest.approx(100 + 1.6448536 * 25)
    assert found["mag_rate"] == pytest.approx(-2.5 * math.log10(5 / 3) / 2, abs=0.01)
    assert found["lower_rate"] < found["mag_rate"] < found["upper_rate"] < 0


def test_a_detection_without_a_flux_or_an_error_is_passed_over():
    found = rate(
        source(0, "g", 300), source(1, "g", None), source(2, "g", 9, None), source(3, "g", 600)
    )
    assert found["delta_time"] == 3


@pytest.mark.parametrize("flux", [-300, 0])
def test_a_flux_that_is_not_positive_has_a_rate_of_flux_only(flux):
    found = rate(source(0, "z", flux), source(1, "z", 700))
    assert found["flux_rate"] == 700 - flux
    assert all(np.isnan(found[name]) for name in ("mag_rate", "sigma_rate", "upper_rate"))
    found = rate(source(0, "z", 700), source(1, "z", flux))
    assert found["upper_flux_rate"] < 0
    assert np.isnan(found["lower_rate"])


@pytest.mark.parametrize(
    "before",
    [source(0, "r", 100), source(0, None, 100), source(2, "g", 100), source(3, "g", 100)],
    ids=["another band", "no band", "the same time", "later"],
)
def test_without_a_predecessor_nothing_is_known(before):
    assert all(np.isnan(value) for value in rate(before, source(2, "g", 600)).values())


def test_an_alert_of_unknown_band_has_no_predecessor():
    assert np.isnan(rate(source(0, None, 100), source(1, None, 200))["delta_time"])


def test_rates_of_magnitude_are_those_of_draws_at_random():
    found = rate(source(0, "g", 300, 30), source(2, "g", 500, 40))
    generator = np.random.default_rng(3)
    drawn = generator.normal(500, 40, 200_000) / generator.normal(300, 30, 200_000)
    expected = -2.5 * np.log10(drawn) / 2
    assert found["mag_rate"] == pytest.approx(expected.mean(), abs=2e-3)
    assert found["sigma_rate"] == pytest.approx(expected.std(), rel=0.02)
    quantiles = [found["lower_rate"], found["upper_rate"]]
    np.testing.assert_allclose(quantiles, np.quantile(expected, [0.05, 0.95]), atol=4e-3)


def test_a_declaration_needs_no_registered_survey():
    assert {module.survey for module in MODULES} == {"lsst"}
    assert replace(MODULES[0], survey="elsewhere").name == MODULES[0].name
