"""The books of a lake: they balance when it is whole, and not when a row is gone, foreign or twice.

The lake is tiny and written row by row; each test changes one row of a copy of it.
"""

import shutil
import uuid

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from fink_assets.distribution.filter import AlertFilter
from fink_assets.lake.ledger import Plan, Range, Receipt
from fink_assets.lake.tables import Tables
from quality.reconciliation import alerts, deliveries, offsets

NIGHT, OTHER = "2021-11-22", "2021-11-23"
BRIGHT = AlertFilter(
    name="bright",
    survey="ztf",
    version="1.0.0",
    owners=("team:tests",),
    inputs=("candidate.magpsf",),
    condition="candidate.magpsf < 18",
    accepts=(1,),
    rejects=(2,),
    doc="Bright alerts.",
    source="bright",
)
# Alerts 1 to 6 in two batches: 1 to 4 pass the cuts, 5 and 6 do not; 1 and 2 are bright.
BRIGHT_ALERTS, GOOD_ALERTS, BAD_ALERTS = (1, 2), (1, 2, 3, 4), (5, 6)


def row(noun, alert, *, night=NIGHT, **changes):
    """Row of a table, with the columns that the books look at."""
    common = {"night": night, "batch": alert % 2, "alert_id": alert}
    more = {
        "raw": {},
        "quarantine": {},
        "science": {"candidate": {"magpsf": 17.0 if alert in BRIGHT_ALERTS else 19.0}},
        "deliveries": {"filter": "bright", "filter_version": BRIGHT.code_version},
        "dead_letter": {},
    }
    return {**common, **more[noun], **changes}


def add(tables, noun, *rows):
    write_deltalake(
        getattr(tables, noun).path,
        pa.Table.from_pylist(list(rows)),
        mode="append",
        partition_by=["night"],
    )


def delete(tables, noun, where):
    found = DeltaTable(getattr(tables, noun).path).delete(where)
    assert found["num_deleted_rows"] == 1


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A lake in which everything is in its place, in another night and newer batches too."""
    tables = Tables("ztf", str(tmp_path_factory.mktemp("lake")))
    for noun, known in (
        ("raw", (*GOOD_ALERTS, *BAD_ALERTS, 5)),
        ("science", GOOD_ALERTS),
        ("quarantine", BAD_ALERTS),
        ("deliveries", BRIGHT_ALERTS),
        ("dead_letter", (7, 8)),
    ):
        add(tables, noun, *(row(noun, alert) for alert in known))
    add(tables, "raw", row("raw", 11, night=OTHER), row("raw", 12, batch=2))
    for batch, arrived in ((0, 4), (1, 6)):
        ranges = (Range(topic="t", partition=0, start=10 * batch, end=10 * batch + arrived),)
        tables.ledger.add_plan(Plan(batch=batch, ranges=ranges))
        receipt = Receipt(counts={"messages": arrived, "raw": arrived - 1, "dead_letter": 1})
        tables.ledger.add_receipt("stream2raw", batch, receipt)
        tables.ledger.add_receipt("raw2science", batch, Receipt())
        tables.ledger.add_receipt("distribution", batch, Receipt())
    return tables


@pytest.fixture
def lake_copy(whole, tmp_path):
    """A copy of the lake, to be damaged."""
    root = tmp_path / uuid.uuid4().hex
    shutil.copytree(whole.root, root)
    return Tables("ztf", str(root))


def test_the_books_of_a_whole_lake_balance(whole, spark):
    """Alerts of other nights and of batches that no stage has finished are not in them."""
    found = offsets(whole, spark)
    assert found.balanced
    assert found.terms == {"offsets": 10, "raw": 8, "dead_letter": 2, "empty": 0, "lost": 0}
    found = alerts(whole, spark, NIGHT)
    assert found.balanced
    assert found.terms == {
        "raw": 7,
        "science": 4,
        "quarantine": 2,
        "duplicates": 1,
        "in both": 0,
        "missing": 0,
        "wrong": 0,
    }
    found = deliveries(whole, spark, NIGHT, [BRIGHT])
    assert found.balanced
    assert found.terms["sent"] == found.terms["selected"] == 2


def test_the_books_of_an_empty_lake_balance(lake, spark):
    empty = Tables("ztf", lake)
    assert offsets(empty, spark).balanced
    assert alerts(empty, spark, NIGHT).balanced
    assert deliveries(empty, spark, NIGHT, [BRIGHT]).balanced


DAMAGE = {
    "a row of raw is deleted": lambda t: delete(t, "raw", "alert_id = 3"),
    "a row of raw is there twice": lambda t: add(t, "raw", row("raw", 3)),
    "a row of raw came from nowhere": lambda t: add(t, "raw", row("raw", 99)),
    "a dead letter is deleted": lambda t: delete(t, "dead_letter", "alert_id = 7"),
    "a dead letter is there twice": lambda t: add(t, "dead_letter", row("dead_letter", 7)),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_offsets_do_not_balance_if(damage, lake_copy, spark):
    DAMAGE[damage](lake_copy)
    assert not offsets(lake_copy, spark).balanced


def test_offsets_gone_before_they_were_read_never_balance(lake_copy, spark):
    lost = Range(topic="t", partition=0, start=30, end=30, lost=14)
    lake_copy.ledger.add_plan(Plan(batch=2, ranges=(lost,)))
    counts = {"messages": 1, "raw": 1, "dead_letter": 0}
    lake_copy.ledger.add_receipt("stream2raw", 2, Receipt(counts=counts))
    found = offsets(lake_copy, spark)
    assert not found.balanced
    assert found.terms["lost"] == 14


def test_offsets_without_a_message_are_told_and_balance(lake_copy, spark):
    """Kafka's own marks of transactions take offsets."""
    taken = Range(topic="t", partition=0, start=30, end=33)
    lake_copy.ledger.add_plan(Plan(batch=2, ranges=(taken,)))
    counts = {"messages": 1, "raw": 1, "dead_letter": 0}
    lake_copy.ledger.add_receipt("stream2raw", 2, Receipt(counts=counts))
    found = offsets(lake_copy, spark)
    assert found.balanced
    assert found.terms["empty"] == 2


