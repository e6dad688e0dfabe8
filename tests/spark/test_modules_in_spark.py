"""Science modules as Spark runs them: golden alerts, declared inputs, failures."""

import inspect
import re
import sys
from dataclasses import replace

import pandas as pd
import pytest
from pipeline import only

from fink_assets.raw2science.apply import _images, enriched, with_inputs
from fink_assets.raw2science.module import Column, science_module
from fink_assets.raw2science.modules.ztf import MODULES

NAMES = {module.name for module in MODULES}
GOLDEN = [
    pytest.param(module, golden, id=f"{module.name}-{golden.alert}")
    for module in MODULES
    for golden in module.golden
]


def declared(function, *, inputs=("candidate.rb",), needs=(), type="double"):
    """Declare a module with one output `score`."""
    declare = science_module(
        survey="ztf",
        version="1.0.0",
        owners=["team:tests"],
        inputs=inputs,
        outputs=(Column(name="score", type=type, doc="A number."),),
        needs=needs,
    )
    function.__doc__ = "Give a number."
    return declare(function)


@pytest.fixture(scope="module")
def found(enriched_sample):
    return {row["alert_id"]: row.asDict(recursive=True) for row in enriched_sample.collect()}


@pytest.fixture(scope="module")
def alerts(spark, sample_run):
    """A night of raw with its histories."""
    raw = sample_run.tables.raw.read(spark, nights=["2021-11-22"])
    return with_inputs(raw, sample_run.chain.survey, MODULES)


def collected(frame):
    return {row["alert_id"]: row.asDict(recursive=True) for row in frame.collect()}


@pytest.mark.parametrize(("module", "golden"), GOLDEN)
def test_a_golden_alert_gets_its_golden_values_through_spark(module, golden, found):
    row = found[golden.alert]
    assert row["module_status"][module.name] == golden.status
    assert (row[module.name] is None) == (golden.status != "ok")
    for name, expected in golden.expected.items():
        compare(row[module.name][name], expected, golden.tolerance)


def compare(value, expected, tolerance):
    if isinstance(expected, dict):
        for name in expected:
            compare(value[name], expected[name], tolerance)
    elif expected is None:
        assert value is None
    elif isinstance(expected, str):
        assert value == expected
    else:
        assert value == pytest.approx(expected, rel=tolerance)


def test_the_sample_needs_no_failure_but_of_services_that_nobody_may_ask(found):
    asking = {module.name for module in MODULES if module.services}
    statuses = {name: {row["module_status"][name] for row in found.values()} for name in NAMES}
    assert set().union(*(statuses[name] for name in NAMES - asking)) == {"ok", "not_applicable"}
    assert all(statuses[name] == {"unavailable"} for name in asking)
    silent = dict.fromkeys(asking, "it was not asked")
    assert all(row["module_errors"] == silent for row in found.values())


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_what_spark_evaluates_of_a_module_reads_declared_inputs_only(module, enriched_sample):
    sight = only(enriched_sample, module.inputs)
    expressions = [module.applies, *module.expressions.values()]
    assert len(sight.selectExpr(*expressions).columns) == len(expressions)


def test_an_undeclared_input_of_an_expression_is_seen(enriched_sample):
    from pyspark.errors import AnalysisException

    with pytest.raises(AnalysisException, match="magpsf"):
        _ = only(enriched_sample, ["candidate.rb"]).selectExpr("candidate.magpsf").columns


def raises(alerts):
    raise RuntimeError("no model for you")


def wrong_type(alerts):
    return pd.DataFrame({"score": ["many"] * len(alerts)}, index=alerts.index)


def wrong_length(alerts):
    return pd.DataFrame({"score": [1.0] * (len(alerts) - 1)}, index=alerts.index[1:])


def other_rows(alerts):
    return pd.DataFrame({"score": 1.0}, index=alerts.index + 1)


def no_output(alerts):
    return pd.DataFrame({"other": 1.0}, index=alerts.index)


def not_a_frame(alerts):
    return None


def peeking(alerts):
    return pd.DataFrame({"score": alerts["candidate.magpsf"]})


def open_eyed(alerts):
    return pd.DataFrame({"score": alerts["candidate.magpsf"].astype(float)})


def dependent(alerts):
    return pd.DataFrame({"score": alerts["raises.score"]})


def second_dependent(alerts):
    return pd.DataFrame({"score": 1.0}, index=alerts.index)


def dependent_in_spark():
    return {"score": "raises.score + 1"}


def doubled_in_spark():
    return {"score": "open_eyed.score * 2"}


def doubled_again(alerts):
    return pd.DataFrame({"score": alerts["doubled_in_spark.score"] * 2})


@pytest.fixture(scope="module")
def troubled(alerts):
    """A night enriched by modules of which most break their contract."""
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Spark's workers do not have it
    broken = [raises, wrong_type, wrong_length, other_rows, no_output, not_a_frame, peeking]
    modules = [
        *map(declared, broken),
        declared(open_eyed, inputs=("candidate.magpsf",)),
        declared(dependent, inputs=("raises.score",), needs=("raises",)),
        declared(second_dependent, inputs=("dependent.score",), needs=("dependent",)),
        declared(dependent_in_spark, inputs=("raises.score",), needs=("raises",)),
        declared(doubled_in_spark, inputs=("open_eyed.score",), needs=("open_eyed",)),
        declared(doubled_again, inputs=("doubled_in_spark.score",), needs=("doubled_in_spark",)),
    ]
    names = [module.name for module in modules]
    kept = ["alert_id", "candidate.magpsf", "module_status", "module_errors", *names]
    return collected(enriched(alerts, modules).select(*kept))


