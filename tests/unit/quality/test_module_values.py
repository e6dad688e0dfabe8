"""What is said of the values that modules gave in a night."""

import math

import numpy as np
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fink_assets.lake.tables import Tables
from fink_assets.raw2science.module import Column, ScienceModule
from quality.module_values import LEAST, NIGHTS, distance, values

SCORE = ScienceModule(
    name="score",
    survey="ztf",
    version="1.0.0",
    owners=("team:tests",),
    inputs=("candidate.magpsf",),
    outputs=(
        Column(name="p", type="double", doc="Probability.", between=(0, 1)),
        Column(name="flag", type="boolean", doc="Flag.", between=(0, math.inf)),
        Column(name="band", type="struct<mean: double, n: int>", doc="Of a band."),
        Column(name="label", type="string", doc="Not a number."),
    ),
    doc="A module of which nights are looked at.",
    function=lambda alerts: alerts,
)
NEWER = ScienceModule(
    name="newer",
    survey="ztf",
    version="1.0.0",
    owners=("team:tests",),
    inputs=("candidate.magpsf",),
    outputs=(Column(name="x", type="double", doc="Not in the table yet."),),
    doc="A module that has never run.",
    function=lambda alerts: alerts,
)


@pytest.fixture
def science(tmp_path):
    """Writes nights of science, one call each."""
    table = Tables("ztf", str(tmp_path)).science

    def write(night, p, *, status="ok", begin=0):
        struct = [
            None
            if value is None
            else {
                "p": value,
                "flag": value > 0.5,
                "band": {"mean": value, "n": 3},
                "label": "a",
            }
            for value in p
        ]
        kind = pa.struct(
            {
                "p": pa.float64(),
                "flag": pa.bool_(),
                "band": pa.struct({"mean": pa.float64(), "n": pa.int32()}),
                "label": pa.string(),
            }
        )
        many = len(p)
        frame = pa.table(
            {
                "alert_id": pa.array(range(begin, begin + many), pa.int64()),
                "night": [night] * many,
                "module_status": pa.array(
                    [[("score", status)]] * many, pa.map_(pa.string(), pa.string())
                ),
                "score": pa.array(struct, kind),
            }
        )
        write_deltalake(table.path, frame, mode="append", partition_by=["night"])

    write.table = table
    return write


def found(science, night="2026-01-09"):
    return {each.output: each for each in values(science.table, [SCORE, NEWER], night)}


def usual(seed, many=1000):
    return np.random.default_rng(seed).uniform(0, 1, many)


def test_every_number_is_looked_at_that_the_table_has(science):
    science("2026-01-09", usual(1, 10))
    assert set(found(science)) == {"p", "flag", "band.mean", "band.n"}


def test_values_out_of_range_and_without_a_number_are_counted(science):
    science("2026-01-09", [0.5, 1.5, -0.1, math.nan, 1.0])
    p = found(science)["p"]
    assert (p.alerts, p.nulls, p.outside, p.least, p.most) == (5, 1, 2, -0.1, 1.5)


def test_alerts_to_which_a_module_does_not_apply_lack_nothing(science):
    science("2026-01-09", [0.5, 0.6])
    science("2026-01-09", [None] * 8, status="not_applicable", begin=2)
    p = found(science)["p"]
    assert (p.alerts, p.nulls, p.null_fraction) == (2, 0, 0.0)


def test_nights_alike_are_as_usual(science):
    for day in range(1, 10):
        science(f"2026-01-0{day}", usual(day))
    assert [each.output for each in found(science).values() if each.unusual or each.lacking] == []
    assert 0 < found(science)["p"].distance < 0.1


def test_a_night_distributed_otherwise_is_unusual(science):
    science("2026-01-08", usual(1))
    science("2026-01-09", usual(2) ** 3)
    assert {name for name, each in found(science).items() if each.unusual} == {
        *("p", "flag", "band.mean"),
    }


def test_a_night_that_lacks_more_values_is_told_apart_from_one_distributed_otherwise(science):
    science("2026-01-08", usual(1))
    lacking = usual(2)
    lacking[:300] = math.nan
    science("2026-01-09", lacking)
    p = found(science)["p"]
    assert (p.lacking, p.unusual) == (True, False)
    assert (p.nulls_before, p.null_fraction) == (0.0, 0.3)


def test_a_few_nulls_more_are_as_usual(science):
    science("2026-01-08", usual(1))
    lacking = usual(2)
    lacking[:200] = math.nan
    science("2026-01-09", lacking)
    assert not found(science)["p"].lacking


def test_a_first_night_and_a_night_of_few_alerts_are_compared_with_nothing(science):
    science("2026-01-09", usual(1))
    science("2026-01-10", usual(2, LEAST - 1) ** 9)
    assert found(science)["p"].distance is None
    assert not found(science, "2026-01-10")["p"].unusual


def test_only_the_recent_nights_count(science):
    science("2025-12-01", usual(99, 50_000) ** 9)
    for day in range(2, 2 + NIGHTS):
        science(f"2026-01-0{day}", usual(day))
    science("2026-01-09", usual(50))
    assert not found(science)["p"].unusual


def test_a_night_without_alerts_and_a_table_that_is_not_there_say_nothing(science, tmp_path):
    assert values(Tables("ztf", str(tmp_path / "none")).science, [SCORE], "2026-01-09") == []
    science("2026-01-09", usual(1))
    assert values(science.table, [SCORE], "2026-02-01") == []


samples = st.lists(st.floats(-10, 10) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=50)


@given(samples, samples)
def test_the_distance_is_that_of_kolmogorov_and_smirnov(one, other):
    one, other = np.resize(one, LEAST), np.resize(other, LEAST)
    expected = stats.ks_2samp(one, other, method="asymp").statistic
    assert distance(one, other) == pytest.approx(expected)
