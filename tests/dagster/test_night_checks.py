"""The checks of a night pass on a good one, and each fails on a broken one."""

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from pipeline import NIGHT

from fink_assets.definitions import build_defs
from fink_assets.lake.ledger import Receipt
from sensors import nights

BOOKS = {
    ("raw", "every_offset_is_accounted_for"),
    ("science", "every_alert_is_judged_once"),
    ("deliveries", "deliveries_are_what_filters_select"),
}
CHECKS = [dg.AssetCheckKey(dg.AssetKey(["ztf", asset]), name) for asset, name in sorted(BOOKS)]
DRIFT = {
    ("schema_history", "fields_are_those_of_the_night_before"),
    ("field_availability", "fields_have_values_as_the_night_before"),
}
TOLD = {("gcn_deliveries", "associations_with_a_tier_were_sent")}
OF_MODULES = (
    "no_failures",
    "values_are_in_range",
    "nulls_are_as_in_recent_nights",
    "values_are_as_in_recent_nights",
)
IN_TIME = "run_time_is_within_budget"
KNOWN, OTHER = 1786106591315015003, 1786397526015015000


@pytest.fixture
def definitions(runtime_settings):
    """Makes the definitions of a chain's survey and lake."""

    def make(chain, **more):
        configuration = runtime_settings.model_copy(update={"lake_root": chain.tables.root})
        return build_defs(configuration, surveys=[chain.survey], **more)

    return make