ERRORS = {
    "raises": "RuntimeError: no model for you",
    "wrong_type": "TypeError: score is not double",
    "wrong_length": r"ValueError: \d+ rows with another index",
    "other_rows": r"ValueError: \d+ rows with another index",
    "no_output": "ValueError: outputs missing: score",
    "not_a_frame": "TypeError",
    "peeking": "KeyError: 'candidate.magpsf'",
}


@pytest.mark.parametrize(("name", "error"), ERRORS.items(), ids=list(ERRORS))
def test_a_module_that_breaks_its_contract_fails_alone_and_says_why(name, error, troubled):
    assert len(troubled) == 27
    for row in troubled.values():
        assert row["module_status"][name] == "failed"
        assert row[name] is None
        assert re.match(error, row["module_errors"][name])


@pytest.mark.parametrize("name", ["dependent", "second_dependent", "dependent_in_spark"])
def test_what_needs_a_failed_module_is_unavailable(name, troubled):
    for row in troubled.values():
        assert row["module_status"][name] == "unavailable"
        assert row[name] is None
        assert name not in row["module_errors"]


def test_the_others_complete_and_python_and_spark_may_need_each_other(troubled):
    for row in troubled.values():
        assert row["open_eyed"]["score"] == row["magpsf"]
        assert row["doubled_in_spark"]["score"] == 2 * row["magpsf"]
        assert row["doubled_again"]["score"] == 4 * row["magpsf"]
        assert row["module_status"]["doubled_again"] == "ok"
        assert set(row["module_errors"]) == set(ERRORS)


def test_without_modules_alerts_pass_with_empty_maps(alerts):
    row = enriched(alerts, []).select("module_status", "module_versions").first()
    assert row.asDict() == {"module_status": {}, "module_versions": {}}


def size_of_stamp(alerts):
    return pd.DataFrame({"score": [float(len(s)) for s in alerts["cutouts.science"]]})


def test_stamps_travel_to_python_for_alerts_to_which_a_module_applies_and_for_no_other(
    spark, sample_run
):
    """Two stamps of an alert are a third of it: those that nobody looks at stay where they are."""
    from pyspark.sql import functions as F

    raw = sample_run.tables.raw.read(spark, nights=["2021-11-22"])
    module = declared(size_of_stamp, inputs=("cutouts.science",))
    alerts = with_inputs(raw, sample_run.chain.survey, [module])
    images = _images(alerts, [module], [F.expr("if(candidate.fid = 1, 'ok', 'not_applicable')")])
    sent = images.selectExpr("candidate.fid", "_looked_at.science is not null as sent").collect()
    assert {row["fid"] for row in sent} == {1, 2}
    assert all(row["sent"] == (row["fid"] == 1) for row in sent)


def test_stamps_go_nowhere_where_the_packet_alone_says_that_no_module_applies(spark, sample_run):
    raw = sample_run.tables.raw.read(spark, nights=["2021-11-22"])
    asking = "candidate.fid = 1 and solar_system.roid = 0"
    module = declared(size_of_stamp, inputs=("cutouts.science",))
    bright = replace(module, after=("solar_system",), applies=asking)
    alerts = with_inputs(raw, sample_run.chain.survey, [bright])
    kept = alerts.selectExpr("candidate.fid", "cutouts.science is not null as kept").collect()
    assert {row["fid"] for row in kept} == {1, 2}
    assert all(row["kept"] == (row["fid"] == 1) for row in kept)


def test_a_module_reads_stamps_by_the_name_that_all_surveys_share(spark, sample_run):
    raw = sample_run.tables.raw.read(spark, nights=["2021-11-22"])

    def sizes(alerts):
        found = [float(len(s)) for s in alerts["cutouts.difference"]]
        return pd.DataFrame({"score": found}, index=alerts.index)

    module = declared(sizes, inputs=("cutouts.difference",))
    read = enriched(with_inputs(raw, sample_run.chain.survey, [module]), [module])
    size = "length(cutoutDifference.stampData) as size"
    for row in read.selectExpr("sizes.score", size).collect():
        assert row["score"] == row["size"]


def test_hostless_applies_to_no_known_solar_system_object_and_to_nothing_in_the_reference(found):
    asked = {n: row["module_status"]["hostless"] == "ok" for n, row in found.items()}
    assert set(asked.values()) == {True, False}
    for alert, applies in asked.items():
        row = found[alert]
        in_reference = 0 <= row["candidate"]["distnr"] <= 1.5
        known = row["solar_system"]["roid"] == 3
        many = row["detection_history"]["nalerthist"] > 20
        assert applies == (not in_reference and not known and not many)


def test_a_module_alone_keeps_what_others_said(spark, sample_run):
    science = sample_run.tables.science.read(spark, nights=["2021-11-22"])

    def reader(alerts):
        return pd.DataFrame({"score": alerts["solar_system.roid"].astype(float)})

    alone = declared(reader, inputs=("solar_system.roid",), needs=("solar_system",))
    rows = collected(enriched(science, [alone]))
    for row in rows.values():
        assert row["reader"]["score"] == row["solar_system"]["roid"]
        assert row["module_status"]["solar_system"] == row["module_status"]["reader"] == "ok"
        assert row["module_versions"]["reader"] == alone.code_version
        assert set(row["module_versions"]) == {"reader", *[module.name for module in MODULES]}


def test_the_docstring_of_each_module_is_its_description():
    assert all(m.doc == inspect.getdoc(m.function) for m in MODULES if m.function)
