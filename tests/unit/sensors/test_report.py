"""What a streaming run tells Dagster, from the receipts of its stages."""

from dataclasses import replace
from types import SimpleNamespace

import dagster as dg
import pytest

from fink_assets.chain import Done
from fink_assets.distribution.filters.ztf import FILTERS
from fink_assets.drain import Report
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.asked import Asking
from fink_assets.raw2science.modules.ztf import MODULES
from fink_assets.surveys import ZTF
from quality.expectations import Verdict
from sensors.report import events

NIGHT = "2024-11-02"
CHAIN = SimpleNamespace(
    survey=ZTF,
    tables=Tables("ztf", "/lake"),
    modules=MODULES,
    filters=FILTERS,
    enrich=SimpleNamespace(asking=Asking(root="/lake")),
)


def done(stage, counts, nights=None, verdicts=()):
    receipt = Receipt(counts=counts, nights=nights or {})
    return Done(stage=stage, batch=0, receipt=receipt, verdicts=verdicts)


def told(*stages):
    report = Report()
    for stage in stages:
        report.add(stage)
    return list(events(CHAIN, report))


def of_type(kind, found):
    return [event for event in found if isinstance(event, kind)]


def test_batches_are_summed_and_the_worst_latency_counts():
    found = told(
        done("raw2science", {"science": 2, "latency_ms_p50": 900}, {NIGHT: {"science": 2}}),
        done("raw2science", {"science": 3, "latency_ms_p50": 400}, {NIGHT: {"science": 3}}),
    )
    (science,) = [
        e for e in of_type(dg.AssetMaterialization, found) if e.asset_key.path[-1] == "science"
    ]
    assert science.metadata["dagster/row_count"].value == 5
    assert science.metadata["latency_s_p50"].value == 0.9
    assert science.partition == NIGHT


def test_what_raw2science_reads_is_not_reported_as_new_in_raw():
    found = told(
        done("stream2raw", {"messages": 2, "raw": 2}, {NIGHT: {"raw": 2}}),
        done("raw2science", {"raw": 2, "science": 2}, {NIGHT: {"raw": 2, "science": 2}}),
    )
    rows = {
        e.asset_key.path[-1]: e.metadata["dagster/row_count"].value
        for e in of_type(dg.AssetMaterialization, found)
        if "dagster/row_count" in e.metadata
    }
    assert rows["raw"] == rows["science"] == 2


@pytest.mark.parametrize(("forced", "nouns"), [(True, 8), (False, 6)])
def test_tables_of_the_archive_are_told_the_alerts_of_the_night(forced, nouns):
    survey = ZTF if forced else replace(ZTF, forced=None)
    report = Report()
    report.add(done("raw2science", {"science": 2}, {NIGHT: {"science": 2}}))
    found = of_type(
        dg.AssetMaterialization,
        events(SimpleNamespace(**{**vars(CHAIN), "survey": survey}), report),
    )
    told = {e.asset_key.path[-1]: e.partition for e in found if "alerts" in e.metadata}
    names = (
        *("sources", "objects", "alerts", "classes", "received", "history"),
        *("forced_photometry", "forced_light_curves"),
    )
    assert told == dict.fromkeys(names[:nouns], NIGHT)


def test_a_stage_that_did_nothing_materialises_nothing():
    assert told(done("raw2science", {"science": 0, "quarantine": 0})) == []


@pytest.mark.parametrize("status", ["failed", "unavailable"])
def test_a_module_without_values_on_some_alerts_fails_its_check(status):
    of_module = {"ok": 3, status: 1, "not_applicable": 96}
    counts = {f"module:solar_system:{name}": number for name, number in of_module.items()}
    found = told(done("raw2science", {"science": 4, **counts}, {NIGHT: counts}))
    (check,) = of_type(dg.AssetCheckEvaluation, found)
    assert check.asset_key == dg.AssetKey(["ztf", "science", "solar_system"])
    assert (check.check_name, check.passed) == ("no_failures", False)
    assert check.metadata[status].value == 1
    for name in ("failed", "unavailable"):
        assert check.metadata[f"{name} fraction"].value == (0.25 if name == status else 0)


def test_a_module_that_applies_to_no_alert_has_no_fractions_and_passes():
    counts = {"module:solar_system:not_applicable": 4}
    found = told(done("raw2science", {"science": 4, **counts}, {NIGHT: counts}))
    (check,) = of_type(dg.AssetCheckEvaluation, found)
    assert check.passed
    assert [name for name in check.metadata if "fraction" in name] == []


def test_one_failed_verdict_among_batches_is_the_one_that_shows():
    rule = ZTF.cuts[0]
    good = Verdict(rule=rule, passed=True, evaluated=9, unexpected=0)
    bad = Verdict(rule=rule, passed=False, evaluated=5, unexpected=5, samples=(3,))
    batches = [done("raw2science", {}, verdicts=[verdict]) for verdict in (good, bad, good)]
    (check,) = of_type(dg.AssetCheckEvaluation, told(*batches))
    assert not check.passed
    assert check.metadata["samples"].value == "3"


def test_dead_letters_are_reported_although_they_have_no_night():
    found = told(done("stream2raw", {"messages": 3, "raw": 1, "dead_letter": 2}, {}))
    assert [e.metadata["messages"].value for e in of_type(dg.AssetObservation, found)] == [3]
    (letters,) = of_type(dg.AssetMaterialization, found)
    assert letters.metadata["change of rows"].value == 2
    assert letters.partition is None
