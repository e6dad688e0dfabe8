"""The stage stream2raw on real Kafka, Spark and Delta: each message is kept, typed or set aside."""

from collections import Counter
from dataclasses import dataclass
from hashlib import sha256

import messages
import pytest
import streams
from kinds import DEAD, GARBAGE, GOOD
from streams import HEADERS, packet_of, place, same

from fink_assets.simulator.packet import read_container
from fink_assets.stream2raw.framing import container


@dataclass
class Night:
    """One lake after batches of all kinds, and what was seen on the way."""

    stream: streams.Stream
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
BATCHES = (FIRST, SECOND, GARBAGE, {"last": messages.message(301)})


@pytest.fixture(scope="module")
def night(spark, kafka_servers, tmp_path_factory):
    stream = streams.new(spark, kafka_servers, tmp_path_factory.mktemp("lake"))
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


def test_every_message_is_in_raw_or_in_dead_letters_and_in_one_only(raw, dead, night):
    assert set(raw) | set(dead) == set(night.stream.sent)
    assert not set(raw) & set(dead)
    assert set(dead) == {*DEAD, *GARBAGE}


@pytest.mark.parametrize("name", [n for b in BATCHES for n in b if n not in {**DEAD, **GARBAGE}])
def test_raw_has_every_value_that_was_sent(raw, name):
    message = next(batch[name] for batch in BATCHES if name in batch)
    sent = read_container(message)[1]
    if name == "narrower types":
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
    assert (raw["added fields"]["host"], raw["4.02"]["host"]) == ({"z": 0.25}, None)
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
