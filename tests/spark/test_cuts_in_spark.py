"""Predicates of rules evaluated on values: what passes, what fails, and the reasons given."""

import math

import pytest

from fink_assets.surveys import ZTF
from quality.rules import Rule, failures

FAILS = "failed"
CASES = [
    (">=", 0.55, {0.55: True, 0.54: False, math.inf: True, -math.inf: False}),
    (">=", 0.65, {0.65: True, 0.64: False}),
    ("<=", 0.65, {0.65: True, 0.66: False, math.inf: False}),
    ("==", 0, {0.0: True, 1.0: False}),
    ("in", (1, 2), {1.0: True, 2.0: True, 3.0: False}),
    ("between", (0.0, 360.0), {0.0: True, 360.0: True, -0.1: False, 360.1: False}),
]


def rule(number, operator, threshold):
    return Rule(
        name=f"r{number}", column="x", operator=operator, threshold=threshold, why="w", source="s"
    )


@pytest.fixture(scope="module")
def passing(spark):
    """Whether each value passes each rule, on a float32 column."""
    values = sorted({v for _, _, cases in CASES for v in cases})
    frame = spark.createDataFrame([(v,) for v in [*values, math.nan, None]], "x: float")
    rules = [rule(i, operator, bound) for i, (operator, bound, _) in enumerate(CASES)]
    rows = frame.selectExpr("double(x) x", *[f"{r.passes} {r.name}" for r in rules]).collect()
    assert {row[r.name] for row in rows for r in rules} == {True, False}
    # A float32 is found again by its value rounded to the digits it was declared with.
    return {_name(row["x"]): row for row in rows}


def _name(value):
    if value is None or not math.isfinite(value):
        return str(value)
    return str(round(value, 4))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{o} {b}" for o, b, _ in CASES])
def test_a_value_passes_exactly_if_it_meets_the_bound_and_null_and_nan_never_do(passing, number):
    for value, expected in CASES[number][2].items():
        assert passing[_name(value)][f"r{number}"] is expected, value
    assert passing["nan"][f"r{number}"] is False
    assert passing["None"][f"r{number}"] is False


def test_an_alert_that_fails_is_told_each_rule_with_its_value_and_the_bound(spark):
    candidates = {
        "passes": (0, 0.9, 2),
        "pixel": (1, 0.9, 2),
        "both": (3, 0.5, 1),
        "missing": (0, None, 1),
        "nan": (0, math.nan, 1),
        "band": (0, 0.9, 3),
    }
    schema = "name: string, candidate: struct<nbad: int, rb: float, fid: int>"
    frame = spark.createDataFrame(list(candidates.items()), schema)
    rows = frame.selectExpr("name", f"{failures(ZTF.cuts)} {FAILS}", f"{failures(())} none")
    found = {row["name"]: row for row in rows.collect()}
    told = {
        name: [(r["rule"], r["value"], r["threshold"]) for r in row[FAILS]]
        for name, row in found.items()
    }
    assert told == {
        "passes": [],
        "pixel": [("bad_pixels", "1", "== 0")],
        "both": [("bad_pixels", "3", "== 0"), ("low_real_bogus", "0.5", ">= 0.55")],
        "missing": [("low_real_bogus", None, ">= 0.55")],
        "nan": [("low_real_bogus", "NaN", ">= 0.55")],
        "band": [("unused_band", "3", "in (1, 2)")],
    }
    assert found["pixel"][FAILS][0]["column"] == "candidate.nbad"
    assert {tuple(row["none"]) for row in found.values()} == {()}
