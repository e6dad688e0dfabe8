"""The checks of a night pass on a good one, and each fails on a broken one."""

import dagster as dg
import pytest
from pipeline import NIGHT

from fink_assets.definitions import build_defs

BOOKS = {
    ("raw", "every_offset_is_accounted_for"),
    ("science", "every_alert_is_judged_once"),
    ("deliveries", "deliveries_are_what_filters_select"),
}
KNOWN, OTHER = 1786106591315015003, 1786397526015015000


@pytest.fixture
def evaluate(runtime_settings):
    """Runs the checks of a night, as the night-close job does or chosen by name."""

    def run(chain, job="ztf_night_close", selection=None):
        configuration = runtime_settings.model_copy(update={"lake_root": chain.tables.root})
        defs = build_defs(configuration, surveys=[chain.survey])
        result = defs.resolve_job_def(job).execute_in_process(
            tags={"dagster/partition": NIGHT},
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
        return {
            (e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()
        }

    return run


def values(evaluation):
    return {name: value.value for name, value in evaluation.metadata.items()}


def test_all_checks_pass_on_a_good_night_with_the_numbers(evaluate, sample_run):
    found = evaluate(sample_run.chain)
    modules = {(m.name, "no_failures") for m in sample_run.chain.modules}
    assert set(found) == BOOKS | modules
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
    sent = values(found["deliveries", "deliveries_are_what_filters_select"])
    assert (sent["sent"], sent["selected"], sent["missing"], sent["twice"]) == (5, 5, 0, 0)


def delete(table, alert):
    from deltalake import DeltaTable

    removed = DeltaTable(table.path).delete(f"alert_id = {alert}")
    assert removed["num_deleted_rows"] == 1


def test_what_is_missing_fails_the_check_that_counts_it(evaluate, sample_run, tmp_path):
    run = sample_run.copy(tmp_path)
    delete(run.tables.science, KNOWN)
    delete(run.tables.raw, OTHER)
    found = evaluate(run.chain)
    assert {key for key in BOOKS if found[key].passed} == set()
    assert values(found["raw", "every_offset_is_accounted_for"])["raw"] == 56
    assert values(found["deliveries", "deliveries_are_what_filters_select"])["unexpected"] == 1


def test_what_is_there_twice_fails_the_check_that_counts_it(evaluate, sample_run, tmp_path):
    from deltalake import DeltaTable, write_deltalake

    run = sample_run.copy(tmp_path)
    for table in (run.tables.science, run.tables.deliveries):
        row = DeltaTable(table.path).to_pyarrow_table(filters=[("alert_id", "=", KNOWN)])
        write_deltalake(table.path, row, mode="append")
    found = evaluate(run.chain)
    assert {key[0] for key in BOOKS if found[key].passed} == {"raw"}
    assert values(found["science", "every_alert_is_judged_once"])["science"] == 28
    assert values(found["deliveries", "deliveries_are_what_filters_select"])["twice"] == 1


def test_a_repeated_receipt_does_not_count_twice(evaluate, sample_run, tmp_path):
    """A run that was killed after a receipt's commit may write it again."""
    from fink_assets.lake.ledger import Receipt

    run = sample_run.copy(tmp_path)
    counts = {"messages": 30, "raw": 30, "dead_letter": 0}
    run.chain.ledger.add_receipt("stream2raw", 0, Receipt(counts=counts))
    assert evaluate(run.chain)["raw", "every_offset_is_accounted_for"].passed
