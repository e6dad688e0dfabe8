"""Filters on real alerts: what must pass, what must not, and that they read what they declare."""

from dataclasses import replace

import pytest
from pipeline import only

from fink_assets.distribution.filter import matched
from fink_assets.distribution.filters.ztf import FILTERS

CASES = [
    pytest.param(chosen, alert, passes, id=f"{chosen.name}-{alert}")
    for chosen in FILTERS
    for alerts, passes in ((chosen.accepts, True), (chosen.rejects, False))
    for alert in alerts
]


@pytest.fixture(scope="module")
def passed(enriched_sample):
    found = enriched_sample.selectExpr("alert_id", f"{matched(FILTERS)} as filters").collect()
    return {row["alert_id"]: row["filters"] for row in found}


@pytest.mark.parametrize(("chosen", "alert", "passes"), CASES)
def test_a_filter_takes_what_it_accepts_and_not_what_it_rejects(chosen, alert, passes, passed):
    assert (chosen.name in passed[alert]) == passes


def test_all_filters_in_one_scan_say_what_each_says_alone(enriched_sample, passed):
    alone = [f"{f.condition} as {f.name}" for f in FILTERS]
    for row in enriched_sample.selectExpr("alert_id", *alone).collect():
        expected = [f.name for f in FILTERS if row[f.name] is True]
        assert passed[row["alert_id"]] == expected


@pytest.mark.parametrize("chosen", FILTERS, ids=lambda chosen: chosen.name)
def test_a_filter_reads_its_declared_inputs_and_no_others(chosen, enriched_sample):
    from pyspark.errors import AnalysisException

    frame = only(enriched_sample, chosen.inputs).selectExpr(f"{chosen.condition} as passes")
    assert frame.schema["passes"].dataType.simpleString() == "boolean"
    for path in chosen.inputs:
        fewer = [*set(chosen.inputs) - {path}, "candidate.ranr"]
        with pytest.raises(AnalysisException):
            _ = only(enriched_sample, fewer).selectExpr(chosen.condition).schema


@pytest.mark.parametrize("chosen", FILTERS, ids=lambda chosen: chosen.name)
def test_an_alert_of_which_nothing_is_known_does_not_pass(chosen, enriched_sample):
    from pyspark.sql import functions as F

    one = only(enriched_sample.limit(1), chosen.inputs)
    kinds = {field.name: field.dataType for field in one.schema.fields}
    empty = one.select(*[F.lit(None).cast(kind).alias(name) for name, kind in kinds.items()])
    assert empty.selectExpr(f"{matched([chosen])} as filters").first()["filters"] == []


def test_without_filters_nothing_passes(enriched_sample):
    assert enriched_sample.limit(1).selectExpr(f"size({matched([])}) as n").first()["n"] == 0


def test_a_name_is_a_topic(sample_run):
    topics = {f.topic for f in sample_run.chain.filters}
    assert "fink_sso_ztf_candidates_ztf" in topics
    assert replace(FILTERS[0], survey="lsst").topic.endswith("_lsst")
