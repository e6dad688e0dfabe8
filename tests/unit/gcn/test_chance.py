"""The chance of a match is a probability, is Fink's where Fink's is right, and only grows."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.gcn.notices import SHARED

from fink_assets.gcn.chance import COVERAGES, RATES, chance_probability
from fink_assets.gcn.tiers import BRONZE, GOLD, SILVER, tiers
from fink_assets.raw2science.modules.hosts import EXTRAGALACTIC, NOTHING_KNOWN

ORACLE = SHARED / "science_oracles" / "GRB_grb.parquet"
RADIUS, DELAY = st.floats(0, 180), st.floats(-10, 1000)
OBSERVATORY, SURVEY = st.sampled_from(sorted(RATES)), st.sampled_from(sorted(COVERAGES))


def chance(radius, delay, observatory="Fermi", survey="ztf"):
    return chance_probability(radius, delay, RATES[observatory], COVERAGES[survey])


@pytest.mark.parametrize(
    ("radius", "delay", "complement"),
    [(3.1, 1.03, 0.998510), (2.17, 0.083279, 0.999934)],
    ids=["ZTF21aagwbjr and GRB 210204A", "ZTF23abaanxz and GRB 230827B"],
)
def test_it_is_finks_for_small_circles(radius, delay, complement):
    assert 1 - chance(radius, delay) == pytest.approx(complement, abs=1e-6)


def test_a_large_circle_is_no_plane():
    """Fink's flat circle of 38.6 degrees has 1.02 of the transients, and at 36.3 degrees, 0.29 d
    (ZTF21aakruew and GRB 210212B) its chance is 3% larger."""
    assert 1 - chance(36.327284855876584, 0.29) > 0.936975 + 0.001
    assert chance(38.635267, 1e6) == pytest.approx(0.9856, abs=1e-4)
    assert chance(45.0, 1e6) == 1


@given(RADIUS, DELAY, OBSERVATORY, SURVEY)
def test_it_is_a_probability(radius, delay, observatory, survey):
    assert 0 <= chance(radius, delay, observatory, survey) <= 1


@given(RADIUS, st.floats(0, 10), DELAY, st.floats(0, 10), OBSERVATORY, SURVEY)
def test_it_grows_with_separation_and_with_time(radius, more, delay, later, observatory, survey):
    here = chance(radius, delay, observatory, survey)
    assert here <= chance(radius + more, delay, observatory, survey)
    assert here <= chance(radius, delay + later, observatory, survey)


def test_no_time_and_no_area_leave_nothing_to_chance():
    assert chance(0.0, 5.0) == 0
    assert chance(5.0, [-1.0, 0.0]).tolist() == [0, 0]


def matches(**columns):
    told = {
        **{"observatory": ["Fermi"], "class": ["Unknown"], "real_bogus": [0.95]},
        **{"chance_probability": [1e-8], "error_deg": [1.0], "rate": [-1.0]},
    }
    return pd.DataFrame({**told, **{name: [value] for name, value in columns.items()}})


@pytest.mark.parametrize(
    ("told", "tier"),
    [
        ({}, GOLD),
        ({"rate": 0.31}, GOLD),
        ({"rate": 0.3}, SILVER),
        ({"rate": None}, SILVER),
        ({"error_deg": 5.01}, SILVER),
        ({"real_bogus": 0.89}, SILVER),
        ({"chance_probability": 5.8e-7}, BRONZE),
        ({"chance_probability": None}, BRONZE),
        ({"observatory": "LVK"}, BRONZE),
        ({"real_bogus": 0.69}, None),
        ({"real_bogus": None}, None),
        ({"class": "Solar System candidate"}, None),
        ({"class": None}, None),
        ({"class": "Fail 504"}, None),
        ({"observatory": "ICECUBE"}, None),
    ],
    ids=str,
)
def test_a_tier_asks_for_everything_below_it_and_null_never_passes(told, tier):
    assert tiers(matches(**told)).tolist() == [tier]


def test_failed_look_ups_are_no_galaxies():
    """Fink's list of labels has `Fail` and `Fail 504`."""
    assert len(EXTRAGALACTIC) == 34 - len({"Fail", "Fail 504", NOTHING_KNOWN})


@pytest.mark.skipif(not ORACLE.exists(), reason="Fink's rows are not beside the project")
def test_finks_filters_give_four_bronze_two_silver_one_gold_and_none_of_waves():
    rows = pd.read_parquet(ORACLE).rename(
        columns={"fink_class": "class", "rb": "real_bogus", "grb_proba": "chance_probability"}
    )
    found = tiers(rows.assign(error_deg=rows["grb_loc_error"] / 60))
    assert len(rows) == 18
    assert np.isin(found, [BRONZE, SILVER, GOLD]).sum() == 4
    assert np.isin(found, [SILVER, GOLD]).sum() == 2
    assert (found == GOLD).sum() == 1
    waves = tiers(rows[rows["observatory"] == "LVK"].assign(error_deg=math.nan))
    assert len(waves) == 0
