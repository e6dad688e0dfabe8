"""The stage stream2raw on real Kafka, Spark and Delta: each message is kept, typed or set aside."""

import math
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import messages
import pytest
from confluent_kafka import Producer
from deltalake import DeltaTable

from fink_assets.lake.contracts import Tables
from fink_assets.lake.ledger import Receipt
from fink_assets.simulator.packet import read_container
from fink_assets.simulator.replay import create_topic
from fink_assets.stream2raw.batches import next_plan
from fink_assets.stream2raw.decode import CORRUPT
from fink_assets.stream2raw.framing import (
    EMPTY,
    NOT_A_CONTAINER,
    NOT_ONE_ALERT,
    TRUNCATED,
    container,
)
from fink_assets.stream2raw.ingest import Ingest
from fink_assets.surveys import ZTF
from resources.kafka import Kafka

SHARED = Path(__file__).parents[3] / "shared" / "data" / "ztf"
OWN = {"night", "batch", "alert_id", "object_id", "kafka", "writer", "ingested"}
HEADERS = [("sent-by", b"survey"), ("twice", b"1"), ("twice", b"\x00")]


def bad_schema(problem):
    return f"writer's schema: {problem}"


def retyped(name, kind, value, *, path=""):
    schema = messages.with_type(name, kind, path=path)
    record = messages.packet(500)
    (record["candidate"] if path else record)[name] = value
    return messages.written(schema, record)


