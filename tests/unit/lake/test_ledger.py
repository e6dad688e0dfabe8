"""The ledger on disk: positions, plans and receipts, written by one or by many."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from fink_assets.lake.ledger import PLAN, Plan, Range, Receipt, latency
from fink_assets.lake.tables import Tables

FIRST = Plan(
    batch=0,
    ranges=(
        Range(topic="a", partition=0, start=0, end=5),
        Range(topic="b", partition=1, start=7, end=9, lost=7),
    ),
    cursor={"a:0": 5, "b:1": 9, "c:0": 0},
)
OTHER = Plan(batch=0, ranges=(Range(topic="a", partition=0, start=0, end=99),), cursor={"a:0": 99})


@pytest.fixture
def ledger(tmp_path):
    return Tables("ztf", str(tmp_path)).ledger


def test_before_the_first_batch_every_position_is_minus_one(ledger):
    assert ledger.position(PLAN) == ledger.position("stream2raw") == -1
    assert ledger.last_plan() == Plan(batch=-1, ranges=())
    assert ledger.rows() == []


def test_a_plan_is_read_as_it_was_written(ledger):
    ledger.add_plan(FIRST)
    assert ledger.plan(0) == ledger.last_plan() == FIRST
    assert ledger.rows()[0]["counts"] == {"offsets": 7, "lost": 7}


def test_a_batch_never_planned_cannot_be_read(ledger):
    ledger.add_plan(FIRST)
    with pytest.raises(LookupError, match="batch 1 was never planned"):
        ledger.plan(1)


def test_a_receipt_moves_its_stage_and_no_other(ledger):
    ledger.add_plan(FIRST)
    ledger.add_receipt("stream2raw", 0, Receipt(counts={"raw": 5}, nights={"n": {"raw": 5}}))
    assert ledger.position("stream2raw") == 0
    assert ledger.position("raw2science") == -1
    (row,) = ledger.rows(stage="stream2raw")
    assert row["counts"] == {"raw": 5}
    assert row["nights"] == ["n"]


def test_rows_are_found_by_batch_and_stage_oldest_first(ledger):
    for batch in range(3):
        ledger.add_plan(Plan(batch=batch, ranges=()))
        ledger.add_receipt("stream2raw", batch, Receipt())
    assert [row["batch"] for row in ledger.rows(stage=PLAN)] == [0, 1, 2]
    assert [row["stage"] for row in ledger.rows(batch=1)] == [PLAN, "stream2raw"]
    assert len(ledger.rows()) == 6


def test_of_two_plans_with_one_number_the_first_stands(ledger):
    ledger.add_plan(FIRST)
    ledger.add_plan(OTHER)
    assert ledger.plan(0) == FIRST
    assert len(ledger.rows(stage=PLAN)) == 1


def test_a_repeated_receipt_is_one_receipt(ledger):
    for number in (5, 6):
        ledger.add_receipt("stream2raw", 0, Receipt(counts={"raw": number}))
    assert [row["counts"] for row in ledger.rows()] == [{"raw": 5}]


@pytest.mark.parametrize("before", [False, True], ids=["first of all", "later"])
def test_of_many_planners_at_once_exactly_one_writes_the_plan(ledger, before):
    if before:
        ledger.add_plan(FIRST)
    number = int(before)
    plans = [
        Plan(batch=number, ranges=(Range(topic="a", partition=0, start=0, end=end),))
        for end in range(1, 9)
    ]
    with ThreadPoolExecutor(len(plans)) as pool:
        list(pool.map(ledger.add_plan, plans))
    assert len(ledger.rows(stage=PLAN, batch=number)) == 1
    assert ledger.plan(number) in plans
    assert ledger.position(PLAN) == number


def test_stages_write_at_once_without_losing_a_receipt(ledger):
    ledger.add_plan(FIRST)
    stages = [f"stage{number}" for number in range(6)]
    with ThreadPoolExecutor(len(stages)) as pool:
        list(pool.map(lambda stage: ledger.add_receipt(stage, 0, Receipt()), stages))
    assert {row["stage"] for row in ledger.rows()} == {PLAN, *stages}
    assert [ledger.position(stage) for stage in stages] == [0] * len(stages)


def test_latency_is_counted_from_arrival_in_utc():
    now = pd.Timestamp.now("UTC")
    ages = pd.Series([1.0] * 95 + [60.0] * 5)
    found = latency((now - pd.to_timedelta(ages, unit="s")).dt.tz_localize(None))
    assert 1000 <= found["latency_ms_p50"] < 1000 + 30_000
    assert found["latency_ms_p95"] > found["latency_ms_p50"]
