"""What a science module costs is worked out of computations with it and without it."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from fink_assets.raw2science.module import Column, ScienceModule
from fink_assets.trial.measures import cpu_seconds
from fink_assets.trial.science import ALL, Spent, combinations, costs


def module(name, *needs):
    return ScienceModule(
        name=name,
        survey="ztf",
        version="1.0.0",
        owners=("team:tests",),
        inputs=("candidate.magpsf",),
        outputs=(Column(name="x", type="double", doc="A number."),),
        needs=needs,
        doc="A module of which the cost is worked out.",
        function=lambda alerts: alerts,
    )


MODULES = [module("a"), module("b", "a"), module("c", "b"), module("d")]


def spent(rounds):
    return [Spent(seconds=seconds, cpu=2 * seconds) for seconds in rounds]


FOUND = {
    "": spent([99, 10, 11, 10]),
    "a": spent([99, 12, 13, 12]),
    "a+b": spent([99, 16, 17, 40]),
    "a+b+c": spent([99, 17, 18, 41]),
    "d": spent([99, 10, 10, 10]),
    "a+b+c+d": spent([99, 20, 21, 20]),
}


def test_each_module_is_computed_with_what_it_needs_and_that_without_it():
    groups = {name: [m.name for m in group] for name, group in combinations(MODULES).items()}
    assert groups == {
        "": [],
        "a": ["a"],
        "a+b": ["a", "b"],
        "a+b+c": ["a", "b", "c"],
        "d": ["d"],
        "a+b+c+d": ["a", "b", "c", "d"],
    }


def test_a_module_costs_what_is_spent_with_it_more_than_without_it():
    found = costs(MODULES, FOUND, alerts=1000)
    assert found["a"] == {"cpu_ms": 4.0, "alerts_per_second": 500.0}
    assert found["b"] == {"cpu_ms": 8.0, "alerts_per_second": 250.0}
    assert found["c"] == {"cpu_ms": 2.0, "alerts_per_second": 1000.0}
    assert found[ALL] == {"cpu_ms": 20.0, "alerts_per_second": 100.0}


def test_what_cannot_be_measured_has_no_rate():
    assert costs(MODULES, FOUND, alerts=1000)["d"] == {"cpu_ms": 0.0, "alerts_per_second": None}


def test_the_cpu_of_a_service_is_that_of_its_processes():
    code = "print(sum(i * i for i in range(10**7)), flush=True); input()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        process.stdout.readline()
        assert cpu_seconds(SimpleNamespace(pid=process.pid)) > 0.1
    finally:
        process.communicate(b"\n")
    assert cpu_seconds(SimpleNamespace(pid=process.pid)) == pytest.approx(0)
