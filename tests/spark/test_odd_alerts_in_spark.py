"""Alerts of which much is odd or unknown, through the conditions and expressions of Spark."""

import math

import pytest
from frames import frame
from unit.raw2science.odd import ABSURD, odd
from unit.raw2science.passes import SURVEYS, numbers

from fink_assets.raw2science.apply import enriched
from fink_assets.raw2science.modules import MODULES

pytestmark = pytest.mark.usefixtures("models", "catalogues")

each_module = pytest.mark.parametrize("module", MODULES, ids=lambda m: f"{m.survey}-{m.name}")
UNKNOWN = "nothing but an identity"
SURE = {
    ("ztf", "classification"): {"label": "Unknown"},
    ("lsst", "solar_system"): {"is_sso": False},
    ("lsst", "classification"): {"label": "Unknown", "is_cataloged": False},
    ("ztf", "transient_features"): dict.fromkeys(
        ("bright_star", "point_underneath", "variable_source", "stationary", "is_transient"), False
    ),
}
"""What is said of an alert of which nothing is known: that there is no neighbour and no history."""


@pytest.fixture(scope="module")
def found(spark):
    """What all modules of a survey say of its odd alerts, by survey and by what is odd."""
    every = {}
    for survey in SURVEYS:
        modules = [module for module in MODULES if module.survey == survey]
        alerts = odd(survey)
        rows = enriched(frame(spark, survey, modules, list(alerts.values())), modules).collect()
        by_number = {row["alert_id"]: row.asDict(recursive=True) for row in rows}
        every[survey] = {name: by_number[n] for n, name in enumerate(alerts, start=1)}
    return every


@each_module
def test_a_module_applies_or_does_not_and_never_fails(module, found):
    status = {n: row["module_status"][module.name] for n, row in found[module.survey].items()}
    assert set(status.values()) <= {"ok", "not_applicable"}, status
    assert all(row["module_errors"] == {} for row in found[module.survey].values())


@each_module
def test_a_value_is_null_or_a_finite_number_in_its_range(module, found):
    for name, row in found[module.survey].items():
        values = row[module.name] or {}
        assert bool(values) == (row["module_status"][module.name] == "ok")
        for column in module.outputs:
            low, high = column.between or (-math.inf, math.inf)
            for number in numbers(values.get(column.name)) if column.type != "timestamp" else ():
                assert math.isfinite(number), (name, column.name)
                assert low <= number <= high or name in ABSURD, (name, column.name)


@each_module
def test_where_nothing_is_known_values_are_null_and_counts_are_zero(module, found):
    values = found[module.survey][UNKNOWN][module.name] or {}
    known = {name: value for name, value in values.items() if value is not None}
    counts = {c.name for c in module.outputs if c.type == "int" and "meta.number" in c.ucd}
    assert {known.pop(name) for name in counts & set(known)} <= {0}
    known.pop("unreadable", None)  # says why
    known.pop("answered", None)  # there is nothing at the place, and when that was said
    assert known == SURE.get((module.survey, module.name), {})


def test_supernovae_are_told_from_two_points_that_the_networks_know(found):
    """Regression: points without an error, or in i, once counted; the score was that of none."""
    ztf = {name: row["module_status"]["supernova"] for name, row in found["ztf"].items()}
    for name in ("the reddest band only", "no errors", "no time", "empty history"):
        assert ztf[name] == "not_applicable", name
    lsst = {name: row["module_status"]["supernova"] for name, row in found["lsst"].items()}
    assert lsst["ordinary"] == lsst["the reddest band only"] == "ok"
    for name in ("no errors", "no time", "empty history", "history of NaN"):
        assert lsst[name] == "not_applicable", name


@pytest.mark.parametrize("survey", SURVEYS)
def test_null_and_nan_are_the_same_to_every_module(survey, found):
    """Regression: where Fink asks for None, a NaN that Arrow makes of it counts as detection."""
    for nulls, nan in (
        ("history of nulls", "history of NaN"),
        ("alert of nulls", "alert of NaN"),
        ("nulls everywhere", "NaN everywhere"),
    ):
        assert told(found[survey][nulls]) == told(found[survey][nan])


def told(row):
    names = {"module_status", *(module.name for module in MODULES)}
    return {name: value for name, value in row.items() if name in names}
