"""The stage stream2raw interrupted and repeated, on streams of one kind, and on real nights."""

from pathlib import Path

import messages
import pytest
import streams
from kinds import GARBAGE
from streams import packet_of, same

from fink_assets.lake.ledger import Plan, Receipt
from fink_assets.simulator.packet import read_container

SHARED = Path(__file__).parents[3] / "shared" / "data" / "ztf"
MIXED = {
    "good": messages.message(1),
    "older": messages.message(2, "3.3"),
    "foreign": messages.foreign(),
    "noise": b"noise",
}
KNOWN = {"before": messages.message(3)}


@pytest.fixture(scope="module")
def new_stream(spark, kafka_servers, tmp_path_factory):
    return lambda: streams.new(spark, kafka_servers, tmp_path_factory.mktemp("lake"))


@pytest.fixture(params=["first batch", "later batch"])
def waiting(request, new_stream):
    """A stream with an unfinished batch, the plan of it, and the rows it must have in the end."""
    stream = new_stream()
    if request.param == "later batch":
        stream.take(KNOWN)
    stream.send(MIXED)
    return stream, stream.plan()


def test_an_ingest_interrupted_anywhere_and_repeated_gives_the_same_tables(waiting):
    stream, plan = waiting
    ingest, name = stream.ingest, stream.tables.raw.name
    read = ingest.messages(plan.ranges)
    first = ingest._archive(read, plan.batch, name)
    ingest._learn(read, plan.batch)
    late = f"{name}/late" if first else name
    ingest._archive(ingest._missing(read, plan.batch), plan.batch, late)
    between = stream.state()
    assert not between["dead_letter"]
    receipt = ingest.run(plan)
    assert receipt.counts == {"messages": 4, "raw": 2, "dead_letter": 2}
    after = stream.state()
    assert after["raw"] == between["raw"]
    expected = {"good", "older", *({"before"} & set(stream.sent))}
    assert set(stream.found("raw")) == expected
    assert set(stream.found("dead_letter")) == {"foreign", "noise"}
    assert ingest.run(plan) == receipt
    assert stream.state() == after


@pytest.mark.parametrize("learnt", [False, True], ids=["whole", "interrupted"])
def test_the_first_batch_ever_may_be_repeated_also_if_only_its_writers_were_learnt(
    learnt, new_stream
):
    """What was appended before any writer was known used to be appended again."""
    stream = new_stream()
    stream.send(MIXED)
    plan = stream.plan()
    if learnt:
        stream.ingest._learn(stream.ingest.messages(plan.ranges), plan.batch)
    receipt = stream.ingest.run(plan)
    assert receipt.counts == {"messages": 4, "raw": 2, "dead_letter": 2}
    state = stream.state()
    assert set(stream.found("raw")) == {"good", "older"}
    assert stream.ingest.run(plan) == receipt
    assert stream.state() == state


def test_a_topic_that_holds_only_garbage_is_all_dead_letters(new_stream):
    stream = new_stream()
    receipt, plan = stream.take(GARBAGE)
    assert receipt == Receipt(counts={"messages": 3, "raw": 0, "dead_letter": 3})
    assert set(stream.found("dead_letter")) == set(GARBAGE)
    assert not stream.tables.raw.exists()
    assert stream.ingest.run(plan) == receipt
    assert len(stream.rows("dead_letter")) == 3


def test_a_plan_without_messages_reads_nothing(new_stream):
    stream = new_stream()
    plan = Plan(batch=0, ranges=())
    assert stream.ingest.run(plan).counts == {"messages": 0, "raw": 0, "dead_letter": 0}


@pytest.mark.skipif(not SHARED.exists(), reason="needs the nights of ../shared")
@pytest.mark.parametrize(
    ("folder", "alerts", "writers"),
    [("v3.3_night_20200101", 50, 1), ("v4.02_nights_20231018-19", 728, 3)],
)
def test_real_nights_decode_whole(new_stream, folder, alerts, writers):
    stream = new_stream()
    files = sorted((SHARED / folder).rglob("*.avro"))
    receipt, _ = stream.take({file.name: file.read_bytes() for file in files})
    assert receipt.counts == {"messages": alerts, "raw": alerts, "dead_letter": 0}
    rows = stream.found("raw")
    assert len({row["writer"]["fingerprint"] for row in rows.values()}) == writers
    for file in files[:: alerts // 50]:
        sent = read_container(file.read_bytes())[1]
        assert same(packet_of(rows[file.name]), sent)
