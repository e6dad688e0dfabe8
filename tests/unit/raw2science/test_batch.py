"""Python modules on one batch: each in its own failure domain."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest

from fink_assets.raw2science.batch import ERROR_LENGTH, run_modules, runner
from fink_assets.raw2science.module import Column, ScienceModule

ALERTS = pd.DataFrame({"candidate.x": [1.0, 2.0, 3.0], "candidate.secret": [9.0, 9.0, 9.0]})


def module(name, function, *, inputs=("candidate.x",), needs=(), type="double"):
    return ScienceModule(
        name=name,
        survey="ztf",
        version="1.0.0",
        owners=("team:tests",),
        inputs=inputs,
        outputs=(Column(name="score", type=type, doc="A number."),),
        needs=needs,
        doc="Give a number.",
        function=function,
    )


def plus_one(alerts):
    return pd.DataFrame({"score": alerts["candidate.x"] + 1})


@dataclass(frozen=True)
class Held:
    """Data of which the content is known by its digest."""

    digest: str = "0"
    lack: str = ""
    key: tuple[str, str] = ("catalogues", "held")

    def missing(self):
        return self.lack


def run(*modules, status=None, alerts=ALERTS):
    before = {m.name: ["ok"] * len(alerts) for m in modules} | (status or {})
    return run_modules(modules, alerts, pd.DataFrame(before))


def test_values_status_and_error_of_each_module_come_back():
    found = run(module("good", plus_one))
    assert list(found.columns) == ["good.score", "good.status", "good.error"]
    assert list(found["good.score"]) == [2.0, 3.0, 4.0]
    assert set(found["good.status"]) == {"ok"}
    assert found["good.error"].isna().all()


def test_a_module_sees_only_the_alerts_it_applies_to_and_only_its_inputs():
    seen = []

    def look(alerts):
        seen.append(alerts)
        return plus_one(alerts)

    found = run(module("good", look), status={"good": ["ok", "not_applicable", "unavailable"]})
    assert list(seen[0].columns) == ["candidate.x"]
    assert list(seen[0].index) == [0]
    assert found["good.score"].isna().tolist() == [False, True, True]
    assert list(found["good.status"]) == ["ok", "not_applicable", "unavailable"]


@pytest.mark.parametrize("type", ["struct<x: double>", "map<string, string>", "string"])
def test_what_is_no_number_is_none_where_a_module_does_not_apply(type):
    """Regression: one alert of a batch with NaN in the place of a struct failed all of Spark."""
    values = {"struct<x: double>": {"x": 1.0}, "map<string, string>": {"x": "y"}, "string": "x"}

    def some(alerts):
        told = [values[type] if x == 1 else np.nan for x in alerts["candidate.x"]]
        return pd.DataFrame({"score": pd.Series(told, index=alerts.index, dtype=object)})

    found = run(module("some", some, type=type), status={"some": ["ok", "ok", "not_applicable"]})
    assert found["some.score"].tolist() == [values[type], None, None]


@pytest.mark.parametrize("type", ["string", "map<string, string>"])
def test_a_column_of_which_nothing_is_known_is_not_one_of_numbers(type):
    """Regression: texts that are all unknown are NaN to pandas, and failed all of Spark."""
    nothing = module("nothing", lambda a: pd.DataFrame({"score": np.nan}, index=a.index), type=type)
    found = run(nothing)["nothing.score"]
    assert found.dtype == object
    assert found.tolist() == [None, None, None]


def test_a_module_whose_data_are_missing_is_unavailable_and_says_why():
    lacking = replace(module("blind", lambda _: 1 / 0), data=(Held(lack="run set-up"), Held()))
    needing = module("needing", plus_one, needs=("blind",))
    found = run(lacking, needing, status={"blind": ["ok", "not_applicable", "ok"]})
    assert list(found["blind.status"]) == ["unavailable", "not_applicable", "unavailable"]
    assert list(found["blind.error"]) == ["run set-up", None, "run set-up"]
    assert list(found["needing.status"]) == ["unavailable", "ok", "unavailable"]


def test_a_module_whose_data_are_there_runs():
    assert set(run(replace(module("seeing", plus_one), data=(Held(),)))["seeing.status"]) == {"ok"}


def test_a_module_is_not_called_when_it_applies_to_nothing():
    found = run(module("idle", lambda _: 1 / 0), status={"idle": ["not_applicable"] * 3})
    assert set(found["idle.status"]) == {"not_applicable"}


def raising(alerts):
    raise LookupError("x" * 2 * ERROR_LENGTH)


BROKEN = {
    "raises": (raising, "LookupError: xxx"),
    "stops like an exit": (lambda a: a.no_such_thing, "AttributeError"),
    "text for a number": (lambda a: a.assign(score="many"), "TypeError: score is not double"),
    "a list for a number": (lambda a: a.assign(score=[[1], [2], [3]]), "TypeError: score"),
    "too few rows": (lambda a: a.assign(score=1.0).head(2), "ValueError: 2 rows"),
    "other rows": (lambda a: a.assign(score=1.0).iloc[::-1], "ValueError: 3 rows"),
    "no output": (lambda a: a, "ValueError: outputs missing: score"),
    "nothing": (lambda a: None, "TypeError"),
}


@pytest.mark.parametrize(("function", "error"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_module_fails_with_its_reason_and_the_others_go_on(function, error):
    found = run(module("broken", function), module("good", plus_one))
    assert set(found["broken.status"]) == {"failed"}
    assert found["broken.score"].isna().all()
    assert found["broken.error"].str.startswith(error).all()
    assert found["broken.error"].str.len().max() <= ERROR_LENGTH
    assert list(found["good.score"]) == [2.0, 3.0, 4.0]
    assert set(found["good.status"]) == {"ok"}


def test_a_number_that_does_not_fit_its_type_fails():
    found = run(module("whole", lambda a: a.assign(score=2**40), type="int"))
    assert found["whole.error"].str.startswith("TypeError: score is not int").all()


def test_what_needs_a_failed_module_is_unavailable_down_the_line():
    first = module("first", raising)
    second = module("second", plus_one, needs=("first",))
    third = module("third", plus_one, needs=("second",))
    found = run(first, second, third)
    assert set(found["second.status"]) == set(found["third.status"]) == {"unavailable"}
    assert found["third.error"].isna().all()


def test_a_module_reads_the_outputs_of_those_it_needs():
    def double(alerts):
        return pd.DataFrame({"score": alerts["first.score"] * 2})

    second = module("second", double, inputs=("first.score",), needs=("first",))
    found = run(module("first", plus_one), second)
    assert list(found["second.score"]) == [4.0, 6.0, 8.0]


def test_a_module_cannot_change_what_another_sees():
    def vandal(alerts):
        alerts["candidate.x"] = 0.0
        return pd.DataFrame({"score": alerts["candidate.x"]})

    found = run(module("vandal", vandal), module("witness", plus_one))
    assert list(found["witness.score"]) == [2.0, 3.0, 4.0]


def test_no_alert_gives_no_row():
    found = run(module("good", plus_one), alerts=ALERTS.head(0))
    assert list(found.columns) == ["good.score", "good.status", "good.error"]
    assert found.empty


def test_spark_gets_a_function_of_one_frame_with_the_status_inside():
    batch = ALERTS.assign(**{"good.status": ["ok", "not_applicable", "ok"]})
    batch.index = [7, 8, 9]
    found = runner([module("good", plus_one)])(batch)
    assert list(found["good.status"]) == ["ok", "not_applicable", "ok"]
    assert found["good.score"].isna().tolist() == [False, True, False]
