"""Which dead letters are planned to be decoded again, and under which number."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fink_assets.lake.ledger import Plan, Range, Receipt
from fink_assets.lake.tables import Tables
from fink_assets.stream2raw.reprocess import reprocess


@pytest.fixture
def tables(tmp_path):
    """Three finished batches with 3, 2 and 4 dead letters, received on two days."""
    tables = Tables("lsst", str(tmp_path))
    found = [(0, "2025-09-05")] * 3 + [(1, "2025-09-05")] * 2 + [(2, "2025-09-06")] * 4
    for batch in range(3):
        tables.ledger.add_plan(_of_the_stream(batch))
        tables.ledger.add_receipt("stream2raw", batch, Receipt())
    letters = pa.Table.from_pylist([{"batch": b, "night": night} for b, night in found])
    write_deltalake(tables.dead_letter.path, letters)
    return tables


def _of_the_stream(batch):
    return Plan(
        batch=batch,
        ranges=(Range(topic="t", partition=0, start=batch, end=batch + 1),),
        cursor={"t:0": batch + 1},
    )


def test_all_are_tried_in_batches_of_bounded_size(tables):
    assert reprocess(tables, most=5) == {3: 5, 4: 4}
    assert tables.ledger.plan(3).dead_letters == (0, 1)
    assert tables.ledger.plan(4).dead_letters == (2,)
    assert tables.ledger.plan(4).offsets == 0


def test_an_operator_may_choose_the_days_of_receipt(tables):
    assert reprocess(tables, most=100, nights=["2025-09-06"]) == {3: 4}
    assert tables.ledger.plan(3).dead_letters == (2,)


def test_the_stream_goes_on_where_it_was(tables):
    reprocess(tables, most=100)
    assert tables.ledger.last_plan().cursor == {"t:0": 3}


def test_a_batch_that_is_still_being_archived_is_left_alone(tables):
    tables.ledger.add_plan(_of_the_stream(3))
    letters = pa.Table.from_pylist([{"batch": 3, "night": "2025-09-06"}])
    write_deltalake(tables.dead_letter.path, letters, mode="append")
    assert reprocess(tables, most=100) == {4: 9}


def test_the_number_goes_to_the_stream_where_it_plans_at_the_same_moment(tables, monkeypatch):
    ledger = type(tables.ledger)
    usual = ledger.add_plan

    def outrun(self, plan):
        monkeypatch.setattr(ledger, "add_plan", usual)
        usual(self, _of_the_stream(3))
        usual(self, plan)

    monkeypatch.setattr(ledger, "add_plan", outrun)
    assert reprocess(tables, most=100) == {4: 9}
    assert tables.ledger.plan(3) == _of_the_stream(3)
    assert tables.ledger.plan(4).dead_letters == (0, 1, 2)


def test_where_nothing_is_dead_nothing_is_planned(tmp_path):
    assert reprocess(Tables("lsst", str(tmp_path)), most=100) == {}
