"""How unusual a light curve is: which forest a band goes to, and what is not known."""

import numpy as np
import pandas as pd
import pytest
from batches import batch, features, sample
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.forest import in_levels
from fink_assets.raw2science.models.registry import ANOMALY_ZTF
from fink_assets.raw2science.models.store import load
from fink_assets.raw2science.modules.ztf.anomaly import (
    FILE_OF_BAND,
    anomaly,
    features_of,
    scores,
)

NAMES = ANOMALY_ZTF.features


def stump(feature, threshold, small, large):
    """A forest of one tree of one comparison."""
    nodes = {
        "feature": np.array([NAMES.index(feature), -1, -1]),
        "threshold": np.array([threshold, 0, 0]),
        "left": np.array([1, 0, 0]),
        "right": np.array([2, 0, 0]),
        "value": np.array([0, small, large]),
        "roots": np.array([0]),
    }
    return in_levels(nodes)


FORESTS = {"g": stump("skew", 0, -0.5, 0.25), "r": stump("median", 18, -1.0, 2.0)}
MODELS = {
    ANOMALY_ZTF.name: {
        f"{b}_{part}": v for b, trees in FORESTS.items() for part, v in trees.items()
    }
}


def light_curve(**values):
    return {name: 1.0 for name in NAMES} | {"mean": 17.0} | values


def found(g, r):
    columns = {"lightcurve_features.g": [g], "lightcurve_features.r": [r]}
    frame = pd.DataFrame(columns, dtype=object, index=[7])
    row = anomaly.function.__wrapped__(frame, MODELS).loc[7]
    return [None if np.isnan(value) else value for value in row]


def test_g_goes_to_the_forest_in_the_file_of_r_and_r_to_that_of_g():
    assert found(light_curve(median=17.0, skew=9), light_curve(median=19.0, skew=9)) == [
        *(-1.0, -1.0, 0.25)
    ]
    assert found(light_curve(median=19.0), light_curve(skew=-1.0)) == [-0.5, 2.0, -0.5]


@pytest.mark.parametrize("nothing", [None, np.nan])
def test_a_band_without_a_light_curve_has_no_score_and_the_other_one_counts(nothing):
    assert found(nothing, light_curve(skew=1)) == [0.25, None, 0.25]
    assert found(light_curve(median=19.0), nothing) == [2.0, 2.0, None]
    assert found(nothing, nothing) == [None, None, None]


@pytest.mark.parametrize("name", NAMES)
def test_a_band_that_lacks_a_feature_has_no_score(name):
    """Fink once put in the mean of its training set."""
    assert found(light_curve(**{name: None}), None) == [None, None, None]


def test_features_that_the_forests_do_not_know_may_lack():
    assert found(light_curve(mean=None), None)[0] == -1.0


def test_forests_cut_magnitudes_in_g_where_light_curves_in_g_are(models):
    """By the names of their files the bands are the other way round."""
    model = load([ANOMALY_ZTF])[ANOMALY_ZTF.name]

    def median_cut(band):
        prefix = f"{FILE_OF_BAND[band]}_"
        chosen = (model[f"{prefix}feature"] == NAMES.index("median")) & np.isfinite(
            model[f"{prefix}threshold"]
        )
        return np.median(model[f"{prefix}threshold"][chosen])

    assert median_cut("g") == pytest.approx(17.6, abs=0.05)
    assert median_cut("r") == pytest.approx(16.5, abs=0.05)


def test_straight_bands_would_give_other_scores(models):
    """The forests that Fink's exchange of bands gives g and r; see the module."""
    model = load([ANOMALY_ZTF])[ANOMALY_ZTF.name]
    packets = [p for p in sample() if all(features(p).values())]
    g, r = (features_of(pd.Series([features(p)[band] for p in packets])) for band in "gr")
    as_named = {"g": scores(g, model, "r"), "r": scores(r, model, "g")}
    ours = anomaly.function(batch(packets, anomaly.inputs))
    for band, straight in as_named.items():
        known = np.isfinite(straight)
        assert known.sum() > 10
        assert np.abs(ours[f"score_{band}"][known] - straight[known]).max() > 1e-3


def test_supernovae_are_more_unusual_than_half_of_the_sample(models):
    ours = anomaly.function(batch(sample(), anomaly.inputs))["anomaly_score"]
    names = pd.Series([packet["objectId"] for packet in sample()])
    supernovae = ours[names.isin(["ZTF21acobels", "ZTF21acoshvy"])]
    assert len(supernovae) == 7
    assert supernovae.max() < ours.median()


numbers = st.floats(-1e4, 1e4, width=32)
curves = st.none() | st.fixed_dictionaries({name: numbers | st.none() for name in NAMES})


@settings(max_examples=20)
@given(st.lists(st.tuples(curves, curves), min_size=1, max_size=9), st.randoms())
def test_scores_do_not_depend_on_the_batch_nor_on_its_order(models, pairs, random):
    def run(rows):
        columns = {
            f"lightcurve_features.{band}": pd.Series([row[n] for row in rows], dtype=object)
            for n, band in enumerate("gr")
        }
        return anomaly.function(pd.DataFrame(columns)).to_numpy()

    whole = run(pairs)
    order = random.sample(range(len(pairs)), len(pairs))
    np.testing.assert_array_equal(run([pairs[n] for n in order]), whole[order])
    for n, pair in enumerate(pairs):
        np.testing.assert_array_equal(run([pair])[0], whole[n])
        complete = [c for c in pair if c is not None and None not in c.values()]
        assert np.isfinite(whole[n, 1:]).sum() == len(complete)
        assert np.isnan(whole[n, 0]) == (not complete)
