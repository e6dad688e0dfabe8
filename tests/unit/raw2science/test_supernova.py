"""What the networks of SuperNNova are given: points in steps, scaled as in their training."""

import numpy as np
import pandas as pd
import pytest
import rubin
from batches import batch
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.raw2science.models.registry import (
    SUPERNNOVA_LSST_SN,
    SUPERNNOVA_ZTF_IA,
    SUPERNNOVA_ZTF_SN,
)
from fink_assets.raw2science.models.store import load
from fink_assets.raw2science.modules.lsst.supernova import supernova as lsst
from fink_assets.raw2science.modules.supernnova import scaled, scores, steps
from fink_assets.raw2science.modules.ztf.supernova import supernova as ztf

ZTF = (SUPERNNOVA_ZTF_IA, SUPERNNOVA_ZTF_SN)
FEATURES = SUPERNNOVA_ZTF_IA.features


def curve(*points):
    """A light curve of points (day, band, flux, error)."""
    return tuple(np.array(part) for part in zip(*points, strict=True))


def grouped(*points, features=FEATURES):
    """The steps of one curve, each as what of it is not zero."""
    owner, found = steps([curve(*points)], features)
    assert (owner == 0).all()
    return [{f: v for f, v in zip(features, row, strict=True) if v} for row in found.tolist()]


def test_points_within_a_third_of_a_day_are_one_step_that_tells_its_bands():
    assert grouped((1, "g", 10, 2), (1.3, "r", 20, 3), (3, "r", 30, 4)) == [
        {"FLUXCAL_g": 10, "FLUXCALERR_g": 2, "FLUXCAL_r": 20, "FLUXCALERR_r": 3, "gr": 1},
        {"FLUXCAL_r": 30, "FLUXCALERR_r": 4, "delta_time": 2, "r": 1},
    ]


def test_a_step_begins_a_third_of_a_day_after_the_last_began_not_after_its_last_point():
    found = grouped((0, "g", 1, 1), (0.25, "g", 2, 2), (0.5, "g", 3, 3), (0.75, "g", 4, 4))
    assert [step["FLUXCAL_g"] for step in found] == [1, 3]
    assert found[1]["delta_time"] == 0.5


def test_of_several_points_in_a_band_a_step_has_the_one_with_the_smallest_error():
    assert grouped((0, "g", 10, 3), (0.1, "g", 20, 1), (0.2, "g", 30, 2)) == [
        {"FLUXCAL_g": 20, "FLUXCALERR_g": 1, "g": 1}
    ]


def test_points_at_the_same_time_are_in_the_same_step():
    """SuperNNova takes no time between two points for the beginning of another light curve."""
    found = grouped((0, "g", 10, 3), (0.1, "g", 20, 4), (0.1, "r", 20, 1))
    assert [step["gr"] for step in found] == [1]


def test_a_band_the_network_does_not_know_is_a_step_without_flux_that_advances_time():
    assert grouped((0, "g", 10, 1), (2, "", 99, 1), (5, "r", 20, 1)) == [
        {"FLUXCAL_g": 10, "FLUXCALERR_g": 1, "g": 1},
        {"delta_time": 2},
        {"FLUXCAL_r": 20, "FLUXCALERR_r": 1, "delta_time": 3, "r": 1},
    ]


def test_a_curve_in_bands_that_the_network_does_not_know_has_no_score(models):
    """Fink's score of a light curve in i is the one of no flux at all, whatever was measured."""
    unknown = curve((0, "", 10, 1), (2, "", 900, 1), (9, "", 20, 1))
    known = curve((0, "", 10, 1), (2, "g", 900, 1))
    for name, found in scores([unknown, known, unknown], load(ZTF)).items():
        assert np.isfinite(found).tolist() == [False, True, False], name
        assert found[1] == scores([known], load(ZTF))[name][0]


def test_points_that_are_not_measured_are_left_out_and_curves_without_any_have_no_step():
    nan = np.nan
    points = [(0, "g", nan, 1), (1, "g", 1, nan), (nan, "g", 1, 1), (9, "g", 1, 1)]
    assert len(grouped(*points)) == 1
    owner, found = steps([curve(*points[:3]), curve(*points), curve(points[0])], FEATURES)
    assert owner.tolist() == [1]
    assert found.shape == (1, len(FEATURES))