@pytest.fixture
def evaluate(definitions):
    """Runs the checks of a night, as the night-close job does, or some of them."""

    def run(chain, only=None, **more):
        job = definitions(chain, **more).resolve_job_def("ztf_night_close")
        result = (
            job.get_subset(asset_check_selection=set(only)) if only else job
        ).execute_in_process(
            partition_key=NIGHT,
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
        return evaluations(result)

    return run


def evaluations(result):
    return {(e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()}


def values(evaluation):
    return {name: value.value for name, value in evaluation.metadata.items()}


def test_all_checks_pass_on_a_good_night_with_the_numbers(evaluate, sample_run, tmp_path):
    found = evaluate(sample_run.copy(tmp_path, filters=sample_run.chain.filters).chain)
    modules = {(m.name, check) for m in sample_run.chain.modules for check in OF_MODULES}
    timed = {(m.name, IN_TIME) for m in sample_run.chain.modules if m.function}
    assert set(found) == BOOKS | DRIFT | TOLD | modules | timed
    assert all(e.passed for e in found.values())
    assert values(found["raw", "every_offset_is_accounted_for"]) == {
        "offsets": 57,
        "raw": 57,
        "dead_letter": 0,
        "empty": 0,
        "lost": 0,
    }
    assert values(found["science", "every_alert_is_judged_once"]) == {
        "raw": 27,
        "science": 27,
        "quarantine": 0,
        "duplicates": 0,
        "in both": 0,
        "missing": 0,
        "wrong": 0,
    }
    for module in sample_run.chain.modules:
        health = values(found[module.name, "no_failures"])
        assert health["failed fraction"] == 0
        assert health["unavailable fraction"] == (1 if module.services else 0)
        if module.function:
            cost = values(found[module.name, IN_TIME])
            assert cost["alerts measured"] == health["ok"]
            assert cost["CPU ms per alert"] > 0
    sent = values(found["deliveries", "deliveries_are_what_filters_select"])
    assert (sent["sent"], sent["selected"], sent["missing"], sent["twice"]) == (5, 5, 0, 0)


def test_a_module_is_computed_anew_where_nothing_was_ever_set_aside(
    definitions, sample_run, tmp_path
):
    run = sample_run.copy(tmp_path)
    shutil.rmtree(run.tables.quarantine.path)
    name = run.chain.survey.name
    result = (
        definitions(run.chain)
        .resolve_job_def(f"{name}_nights")
        .execute_in_process(
            partition_key=NIGHT,
            instance=dg.DagsterInstance.ephemeral(),
            asset_selection=[dg.AssetKey([name, "science", "detection_history"])],
        )
    )
    (told,) = result.asset_materializations_for_node(f"{name}_raw2science")
    assert told.metadata["ok"].value == 27


def delete(table, alert):
    from deltalake import DeltaTable

    removed = DeltaTable(table.path).delete(f"alert_id = {alert}")
    assert removed["num_deleted_rows"] == 1


def test_what_is_missing_fails_the_check_that_counts_it(evaluate, sample_run, tmp_path):
    run = sample_run.copy(tmp_path)
    delete(run.tables.science, KNOWN)
    delete(run.tables.raw, OTHER)
    found = evaluate(run.chain, CHECKS)
    assert {key for key in BOOKS if found[key].passed} == set()
    assert values(found["raw", "every_offset_is_accounted_for"])["raw"] == 56
    assert values(found["deliveries", "deliveries_are_what_filters_select"])["unexpected"] == 1


def test_a_value_out_of_its_range_is_a_warning_with_the_numbers(evaluate, sample_run, tmp_path):
    run = sample_run.copy(tmp_path)
    (solar_system,) = [m for m in run.chain.modules if m.name == "solar_system"]
    narrow = replace(solar_system.outputs[0], between=(5, 6))
    changed = replace(solar_system, outputs=(narrow, *solar_system.outputs[1:]))
    others = [m for m in run.chain.modules if m is not solar_system]
    key = dg.AssetCheckKey(dg.AssetKey(["ztf", "science", "solar_system"]), "values_are_in_range")
    found = evaluate(run.chain, [key], modules=[*others, changed])
    check = found["solar_system", "values_are_in_range"]
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.metadata["not so"].value == "roid"
    (row,) = check.metadata["values"].value.records
    assert row.data["outside"] == 27


def burning(module, seconds_per_alert):
    """The same values, at a cost."""

    def burn(alerts):
        end = time.process_time() + seconds_per_alert * len(alerts)
        while time.process_time() < end:
            pass
        return module.function(alerts)

    return replace(module, function=burn)


def test_a_module_that_burns_processors_is_a_warning_and_its_asset_is_told_the_cost(
    definitions, sample_run, tmp_path
):
    run = sample_run.copy(tmp_path)
    (dear,) = [m for m in run.chain.modules if m.name == "solar_system"]
    (cheap,) = [m for m in run.chain.modules if m.name == "color_evolution"]
    keys = {
        dg.AssetCheckKey(dg.AssetKey(["ztf", "science", m.name]), IN_TIME): m for m in (dear, cheap)
    }
    others = [m for m in run.chain.modules if m is not dear]
    job = definitions(run.chain, modules=[*others, burning(dear, 0.008)]).resolve_job_def(
        "ztf_night_close"
    )
    result = job.get_subset(asset_check_selection=set(keys)).execute_in_process(
        partition_key=NIGHT, instance=dg.DagsterInstance.ephemeral()
    )
    found = evaluations(result)
    assert set(found) == {("solar_system", IN_TIME), ("color_evolution", IN_TIME)}
    warned = found["solar_system", IN_TIME]
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)
    numbers = values(warned)
    assert numbers["CPU ms per alert"] > 8
    assert numbers["CPU seconds per alert"] == numbers["CPU ms per alert"] / 1000
    assert (numbers["budget, CPU ms per alert"], numbers["alerts measured"]) == (5, 27)
    assert found["color_evolution", IN_TIME].passed
    told = {
        e.asset_key.path[-1]: e.event_specific_data.asset_observation
        for e in result.get_asset_observation_events()
    }
    assert set(told) == {"solar_system", "color_evolution"}
    assert told["solar_system"].partition == NIGHT
    assert told["solar_system"].metadata["CPU ms per alert"].value == numbers["CPU ms per alert"]


def test_what_is_there_twice_fails_the_check_that_counts_it(evaluate, sample_run, tmp_path):
    from deltalake import DeltaTable, write_deltalake

    run = sample_run.copy(tmp_path)
    for table in (run.tables.science, run.tables.deliveries):
        row = DeltaTable(table.path).to_pyarrow_table(filters=[("alert_id", "=", KNOWN)])
        write_deltalake(table.path, row, mode="append")
    found = evaluate(run.chain, CHECKS)
    assert {key[0] for key in BOOKS if found[key].passed} == {"raw"}
    assert values(found["science", "every_alert_is_judged_once"])["science"] == 28
    assert values(found["deliveries", "deliveries_are_what_filters_select"])["twice"] == 1


def test_a_repeated_receipt_does_not_count_twice(evaluate, sample_run, tmp_path):
    """A run that was killed after a receipt's commit may write it again."""
    run = sample_run.copy(tmp_path)
    counts = {"messages": 30, "raw": 30, "dead_letter": 0}
    run.chain.ledger.add_receipt("stream2raw", 0, Receipt(counts=counts))
    assert evaluate(run.chain, CHECKS)["raw", "every_offset_is_accounted_for"].passed


def closing(definitions, chain, night):
    """What the sensor asks for when a night is quiet."""
    context = dg.build_sensor_context(
        instance=dg.DagsterInstance.ephemeral(), definitions=definitions
    )
    later = datetime.now(UTC) + timedelta(minutes=3)
    sensor = nights.close_sensor(
        chain.survey,
        chain.tables,
        definitions.resolve_job_def("ztf_night_close"),
        CHECKS,
        now=lambda: later,
    )
    requests = {r.tags["dagster/partition"]: r for r in sensor.evaluate_tick(context).run_requests}
    return requests[night]


def test_a_night_that_the_sensor_closes_is_compared_counted_and_checked(
    definitions, sample_run, tmp_path
):
    chain = sample_run.copy(tmp_path).chain
    defs = definitions(chain)
    request = closing(defs, chain, "2024-06-06")
    result = defs.resolve_job_def("ztf_night_close").execute_in_process(
        partition_key=request.partition_key,
        tags=request.tags,
        instance=dg.DagsterInstance.ephemeral(),
    )
    told = {e.asset_key.path[-1]: e.partition for e in result.get_asset_materialization_events()}
    written = (
        *("schema_history", "field_availability", "solar_system", "phase_curves", "tracklets"),
        *("gcn_associations", "gcn_messages", "gcn_deliveries", "statistics", "body_alerts"),
        *("trajectories", "linked_nights"),
    )
    assert told == dict.fromkeys(written, "2024-06-06")
    found = evaluations(result)
    assert set(found) >= BOOKS | DRIFT
    assert all(found[check].passed for check in BOOKS)
    warned = found["schema_history", "fields_are_those_of_the_night_before"]
    assert (warned.passed, warned.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert values(warned)["nights"] == "2024-06-06 with 2021-11-22"
    changes = {(r.data["change"], r.data["field"]) for r in values(warned)["changes"].records}
    assert ("new", "fp_hists[].forcediffimflux") in changes
    assert {kind for kind, _ in changes} == {"new"}


def test_a_night_off_the_calendar_that_the_sensor_closes_has_its_books_checked(
    definitions, sample_run, tmp_path
):
    chain = sample_run.copy(tmp_path).chain
    chain.ledger.add_receipt("raw2science", 100, Receipt(nights={"1970-01-01": {}}))
    chain.ledger.add_receipt("distribution", 100, Receipt())
    defs = definitions(chain)
    request = closing(defs, chain, "1970-01-01")
    job = defs.resolve_job_def("ztf_night_close").get_subset(
        asset_selection=set(request.asset_selection) or None,
        asset_check_selection=set(request.asset_check_keys),
    )
    result = job.execute_in_process(
        tags=request.tags, instance=dg.DagsterInstance.ephemeral(), raise_on_error=False
    )
    assert set(evaluations(result)) == BOOKS
