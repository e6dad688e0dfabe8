"""Values of LSST's modules on real alerts, against Fink's and against the package's own."""

import math

import numpy as np
import pandas as pd
import pytest
import rubin
from batches import ORACLES, batch, containers

from fink_assets.astro.light_curve import extractor
from fink_assets.raw2science.modules.lsst.cats import cats
from fink_assets.raw2science.modules.lsst.lightcurve_features import lightcurve_features
from fink_assets.raw2science.modules.lsst.supernova import supernova

BROAD = rubin.LSST / "v7.4_simulated_enriched"
ENRICHED = ORACLES / "R27_lsst_v10_enriched.parquet"

needs_alerts = pytest.mark.skipif(
    not rubin.LSST.is_dir(), reason=f"real LSST alerts are not at {rubin.LSST}"
)


def computed(packets):
    return lightcurve_features.function(batch(packets, lightcurve_features.inputs))


def missing(value):
    return value is None or math.isnan(value)


@pytest.mark.skipif(not ENRICHED.is_file(), reason=f"Fink's values are not at {ENRICHED}")
def test_light_curve_features_are_those_in_production():
    stored = pd.read_parquet(ENRICHED).to_dict("records")
    assert len(stored) == 27
    for packet, ours in zip(stored, computed(stored).to_dict("records"), strict=True):
        theirs = dict(packet["lc_features"])
        assert {band for band in ours if ours[band]} == set(theirs) == {"i"}
        for name, value in theirs["i"].items():
            if missing(value):
                assert ours["i"][name] is None
            else:
                assert ours["i"][name] == pytest.approx(value, rel=1e-9, abs=1e-12), name


@pytest.mark.skipif(not ENRICHED.is_file(), reason=f"Fink's values are not at {ENRICHED}")
def test_supernova_scores_are_those_in_production(models):
    """One point is enough for Fink; here such alerts do not reach the module."""
    stored = pd.read_parquet(ENRICHED).to_dict("records")
    found = supernova.function(batch(stored, supernova.inputs))["sn_vs_others"]
    theirs = [packet["clf"]["snnSnVsOthers_score"] for packet in stored]
    assert len(theirs) == 27
    np.testing.assert_allclose(found, theirs, rtol=0, atol=1e-6)


@pytest.mark.skipif(not ENRICHED.is_file(), reason=f"Fink's values are not at {ENRICHED}")
def test_broad_classes_and_their_scores_are_those_in_production(models):
    """One of the 27 has been seen before; Fink writes -1 and 0 for those that have not."""
    stored = pd.read_parquet(ENRICHED).to_dict("records")
    found = cats.function(batch(stored, cats.inputs))
    classes = [-1 if code is None else code for code in found["cats_class"]]
    assert classes == [packet["clf"]["cats_class"] for packet in stored]
    assert sorted(classes) == [-1] * 26 + [11]
    theirs = [packet["clf"]["cats_score"] for packet in stored]
    np.testing.assert_allclose(found["cats_score"].fillna(0), theirs, rtol=0, atol=2e-6)


@pytest.mark.skipif(not BROAD.is_dir(), reason=f"Fink's classes are not at {BROAD}")
def test_broad_classes_of_a_simulated_night_are_those_in_production(models):
    """Fink then took the history from forced photometry, and had a class without a history, too."""
    stored = containers(BROAD)
    assert len(stored) == 100
    forced = [packet | {"prvDiaSources": packet["prvDiaForcedSources"]} for packet in stored]
    found = cats.function(batch(forced, cats.inputs))["cats_class"]
    theirs = pd.Series([packet["cats_broad_class"] for packet in stored])
    known = found.notna()
    assert known.sum() == 50
    assert found[known].tolist() == theirs[known].tolist()
    assert theirs[known].value_counts().to_dict() == {11: 47, 21: 3}


@needs_alerts
def test_features_of_long_light_curves_are_the_package_s_own():
    packets = [p for p in rubin.real() if len(sources(p)) > 20]
    assert len(packets) >= 30
    seen = set()
    for packet, ours in zip(packets, computed(packets).to_dict("records"), strict=True):
        points = pd.DataFrame([{k: s[k] for k in FIELDS} for s in sources(packet)]).dropna()
        for band, curve in points.groupby("band"):
            seen.add(band)
            curve = curve.sort_values("midpointMjdTai").drop_duplicates("midpointMjdTai")
            time, flux, error = (curve[k].to_numpy(float) for k in FIELDS[1:])
            expected = extractor()(time - time[0], flux, error, fill_value=np.nan)
            found = [np.nan if v is None else v for v in ours[band].values()]
            np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert seen == {"g", "r", "i"}


FIELDS = ["band", "midpointMjdTai", "psfFlux", "psfFluxErr"]


def sources(packet):
    before = packet["prvDiaSources"]
    return [*(() if before is None else before), packet["diaSource"]]


@needs_alerts
def test_alerts_of_one_band_and_no_history_have_one_light_curve():
    alone = [p for p in rubin.real() if p["prvDiaSources"] is None]
    found = computed(alone)
    assert len(alone) > 100
    for packet, ours in zip(alone, found.to_dict("records"), strict=True):
        assert [band for band in ours if ours[band]] == [packet["diaSource"]["band"]]
