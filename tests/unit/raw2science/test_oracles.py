"""Values that Fink stored or documents for real alerts, against ours."""

import math

import numpy as np
import pandas as pd
import pytest
from batches import ORACLES, batch

from fink_assets.raw2science.modules.ztf import MODULES

NAMED = {module.name: module for module in MODULES}
SLOPES = ("linear_trend", "linear_fit_slope")

pytestmark = pytest.mark.skipif(
    not ORACLES.is_dir(), reason=f"alerts with Fink's values are not at {ORACLES}"
)


def oracle(name: str) -> pd.DataFrame:
    """Read the alerts of a file whose path starts with a name."""
    found = sorted(ORACLES.glob(f"{name}*"))
    assert found, f"no oracle {name}"
    return pd.concat([pd.read_parquet(path) for path in found], ignore_index=True)


def computed(module: str, stored: pd.DataFrame) -> pd.DataFrame:
    """Run a module on the packets of an oracle."""
    module = NAMED[module]
    return module.function(batch(stored.to_dict("records"), module.inputs))


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("YS", 26),
        ("RG/part", 133),
        ("TD", 21),
        ("HL", 72),
        ("SL", 74),
        ("CT", 414),
        ("DT/part", 124),
    ],
)
def test_solar_system_codes_are_those_in_production(name, rows):
    stored = oracle(name)
    agree = computed("solar_system", stored)["roid"] == stored["roid"]
    assert (len(stored), agree.sum()) == (rows, rows)


def test_solar_system_codes_have_the_documented_counts():
    counts = [
        computed("solar_system", oracle(name))["roid"].value_counts().to_dict()
        for name in ("DT/part-00002", "DT/part-00003", "IB")
    ]
    assert counts == [{0: 66, 3: 1}, {0: 57}, {0: 118, 1: 2, 2: 1}]


@pytest.mark.parametrize("band", ["g", "r"])
@pytest.mark.parametrize("name", ["YS", "RG/part-00000-836b", "HL", "SL"])
def test_light_curve_features_are_those_in_production(name, band):
    stored = oracle(name)
    stored = stored[stored[f"lc_features_{band}"].notna()].reset_index(drop=True)
    found = computed("lightcurve_features", stored)[band]
    assert len(stored) >= 7
    for ours, theirs in zip(found, stored[f"lc_features_{band}"], strict=True):
        compare_features(ours, theirs)


def compare_features(ours, theirs):
    """Compare two structs; a band without points is a struct of nulls in Fink, null here.

    Slopes are compared to 1e-4 only, since those stored were fitted on whole Julian dates.
    """
    assert (ours is None) == all(missing(value) for value in theirs.values())
    for name, value in theirs.items():
        if ours is None or missing(value):
            assert ours is None or missing(ours[name])
            continue
        tolerance = 1e-4 if name in SLOPES else 1e-6
        assert ours[name] == pytest.approx(value, rel=tolerance, abs=1e-9), name


def missing(value):
    return value is None or math.isnan(value)


@pytest.mark.parametrize("name", ["536106200014286", "633202300014898", "633211400005684"])
def test_features_of_long_light_curves_agree_with_published_ones(name):
    from fink_assets.astro.light_curve import features

    curve = pd.read_csv(ORACLES / "features" / f"{name}.csv").sort_values("mjd")
    found = features(*(curve[column].to_numpy(dtype=float) for column in ("mjd", "mag", "magerr")))
    text = (ORACLES / "features" / f"{name}.features").read_text()
    published = dict(line.split(":") for line in text.splitlines() if line.strip())
    common = set(found) & set(published)
    assert len(common) >= 18
    for feature in common:
        assert found[feature] == pytest.approx(float(published[feature]), rel=0.05), feature


@pytest.mark.parametrize("name", ["YS", "RG/part-00000-836b", "SL"])
def test_rates_have_the_epochs_of_production_and_its_values_within_the_errors(name):
    stored = oracle(name)
    stored = stored[stored["jd_first_real_det"].notna()].reset_index(drop=True)
    found = computed("fast_transient_rate", stored)
    for column in ("jd_first_real_det", "jdstarthist_dt", "delta_time"):
        pd.testing.assert_series_equal(found[column], stored[column], rtol=0, atol=1e-6)
    assert (found["from_upper"].eq(True) == stored["from_upper"].eq(True)).all()
    assert (found["mag_rate"].isna() == stored["mag_rate"].isna()).all()
    distance = (found["mag_rate"] - stored["mag_rate"]).abs() / found["sigma_rate"]
    # Production shifts all fluxes of a batch, which is worth up to 1.5 sigma.
    assert distance.dropna().max() < 2
    assert distance.median() < 0.3