def test_six_bands_at_once_have_a_feature_of_their_own():
    points = [(0, band, 10, 1) for band in "ugrizY"]
    (step,) = grouped(*points, features=SUPERNNOVA_LSST_SN.features)
    assert step["ugrizY"] == 1
    assert len(step) == 13


points = st.lists(
    st.tuples(
        st.floats(0, 30), st.sampled_from(["g", "r", ""]), st.floats(-500, 5000), st.floats(0.1, 99)
    ),
    min_size=1,
    max_size=12,
    unique_by=(lambda point: point[0], lambda point: point[3]),
)


@given(points, st.randoms())
def test_steps_do_not_depend_on_the_order_of_points_nor_on_other_curves(given_points, random):
    alone = steps([curve(*given_points)], FEATURES)[1]
    shuffled = random.sample(given_points, len(given_points))
    owner, found = steps([curve((0, "r", 1, 1)), curve(*shuffled), curve((1, "g", 1, 1))], FEATURES)
    np.testing.assert_array_equal(found[owner == 1], alone)
    assert alone[:, -3:].sum(axis=1).max() <= 1


def test_inputs_are_scaled_as_in_training_and_below_its_smallest_they_count_as_that():
    model = {"minimum": np.array([-10.0]), "mean": np.array([1.0]), "std": np.array([2.0])}
    found = scaled(np.array([[90.0, 7], [-10, 7], [-999, 7]]), model)
    assert found[0, 0] == pytest.approx((np.log(100.00001) - 1) / 2)
    assert found[1, 0] == found[2, 0] == pytest.approx((np.log(1e-5) - 1) / 2)
    assert (found[:, 1] == 7).all()


def test_a_probability_does_not_depend_on_the_batch_to_the_last_digit(models):
    draw = np.random.default_rng(5)
    curves = [
        curve(*[(d, "gr"[d % 2], draw.normal(900, 99), 9) for d in range(draw.integers(2, 40))])
        for _ in range(60)
    ]
    networks = load(ZTF)
    whole = scores(curves, networks)
    for name in networks:
        alone = [scores([one], networks)[name][0] for one in curves]
        assert whole[name].tolist() == alone
        assert len(set(alone)) > 50


def alert(days, fid, magnitudes):
    count = len(days)
    frame = {
        "candidate.jd": [0.0],
        "candidate.jdstarthist": [0.0],
        "solar_system.roid": [0],
        "history.jd": [np.array(days, dtype=float)],
        "history.fid": [np.array(fid, dtype=float)],
        "history.magpsf": [np.array(magnitudes, dtype=float)],
        "history.sigmapsf": [np.full(count, 0.1)],
    }
    return ztf.function(pd.DataFrame(frame)).iloc[0]


def test_a_rise_of_three_weeks_looks_like_a_supernova_and_a_constant_source_does_not(models):
    days = np.arange(0, 24, 2.0)
    bands = [1 + n % 2 for n in range(len(days))]
    rise = alert(days, bands, 17.5 + 0.03 * (days - 20) ** 2)
    constant = alert(days, bands, np.full(len(days), 15.0))
    assert rise["sn_vs_all"] > 0.5 > constant["sn_vs_all"]


def test_upper_limits_do_not_change_a_score(models):
    assert alert([0, 2, 3], [1, 1, 2], [19, np.nan, 18]).equals(alert([0, 3], [1, 2], [19, 18]))


def score(*sources):
    return lsst.function(batch([rubin.packet(*sources)], lsst.inputs))["sn_vs_others"][0]


def test_a_single_detection_scores_as_the_training_did_whatever_its_flux_so_two_are_asked_for(
    models,
):
    """Fink's score of a first detection is 0.72, above the threshold of its filters."""
    for flux in (-300, 300, 3000):
        assert score(rubin.source(0, "i", flux)) == pytest.approx(0.72, abs=0.01)
    assert ">= 2" in lsst.applies
    assert ">= 2" in ztf.applies


def test_detections_in_y_count(models):
    """Fink passes y on as it is, but the network calls it Y."""
    before = [rubin.source(day, "i", 300) for day in (0, 4)]
    faint, bright = (score(*before, rubin.source(8, "y", flux)) for flux in (300, 90000))
    assert faint != bright
