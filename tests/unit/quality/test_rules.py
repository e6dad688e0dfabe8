"""Rules as declared; what their predicates do with values is in tests/spark/test_cuts_in_spark."""

import pytest

from quality.rules import Rule, failures


def rule(operator, threshold, **more):
    given = {"name": "r", "column": "a.b", "why": "w", "source": "s", **more}
    return Rule(operator=operator, threshold=threshold, **given)


@pytest.mark.parametrize(
    ("operator", "threshold", "predicate"),
    [
        ("==", 0, "coalesce(a.b == 0 and a.b is not null, false)"),
        (
            ">=",
            0.55,
            "coalesce(a.b >= float('0.55') and a.b is not null and not isnan(a.b), false)",
        ),
        ("<=", 3, "coalesce(a.b <= 3 and a.b is not null and not isnan(a.b), false)"),
        ("in", (1, 2), "coalesce(a.b in (1, 2) and a.b is not null, false)"),
        ("==", True, "coalesce(a.b == true and a.b is not null, false)"),
        ("==", "it's", r"coalesce(a.b == 'it\'s' and a.b is not null, false)"),
        (
            "between",
            (0, 9),
            "coalesce(a.b between 0 and 9 and a.b is not null and not isnan(a.b), false)",
        ),
    ],
)
def test_the_predicate_says_what_passes_and_that_null_and_nan_do_not(
    operator, threshold, predicate
):
    assert rule(operator, threshold).passes == predicate


@pytest.mark.parametrize(
    ("operator", "threshold", "bound", "limits"),
    [
        (">=", 0.55, ">= 0.55", (0.55, None)),
        ("<=", 3, "<= 3", (None, 3)),
        ("between", (0.0, 360.0), "between (0.0, 360.0)", (0.0, 360.0)),
    ],
)
def test_the_bound_is_readable_and_has_a_lowest_and_a_highest_value(
    operator, threshold, bound, limits
):
    assert rule(operator, threshold).bound == bound
    assert rule(operator, threshold).limits == limits


def test_the_reason_names_the_rule_the_column_its_value_and_the_bound():
    assert rule("in", (1, 2), name="unused_band", column="fid").reason == (
        "named_struct('rule', 'unused_band', 'column', 'fid', "
        "'value', string(fid), 'threshold', 'in (1, 2)')"
    )


def test_without_rules_there_is_nothing_to_fail():
    assert failures([]).startswith("cast(array() as array<struct<")


def test_a_rule_tolerates_everything_and_only_warns_unless_it_says_otherwise():
    assert (rule("==", 0).tolerated, rule("==", 0).severity) == (1.0, "warning")