GOOD = {
    "3.1": messages.message(101, "3.1"),
    "3.3": messages.message(102, "3.3"),
    "4.02": messages.message(103),
    "forced photometry": messages.message(
        104, fp_hists=[messages.forced_photometry(messages.JD - n) for n in range(3)]
    ),
    "no history": messages.message(105, prv_candidates=None),
    "empty history": messages.message(106, prv_candidates=[]),
    "other names": messages.message(107, schema=messages.other_names()),
    "added field": messages.message(108, schema=messages.with_field("score", "double"), score=0.5),
    "added record": messages.message(
        109,
        schema=messages.with_field(
            "host",
            {"type": "record", "name": "host", "fields": [{"name": "z", "type": "float"}]},
        ),
        host={"z": 0.25},
    ),
    "int for long": messages.message(110, schema=messages.with_type("candid", "int")),
    "float for double": messages.message(
        111, schema=messages.with_type("ra", "float", path="candidate")
    ),
    "bytes for string": messages.message(
        112, schema=messages.with_type("publisher", "bytes"), publisher=b"ZTF"
    ),
    "no time": messages.message(113, candidate=messages.packet(113, jd=math.nan)["candidate"]),
}
DEAD = {
    "empty": (b"", EMPTY),
    "null": (None, EMPTY),
    "garbage": (b"hello", NOT_A_CONTAINER),
    "truncated": (messages.truncated(), TRUNCATED),
    "two alerts": (messages.two_alerts(), NOT_ONE_ALERT),
    "damaged": (messages.damaged(), CORRUPT),
    "compressed": (
        messages.compressed(),
        bad_schema("codec deflate: only uncompressed containers are decoded"),
    ),
    "foreign": (
        messages.foreign(),
        bad_schema("not an alert of ZTF: no field objectId, candidate.jd"),
    ),
    "unreadable": (
        messages.unreadable(),
        bad_schema("unreadable header: JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    ),
    "text for a number": (
        retyped("candid", "string", "500"),
        bad_schema("candid: string is not long"),
    ),
    "text for a magnitude": (
        retyped("magpsf", ["null", "string"], "18.5", path="candidate"),
        bad_schema("candidate.magpsf: string is not float"),
    ),
    "name of the lake": (
        messages.message(502, schema=messages.with_field("batch", "int"), batch=7),
        bad_schema("batch: a column of raw itself"),
    ),
    "name in capitals": (
        messages.message(503, schema=messages.with_field("CANDID", "int"), CANDID=7),
        bad_schema("CANDID: differs from candid by capital letters only"),
    ),
}


@dataclass
class Stream:
    """A topic, the lake its messages go to, and what Kafka said of each message."""

    ingest: Ingest
    topic: str
    sent: dict = field(default_factory=dict)

    @property
    def tables(self):
        return self.ingest.tables

    def send(self, several):
        """Send named messages, with key and headers, to the two partitions in turn."""
        producer = Producer({"bootstrap.servers": self.ingest.servers})

        def keep(name):
            def known(error, message):
                assert error is None, error
                self.sent[name] = (message.partition(), message.offset(), message.timestamp()[1])

            return known

        for number, (name, value) in enumerate(several.items()):
            producer.produce(
                self.topic,
                value,
                key=f"key of {name}",
                headers=HEADERS,
                partition=number % 2,
                on_delivery=keep(name),
            )
        assert producer.flush(60) == 0

    def plan(self):
        """Write down the next batch: all that waits."""
        ledger = self.tables.ledger
        marks = Kafka(self.ingest.servers).watermarks(self.topic)
        plan = next_plan(marks, ledger.last_plan(), most=100_000)
        ledger.add_plan(plan)
        return plan

    def take(self, several):
        """Send messages and archive them as one batch."""
        self.send(several)
        plan = self.plan()
        return self.ingest.run(plan), plan

    def rows(self, noun, **where):
        """Rows of a table, read without Spark."""
        table = getattr(self.tables, noun)
        if not table.exists():
            return []
        filters = [(name, "=", value) for name, value in where.items()] or None
        return DeltaTable(table.path).to_pyarrow_table(filters=filters).to_pylist()

    def found(self, noun):
        """Rows of a table by the name of their message."""
        places = {place[:2]: name for name, place in self.sent.items()}
        rows = self.rows(noun)
        assert len({place(row) for row in rows}) == len(rows)
        return {places[place(row)]: row for row in rows}

    def state(self):
        """All that both tables hold, in comparable form, without the moments of writing."""
        return {
            noun: Counter(
                repr({k: v for k, v in row.items() if k != "ingested"}) for row in self.rows(noun)
            )
            for noun in ("raw", "dead_letter")
        }


def place(row):
    return row["kafka"]["partition"], row["kafka"]["offset"]


@pytest.fixture(scope="module")
def new_stream(spark, kafka_servers, tmp_path_factory):
    def make():
        topic = f"ingest-{uuid.uuid4().hex[:12]}"
        create_topic(kafka_servers, topic, 2)
        survey = replace(ZTF, topics=topic)
        tables = Tables("ztf", str(tmp_path_factory.mktemp("lake")))
        ingest = Ingest(survey=survey, tables=tables, spark=spark, servers=kafka_servers)
        return Stream(ingest, topic)

    return make


@dataclass
class Night:
    """One lake after batches of all kinds, and what was seen on the way."""

    stream: Stream
    receipts: list
    plans: list
    states: list


FIRST = {
    **{f"sample {n}": message for n, message in enumerate(messages.sample())},
    **GOOD,
    **{name: message for name, (message, _) in DEAD.items()},
}
SECOND = {
    "known again": messages.message(201),
    "new writer": messages.message(
        202,
        schema=messages.with_field("score", ["null", "float"], path="candidate"),
        candidate={**messages.packet(202)["candidate"], "score": 0.75},
    ),
    "new writer of an older version": messages.message(
        203, "3.3", schema=messages.with_field("extra", "string", version="3.3"), extra="x"
    ),
}
GARBAGE = {"noise": b"noise", "nothing": b"", "report": messages.foreign()}
BATCHES = (FIRST, SECOND, GARBAGE, {"last": messages.message(301)})


@pytest.fixture(scope="module")
def night(new_stream):
    stream = new_stream()
    found = Night(stream, [], [], [])
    for batch in BATCHES:
        receipt, plan = stream.take(batch)
        found.receipts.append(receipt)
        found.plans.append(plan)
        found.states.append(stream.state())
    return found


@pytest.fixture(scope="module")
def raw(night):
    return night.stream.found("raw")


@pytest.fixture(scope="module")
def dead(night):
    return night.stream.found("dead_letter")


def same(stored, sent):
    """Whether a stored value is what was sent; fields that were not sent are null."""
    if isinstance(sent, dict):
        return all(same((stored or {}).get(k), sent.get(k)) for k in {*(stored or {}), *sent})
    if isinstance(sent, list):
        return stored is not None and len(stored) == len(sent) and all(map(same, stored, sent))
    if isinstance(sent, float) and math.isnan(sent):
        return isinstance(stored, float) and math.isnan(stored)
    return stored == sent and type(stored) is type(sent)


def packet_of(row):
    return {name: value for name, value in row.items() if name not in OWN}


def test_every_message_is_in_raw_or_in_dead_letters_and_in_one_only(raw, dead, night):
    assert set(raw) | set(dead) == set(night.stream.sent)
    assert not set(raw) & set(dead)
    assert set(dead) == {*DEAD, *GARBAGE}


@pytest.mark.parametrize("name", [n for b in BATCHES for n in b if n not in {**DEAD, **GARBAGE}])
def test_raw_has_every_value_that_was_sent(raw, name):
    message = next(batch[name] for batch in BATCHES if name in batch)
    sent = read_container(message)[1]
    if name == "bytes for string":
        sent["publisher"] = sent["publisher"].decode()
    assert same(packet_of(raw[name]), sent)


def test_raw_has_images_forced_photometry_and_missing_history_as_sent(raw):
    image = read_container(GOOD["4.02"])[1]["cutoutScience"]["stampData"]
    assert raw["4.02"]["cutoutScience"]["stampData"] == image
    assert len(image) > 1000
    assert [f["jd"] - messages.JD for f in raw["forced photometry"]["fp_hists"]] == [0, -1, -2]
    assert raw["forced photometry"]["fp_hists"][0]["forcediffimflux"] == 12.5
    assert raw["3.3"]["fp_hists"] is None
    assert raw["no history"]["prv_candidates"] is None
    assert raw["empty history"]["prv_candidates"] == []


def test_raw_has_a_column_for_each_field_that_a_writer_added(raw):
    assert (raw["added field"]["score"], raw["4.02"]["score"]) == (0.5, None)
    assert (raw["added record"]["host"], raw["4.02"]["host"]) == ({"z": 0.25}, None)
    assert raw["new writer"]["candidate"]["score"] == 0.75
    assert raw["4.02"]["candidate"]["score"] is None
    assert raw["new writer of an older version"]["extra"] == "x"


def test_raw_has_the_identity_night_and_place_of_each_alert(raw, night):
    for name, row in raw.items():
        partition, offset, moment = night.stream.sent[name]
        assert row["kafka"]["topic"] == night.stream.topic
        assert place(row) == (partition, offset)
        assert row["kafka"]["timestamp"].timestamp() * 1000 == pytest.approx(moment, abs=0.5)
        assert row["alert_id"] == row["candid"] == row["candidate"]["candid"]
        assert row["object_id"] == row["objectId"]
        assert row["ingested"] > row["kafka"]["timestamp"]
    assert {raw[name]["night"] for name in GOOD if name != "no time"} == {messages.NIGHT}
    assert raw["no time"]["night"] is not None
    batches = {name: number for number, batch in enumerate(BATCHES) for name in batch}
    assert {name: row["batch"] for name, row in raw.items()} == {n: batches[n] for n in raw}


def test_raw_names_the_writer_of_each_alert_and_its_version(raw):
    for name, message in GOOD.items():
        header = message[: container(message).header]
        assert raw[name]["writer"]["fingerprint"] == sha256(header).hexdigest()
        assert raw[name]["writer"]["version"] == raw[name]["schemavsn"]
    assert {raw[v]["writer"]["version"] for v in ("3.1", "3.3", "4.02")} == {"3.1", "3.3", "4.02"}


@pytest.mark.parametrize("kind", DEAD)
def test_a_dead_letter_has_the_reason_and_the_message_as_it_came(dead, night, kind):
    message, reason = DEAD[kind]
    row, (partition, offset, moment) = dead[kind], night.stream.sent[kind]
    assert row["error"] == reason
    assert row["value"] == message
    assert row["key"] == f"key of {kind}".encode()
    assert [(h["key"], h["value"]) for h in row["headers"]] == HEADERS
    assert (row["kafka"]["topic"], *place(row)) == (night.stream.topic, partition, offset)
    assert row["kafka"]["timestamp"].timestamp() * 1000 == pytest.approx(moment, abs=0.5)
    assert row["night"] == row["kafka"]["timestamp"].date().isoformat()
    assert row["batch"] == 0
    framed = kind not in ("empty", "null", "garbage", "truncated", "two alerts")
    assert (row["fingerprint"] is not None) == framed


def test_a_receipt_counts_what_the_tables_hold(night):
    for number, (batch, receipt) in enumerate(zip(BATCHES, night.receipts, strict=True)):
        rows = night.stream.rows("raw", batch=number)
        dead = night.stream.rows("dead_letter", batch=number)
        assert receipt.counts == {
            "messages": len(batch),
            "raw": len(rows),
            "dead_letter": len(dead),
        }
        nights = Counter(row["night"] for row in rows)
        assert receipt.nights == {n: {"raw": count} for n, count in nights.items()}


def test_a_batch_of_garbage_only_adds_nothing_to_raw(night):
    assert night.receipts[2].counts == {"messages": 3, "raw": 0, "dead_letter": 3}
    assert night.states[2]["raw"] == night.states[1]["raw"]


def test_a_later_batch_leaves_earlier_rows_as_they_were(night):
    """Only columns that are new to the table are added to them, with null."""
    before = {n for n in BATCHES[0] if n not in DEAD}
    rows = [r for name, r in night.stream.found("raw").items() if name in before]
    assert len(rows) == sum(night.states[0]["raw"].values())
    assert {row["batch"] for row in rows} == {0}
    assert {row["extra"] for row in rows} == {None}


def test_repeating_every_batch_changes_nothing(night):
    """After the other tests: it runs each plan again, the first with all writers known."""
    before = night.stream.state()
    again = [night.stream.ingest.run(plan) for plan in night.plans]
    assert night.stream.state() == before
    assert again == night.receipts


MIXED = {
    "good": messages.message(1),
    "older": messages.message(2, "3.3"),
    "foreign": messages.foreign(),
    "noise": b"noise",
}
KNOWN = {"before": messages.message(3)}


@pytest.fixture(params=["first batch", "later batch"])
def waiting(request, new_stream):
    """A stream with an unfinished batch, the plan of it, and the rows it must have in the end."""
    stream = new_stream()
    if request.param == "later batch":
        stream.take(KNOWN)
    stream.send(MIXED)
    return stream, stream.plan()


def test_an_ingest_interrupted_anywhere_and_repeated_gives_the_same_tables(waiting):
    """In the first batch ever, a repeat used to append again what was appended before the end."""
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


def test_an_ingest_interrupted_after_it_learnt_the_writers_is_repeated_well(new_stream):
    stream = new_stream()
    stream.send(MIXED)
    plan = stream.plan()
    stream.ingest._learn(stream.ingest.messages(plan.ranges), plan.batch)
    receipt = stream.ingest.run(plan)
    assert receipt.counts == {"messages": 4, "raw": 2, "dead_letter": 2}
    assert set(stream.found("raw")) == {"good", "older"}
    assert stream.ingest.run(plan) == receipt


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
    plan = replace(stream.take(KNOWN)[1], batch=1, ranges=())
    assert stream.ingest.run(plan).counts == {"messages": 0, "raw": 0, "dead_letter": 0}


@pytest.mark.skipif(not SHARED.exists(), reason="needs the nights of ../shared")
@pytest.mark.parametrize(
    ("folder", "alerts", "writers"),
    [("v3.3_night_20200101", 50, 1), ("v4.02_nights_20231018-19", 728, 4)],
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