EXTRAGALACTIC = (
    *("BClG", "BlueCompG", "Candidate_SN*", "ClG", "Compact_Gr_G", "EmG", "Fail", "Fail 504"),
    *("Galaxy", "galaxy", "GinCl", "GinGroup", "GinPair", "GravLens_Candidate", "GroupG", "HII_G"),
    *("High_z_G", "IG", "LINER", "LSB_G", "PairG", "PartofG", "Possible_ClG", "Possible_SClG"),
    *("SN", "SN*_Candidate", "Seyfert", "Seyfert_1", "Seyfert_2", "StarburstG", "SuperClG"),
    *("Transient", "Unknown", "Void"),
)


def detections(stored):
    """Number of detections in each packet."""
    return pd.Series([np.isfinite(m).sum() for m in packets(stored, "history.magpsf")])


def packets(stored, path):
    """One input of each packet."""
    return batch(stored.to_dict("records"), [path])[path]


def supernovae_in_production(stored, **columns):
    """Scores with all conditions of production, the cross-match included, and its 0 elsewhere."""
    age = packets(stored, "candidate.jd") - packets(stored, "candidate.jdstarthist")
    meets = (detections(stored) >= 2) & (age <= 90)
    for column, allowed in columns.items():
        meets &= stored[column].isin(allowed)
    return computed("supernova", stored).where(meets, 0.0)


@pytest.mark.parametrize(("name", "rows", "scored"), [("YS", 26, 0), ("RG/part-00000-836b", 9, 6)])
def test_supernova_scores_are_those_in_production(name, rows, scored, models):
    stored = oracle(name)
    found = supernovae_in_production(stored, cdsxmatch=EXTRAGALACTIC, roid=(0, 1, 2))
    assert len(stored) == rows
    for ours, theirs in NETWORKS.items():
        assert (found[ours] > 0).sum() == scored
        np.testing.assert_allclose(found[ours], stored[theirs], rtol=0, atol=1e-6)


def test_as_many_alerts_score_high_as_supernovae_of_type_ia_as_documented(models):
    """With points in i, which are steps without flux; their SIMBAD type is taken as unknown."""
    stored = oracle("IB")
    high = supernovae_in_production(stored)["snia_vs_nonia"] > 0.5
    assert high.sum() == 13
    assert set(stored.loc[high, "objectId"]) == {"ZTF24aaqnriz"}


@pytest.mark.parametrize(("name", "rows"), [("YS", 26), ("RG/part-00000-836b", 9), ("TD", 21)])
def test_alerts_without_a_rise_in_both_bands_are_those_with_a_zero_in_production(
    name, rows, models
):
    found = early_in_production(oracle(name), cdsxmatch=EXTRAGALACTIC)
    assert (found.isna() | (found == 0)).sum() == rows
    assert (oracle(name)["rf_snia_vs_nonia"] == 0).all()


def test_early_supernovae_of_type_ia_have_the_documented_probabilities(models):
    """Whatever SIMBAD says; values stored in the file are of an older forest."""
    stored = oracle("DT/part")
    found = early_in_production(stored)
    assert {c: round(p, 3) for c, p in zip(stored["candid"], found, strict=True) if p > 0.5} == {
        1786383464615015013: 0.674,
        1786383461515015008: 0.816,
        1786330573515015010: 0.693,
    }


def test_no_alert_with_points_in_i_is_an_early_supernova_of_type_ia_as_documented(models):
    assert (early_in_production(oracle("IB")) > 0.5).sum() == 0


def early_in_production(stored, **columns):
    """Probabilities with all conditions of production, null where there is none."""
    meets = (detections(stored) >= 4) & (packets(stored, "candidate.ndethist") <= 20)
    for column, allowed in columns.items():
        meets &= stored[column].isin(allowed)
    return computed("early_snia", stored)["snia_vs_nonia"].where(meets)


NETWORKS = {"snia_vs_nonia": "snn_snia_vs_nonia", "sn_vs_all": "snn_sn_vs_all"}


VARYING = {"IB": (118, 119), "DT/part-00002": (45, 44), "DT/part-00003": (32, 31)}


@pytest.mark.parametrize("name", VARYING)
def test_as_many_alerts_vary_fast_as_documented_but_for_one(name):
    """Fink's count is one of random draws, which shift the fluxes of a batch; ours never varies."""
    ours, documented = VARYING[name]
    rate = computed("fast_transient_rate", oracle(name))["mag_rate"]
    assert (rate.abs() > 0.2).sum() == ours
    assert abs(ours - documented) == 1


@pytest.mark.parametrize("name", ["DT/part", "IB"])
def test_each_band_with_a_detection_has_features_of_its_own_but_not_i(name):
    stored = oracle(name)
    fids, magnitudes = packets(stored, "history.fid"), packets(stored, "history.magpsf")
    found = computed("lightcurve_features", stored)
    for place, (fid, magpsf) in enumerate(zip(fids, magnitudes, strict=True)):
        bands = {"grx"[int(code) - 1] for code in fid[np.isfinite(magpsf)]} - {"x"}
        assert {band for band in "gr" if found[band][place] is not None} == bands