def _swap(tables):
    delete(tables, "science", "alert_id = 3")
    add(tables, "science", row("science", 99))


WRONG = {
    "an alert is in raw only": lambda t: add(t, "raw", row("raw", 99)),
    "an alert is gone from raw": lambda t: delete(t, "raw", "alert_id = 3"),
    "an alert is gone from science": lambda t: delete(t, "science", "alert_id = 3"),
    "an alert is twice in science": lambda t: add(t, "science", row("science", 3)),
    "an alert of science came from nowhere": lambda t: add(t, "science", row("science", 99)),
    "an alert of science stands for another": _swap,
    "an alert is gone from quarantine": lambda t: delete(t, "quarantine", "alert_id = 6"),
    "an alert is twice in quarantine": lambda t: add(t, "quarantine", row("quarantine", 6)),
    "an alert is in both": lambda t: add(t, "quarantine", row("quarantine", 3)),
}


@pytest.mark.parametrize("damage", WRONG)
def test_alerts_do_not_balance_if(damage, lake_copy, spark):
    WRONG[damage](lake_copy)
    assert not alerts(lake_copy, spark, NIGHT).balanced


def test_an_alert_received_again_is_a_repeat_and_balances(lake_copy, spark):
    add(lake_copy, "raw", row("raw", 3))
    found = alerts(lake_copy, spark, NIGHT)
    assert found.balanced
    assert found.terms["duplicates"] == 2


@pytest.mark.parametrize(
    ("damage", "term"),
    [
        (lambda t: delete(t, "deliveries", "alert_id = 1"), "missing"),
        (lambda t: add(t, "deliveries", row("deliveries", 3)), "unexpected"),
        (lambda t: add(t, "deliveries", row("deliveries", 1)), "twice"),
        (lambda t: delete(t, "science", "alert_id = 1"), "unexpected"),
    ],
    ids=["never sent", "sent unasked", "sent twice", "gone from science"],
)
def test_deliveries_do_not_balance_if_an_alert_was(damage, term, lake_copy, spark):
    damage(lake_copy)
    found = deliveries(lake_copy, spark, NIGHT, [BRIGHT])
    assert not found.balanced
    assert found.terms[term] == 1


def test_what_an_earlier_version_of_a_filter_sent_is_told_and_balances(lake_copy, spark):
    add(lake_copy, "deliveries", row("deliveries", 4, filter_version="0.9.0+00000000"))
    found = deliveries(lake_copy, spark, NIGHT, [BRIGHT])
    assert found.balanced
    assert found.terms["by earlier versions"] == 1
