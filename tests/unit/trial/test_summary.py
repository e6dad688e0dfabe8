"""What the summary counts, on a ledger and tables written here."""

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fink_assets.chain import STAGES
from fink_assets.lake.ledger import Plan, Range, Receipt
from fink_assets.lake.tables import Tables
from fink_assets.trial.progress import through
from fink_assets.trial.summary import line, show, summarize

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


def plan(tables, batch, offsets, lost=0):
    whole = Range(topic="t", partition=0, start=0, end=offsets, lost=lost)
    tables.ledger.add_plan(Plan(batch=batch, ranges=(whole,)))


def rows(table, number, **columns):
    filled = {name: [value] * number for name, value in columns.items()}
    write_deltalake(table.path, pa.table({"batch": [0] * number, **filled}), mode="append")


def archived(tables, batch=0, *, raw=10, dead=0, lost=0):
    plan(tables, batch, raw + dead, lost=lost)
    counts = {"messages": raw + dead, "raw": raw, "dead_letter": dead}
    tables.ledger.add_receipt(STAGES[0], batch, Receipt(counts=counts))
    rows(tables.raw, raw)
    if dead:
        rows(tables.dead_letter, dead, error="cut short")


def judged(tables, *, science, quarantine, duplicates):
    counts = {
        "raw": science + quarantine + duplicates,
        "science": science,
        "quarantine": quarantine,
        "duplicates": duplicates,
        "cut:low_real_bogus": quarantine,
        "module:solar_system:ok": science - 1,
        "module:solar_system:failed": 1,
        "latency_ms_p50": 99_999,
    }
    tables.ledger.add_receipt(STAGES[1], 0, Receipt(counts=counts))
    rows(tables.science, science)
    rows(tables.quarantine, quarantine)


def delivered(tables, receipt, seconds):
    tables.ledger.add_receipt(STAGES[2], 0, Receipt(counts={"filter:bright": receipt}))
    for each in seconds:
        rows(tables.deliveries, 1, arrived=NOON, sent=NOON + timedelta(seconds=each))


def test_an_empty_lake_has_nothing_and_balances(tables):
    found = summarize(tables)
    assert found.batches == 0
    assert found.unfinished == 0
    assert found.balanced


def test_a_finished_batch_is_counted_by_stage_cut_module_and_filter(tables):
    archived(tables, raw=10, dead=2)
    judged(tables, science=6, quarantine=3, duplicates=1)
    delivered(tables, 3, [1.0, 2.0, 9.0])
    found = summarize(tables)
    assert (found.messages, found.offsets, found.duplicates) == (12, 12, 1)
    assert found.dead_letters == {"cut short": 2}
    assert found.quarantined == {"low_real_bogus": 3}
    assert found.modules == {"solar_system": {"failed": 1, "ok": 5}}
    assert found.delivered == {"bright": 3}
    assert found.latency_s["p50"] == 2.0
    assert found.latency_s["p95"] == pytest.approx(8.3)
    assert list(found.books) == [
        "12 offsets = 10 raw + 2 dead letters",
        "10 raw = 6 science + 3 quarantine + 1 duplicates",
        "3 sent = 3 deliveries",
    ]
    assert found.balanced
    assert json.loads(line(found))["rows"]["science"] == 6


def test_whether_it_balances_is_not_known_while_a_batch_is_under_way(tables):
    archived(tables, raw=10)
    found = summarize(tables)
    assert found.unfinished == 1
    assert json.loads(line(found))["balanced"] is None
    assert show(found).title == "1 batch, 1 under way"


def test_a_row_missing_from_a_table_shows_whatever_the_receipts_say(tables):
    archived(tables, raw=10)
    judged(tables, science=6, quarantine=3, duplicates=0)
    assert not summarize(tables).balanced


def test_a_delivery_missing_from_the_table_shows(tables):
    archived(tables, raw=9)
    judged(tables, science=6, quarantine=3, duplicates=0)
    assert summarize(tables).balanced
    delivered(tables, 3, [1.0, 2.0])
    assert not summarize(tables).balanced


def test_offsets_lost_in_kafka_never_balance(tables):
    archived(tables, raw=9, lost=4)
    judged(tables, science=6, quarantine=3, duplicates=0)
    found = summarize(tables)
    assert not found.balanced
    assert "9 offsets = 9 raw + 0 dead letters, 4 lost" in found.books


def test_a_batch_that_is_only_planned_is_under_way_and_not_counted(tables):
    archived(tables, raw=9)
    judged(tables, science=6, quarantine=3, duplicates=0)
    plan(tables, 1, 500)
    found = summarize(tables)
    assert found.offsets == 9
    assert found.unfinished == 2


def test_progress_counts_the_offsets_of_finished_batches_per_stage(tables):
    archived(tables, 0, raw=10)
    archived(tables, 1, raw=5)
    tables.ledger.add_receipt(STAGES[1], 0, Receipt())
    assert through(tables.ledger) == {
        "plan": 15,
        "stream2raw": 15,
        "raw2science": 10,
        "distribution": 0,
    }
