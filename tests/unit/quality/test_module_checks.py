"""Each check of a module fails for its own reason and for no other."""

from dataclasses import replace

import dagster as dg
import pytest

from fink_assets.raw2science.module import Column, ScienceModule
from quality.module_checks import described, fractions, module_specs, of_run_time, of_values
from quality.module_values import LEAST, Values
from quality.run_time import RunTime

SCORE = ScienceModule(
    name="score",
    survey="ztf",
    version="1.0.0",
    owners=("team:tests",),
    inputs=("candidate.magpsf",),
    outputs=(Column(name="p", type="double", doc="Probability.", between=(0, 1)),),
    doc="A module that is looked at.",
    function=lambda alerts: alerts,
)
EXPRESSED = replace(SCORE, function=None, expressions={"p": "0.5"})
USUAL = Values(
    module="score",
    output="p",
    alerts=LEAST,
    nulls=10,
    outside=0,
    least=0.0,
    most=1.0,
    distance=0.05,
    nulls_before=0.05,
)


def failed(*found):
    return {r.check_name for r in of_values(SCORE, found) if not r.passed}


def test_usual_values_pass_every_check():
    assert failed(USUAL) == set()
    assert failed() == set()


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"outside": 1}, "values_are_in_range"),
        ({"nulls": LEAST // 2}, "nulls_are_as_in_recent_nights"),
        ({"distance": 0.3}, "values_are_as_in_recent_nights"),
    ],
)
def test_a_value_fails_the_one_check_that_is_about_it_and_is_named(changes, check):
    (result,) = [
        r for r in of_values(SCORE, [USUAL, replace(USUAL, output="q", **changes)]) if not r.passed
    ]
    assert result.check_name == check
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert result.metadata["not so"].value == "q"
    assert len(result.metadata["values"].value.records) == 2


def test_the_cost_is_compared_with_the_budget_of_the_module():
    cost = RunTime(alerts=100, seconds=0.4)
    assert of_run_time(SCORE, cost).passed
    dear = of_run_time(replace(SCORE, budget_ms=3), cost)
    assert (dear.passed, dear.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert {name: value.value for name, value in dear.metadata.items()} == {
        "alerts measured": 100,
        "CPU ms per alert": 4.0,
        "CPU seconds per alert": 0.004,
        "budget, CPU ms per alert": 3,
    }


def test_a_module_that_could_not_be_measured_says_why():
    told = of_run_time(SCORE, RunTime(alerts=3, problem="ValueError: no such band"))
    assert told.passed
    assert told.metadata["not measured"].value == "ValueError: no such band"
    assert "CPU ms per alert" not in told.metadata


def test_only_modules_in_python_have_a_run_time():
    assert set(described(SCORE)) - set(described(EXPRESSED)) == {"run_time_is_within_budget"}


def test_no_check_of_a_module_blocks_what_follows():
    specs = module_specs([SCORE, EXPRESSED])
    assert len(specs) == 9
    assert not any(spec.blocking for spec in specs)


def test_failures_are_fractions_of_the_alerts_that_the_module_might_apply_to():
    statuses = {"ok": 6, "failed": 3, "unavailable": 1, "not_applicable": 90}
    assert fractions(statuses) == {"failed fraction": 0.3, "unavailable fraction": 0.1}
    assert fractions({"not_applicable": 5}) == {}
