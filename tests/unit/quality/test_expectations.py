"""Batches judged by Great Expectations: each rule of ZTF passes on one and fails on another."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.surveys import ZTF
from quality.expectations import judge
from quality.rules import Rule

RULES = (*ZTF.plausible, *ZTF.cuts)
GOOD = {
    "candidate.nbad": 0,
    "candidate.rb": np.float32(0.55),
    "candidate.fid": 2,
    "candidate.ra": 359.9,
    "candidate.dec": -89.9,
    "candidate.jd": 2459541.75,
    "candidate.magpsf": np.float32(18.5),
}
BAD = {
    "bad_pixels": 1,
    "low_real_bogus": np.float32(0.54),
    "unused_band": 3,
    "ra_on_the_sky": 360.1,
    "dec_on_the_sky": -90.1,
    "time_in_the_survey": 59541.25,
    "magnitude_of_a_detection": np.float32(25.1),
}


def batch(rule=None, *, bad=0, null=0, of=100):
    """A good batch with some bad and some missing values in a rule's column."""
    frame = pd.DataFrame(GOOD, index=range(of))
    if rule:
        values = [BAD[rule.name]] * bad + [None] * null + [GOOD[rule.column]] * (of - bad - null)
        frame[rule.column] = pd.Series(values, dtype="float64" if null else None)
    return frame


def of(rule, frame):
    (found,) = judge(frame, [rule])
    return found


def simple(operator, threshold, **more):
    given = {"name": "r", "column": "x", "why": "w", "source": "s", "tolerated": 0.0, **more}
    return Rule(operator=operator, threshold=threshold, **given)


def verdict(rule, values):
    (found,) = judge(pd.DataFrame({"x": values}), [rule])
    return found


def by_name(rules=RULES):
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: rule.name)


def test_every_rule_of_the_survey_is_tested_here():
    assert {rule.name for rule in RULES} == set(BAD)


def test_a_good_batch_passes_every_rule():
    found = judge(batch(), RULES)
    assert [v.rule for v in found] == list(RULES)
    assert all(v.passed and not v.unexpected and not v.blocks for v in found)
    assert {v.evaluated for v in found} == {100}


@by_name()
def test_a_rule_passes_at_the_fraction_it_tolerates_and_fails_beyond(rule):
    most = round(100 * rule.tolerated)
    at = of(rule, batch(rule, bad=most))
    assert (at.passed, at.unexpected) == (True, most)
    beyond = of(rule, batch(rule, bad=most + 1))
    assert (beyond.passed, beyond.unexpected) == (False, most + 1)
    assert beyond.samples == pytest.approx([BAD[rule.name]] * min(5, most + 1))


@by_name()
def test_a_missing_value_fails_as_a_wrong_one_does_and_is_counted_once(rule):
    most = round(100 * rule.tolerated)
    nulls = of(rule, batch(rule, null=most + 1))
    assert (nulls.passed, nulls.unexpected) == (False, most + 1)
    half = most // 2 + 1
    both = of(rule, batch(rule, bad=half, null=half))
    assert (both.passed, both.unexpected) == (False, 2 * half)


@by_name(ZTF.plausible)
def test_an_implausible_batch_is_blocked(rule):
    assert of(rule, batch(rule, bad=100)).blocks


@by_name(ZTF.cuts)
def test_a_batch_whose_alerts_all_fail_a_cut_is_shown_and_not_blocked(rule):
    found = of(rule, batch(rule, bad=100))
    assert not found.passed
    assert not found.blocks


@by_name()
def test_a_failure_of_one_rule_is_no_failure_of_another(rule):
    found = judge(batch(rule, bad=100), RULES)
    assert [v.rule for v in found if not v.passed] == [rule]


def test_an_empty_batch_has_nothing_wrong():
    found = judge(batch(of=0), RULES)
    assert all(v.passed and v.evaluated == 0 for v in found)


def test_a_column_without_any_value_fails():
    found = verdict(simple("between", (0, 1)), pd.Series([None, None], dtype="object"))
    assert (found.passed, found.unexpected) == (False, 2)


def test_infinity_is_outside_every_interval():
    assert verdict(simple("between", (0, 1)), [0.5, np.inf, -np.inf]).unexpected == 2


@pytest.mark.parametrize("score", [0.55, 0.65, 0.1])
def test_a_float32_at_the_bound_is_inside_as_for_the_cut_itself(score):
    """The packet's 0.65 is 0.64999998: the cut let it pass, and the batch counted it as failing."""
    assert verdict(simple(">=", score), np.array([score], "float32")).passed
    assert verdict(simple("<=", score), np.array([score], "float32")).passed
    assert verdict(simple("in", (score,)), np.array([score], "float32")).passed


def test_a_rule_judges_booleans_and_strings():
    assert verdict(simple("==", True), [True, True]).passed
    assert verdict(simple("in", ("g", "r")), ["g", "i"]).unexpected == 1


def test_rules_on_one_column_are_judged_apart():
    rules = [simple(">=", 2, name="low"), simple("<=", 3, name="high")]
    found = judge(pd.DataFrame({"x": [1, 2, 3, 4, 5]}), rules)
    assert [v.unexpected for v in found] == [1, 2]


@given(
    values=st.lists(st.none() | st.floats(-10, 10, width=32), min_size=1, max_size=60),
    tolerated=st.sampled_from([0.0, 0.05, 0.5, 0.98]),
)
@settings(max_examples=25, deadline=None)
def test_a_verdict_is_what_counting_by_hand_gives(values, tolerated):
    rule = simple("between", (-5, 5), tolerated=tolerated)
    wrong = sum(value is None or not -5 <= value <= 5 for value in values)
    found = verdict(rule, pd.Series(values, dtype="float32"))
    assert (found.evaluated, found.unexpected) == (len(values), wrong)
    assert found.passed == (wrong <= tolerated * len(values) + 1e-9)
