"""The stage stream2raw of LSST on real Kafka, Spark and Delta: every version into one table."""

from dataclasses import replace

import lsst_messages as lsst
import messages
import pytest
import streams
from streams import packet_of, same

from fink_assets.stream2raw.decode import CORRUPT
from fink_assets.stream2raw.framing import EMPTY, NO_DATUM, NOT_CONFLUENT
from fink_assets.surveys.base import UnknownSchemaError
from fink_assets.surveys.lsst import LSST
from fink_assets.surveys.lsst_packet import PACKAGE, packet_schema

pytestmark = pytest.mark.usefixtures("packets")

UNKNOWN = f"writer's schema: unknown schema id 4242: not in {PACKAGE.requirement}"
UNDATED = "writer's schema: not an alert of LSST: no field diaSource.midpointMjdTai"


def good():
    samples = {f"sample of {i}": lsst.wire(lsst.sample(i), i) for i in lsst.USED}
    filled = {
        f"filled {i}": lsst.wire(lsst.filled(i, number), i) for number, i in enumerate(lsst.USED)
    }
    return samples | filled


def dead():
    whole = lsst.wire(lsst.sample(900), 900)
    cuts = {f"cut after {n}": (whole[:n], CORRUPT) for n in (6, 100, len(whole) // 2, -1)}
    return {
        "empty": (b"", EMPTY),
        "null": (None, EMPTY),
        "wrong magic": (b"\x01" + whole[1:], NOT_CONFLUENT),
        "of ZTF": (messages.message(1), NOT_CONFLUENT),
        "no datum": (lsst.header(900), NO_DATUM),
        "half of an id": (b"\x00\x00", NO_DATUM),
        "unknown id": (lsst.wire(lsst.sample(900), 900, stated=4242), UNKNOWN),
        "too old": (lsst.wire(lsst.sample(400), 400), UNDATED),
        "long beyond memory": (lsst.boasting(2_000_000_000), CORRUPT),
        "noise": (lsst.header(900) + bytes(range(256)) * 40, CORRUPT),
        **cuts,
    }


@pytest.fixture(scope="module")
def stream(spark, kafka_servers, tmp_path_factory, packets):
    return streams.new(spark, kafka_servers, tmp_path_factory.mktemp("lake"), LSST)


@pytest.fixture(scope="module")
def first(stream):
    return stream.take({**good(), **{name: message for name, (message, _) in dead().items()}})


@pytest.fixture(scope="module")
def raw(stream, first):
    return stream.found("raw")


@pytest.fixture(scope="module")
def dead_letters(stream, first):
    return stream.found("dead_letter")


def test_every_message_of_every_version_is_kept_or_set_aside(first, raw, dead_letters):
    assert set(raw) == set(good())
    assert set(dead_letters) == set(dead())
    counts = {"messages": len(raw) + len(dead_letters), "raw": len(raw)}
    assert first[0].counts == {**counts, "dead_letter": len(dead_letters)}


def test_raw_has_every_field_of_every_version_as_sent(raw):
    for name, message in good().items():
        assert same(packet_of(raw[name]), lsst.unwire(message)), name


def test_the_version_of_an_alert_is_that_of_its_writer(raw):
    for schema_id in lsst.USED:
        version = f"lsst.v{schema_id // 100}_{schema_id % 100}"
        assert raw[f"sample of {schema_id}"]["writer"]["version"] == version


def test_an_alert_has_its_identity_and_the_night_in_which_it_began(raw):
    for name, message in good().items():
        sent, row = lsst.unwire(message), raw[name]
        assert row["alert_id"] == sent["diaSource"]["diaSourceId"]
        assert row["object_id"] == str(sent["diaObject"]["diaObjectId"])
        if name.startswith("filled"):
            assert row["night"] == lsst.NIGHT
    assert raw["sample of 1101"]["night"] == "2025-08-15"
    assert raw["sample of 701"]["night"] == "1970-01-01"  # its time is no date


@pytest.mark.parametrize("kind", dead())
def test_a_dead_letter_has_the_reason_and_the_message_as_it_came(dead_letters, kind):
    message, reason = dead()[kind]
    assert dead_letters[kind]["error"] == reason
    assert dead_letters[kind]["value"] == message


def test_an_id_that_becomes_known_is_decoded_from_then_on(stream, first):
    """And the batch that came before stays as it is, whoever repeats it."""
    late = lsst.wire(lsst.filled(900), 900, stated=4242)

    def both(schema_id):
        return packet_schema(900 if schema_id == 4242 else schema_id)

    stream.take({"still unknown": late})
    before = stream.state()
    stream.ingest = replace(stream.ingest, schemas=both)
    stream.take({"known": late})
    assert same(packet_of(stream.found("raw")["known"]), lsst.unwire(late, 900))
    assert set(stream.found("dead_letter")) == {*dead(), "still unknown"}
    again = stream.ingest.run(first[1])
    assert again == first[0]
    after = stream.state()
    assert after["dead_letter"] == before["dead_letter"]
    assert sum(after["raw"].values()) == sum(before["raw"].values()) + 1


def test_a_source_of_schemas_that_does_not_answer_fails_the_batch_and_loses_nothing(
    spark, kafka_servers, tmp_path
):
    stream = streams.new(spark, kafka_servers, tmp_path, LSST)
    usual = stream.ingest

    def silent(schema_id):
        raise ConnectionError("no answer")

    stream.ingest = replace(usual, schemas=silent)
    stream.send({"alert": lsst.wire(lsst.sample(1101), 1101), "bad": b"bad"})
    plan = stream.plan()
    with pytest.raises(ConnectionError, match="no answer"):
        stream.ingest.run(plan)
    assert stream.rows("raw") == stream.rows("dead_letter") == []
    stream.ingest = usual
    assert usual.run(plan).counts == {"messages": 2, "raw": 1, "dead_letter": 1}
    assert set(stream.found("raw")) == {"alert"}


def test_only_an_unknown_id_comes_and_is_known_when_the_batch_is_repeated(
    spark, kafka_servers, tmp_path
):
    """Nothing was appended to raw before, so only the dead letters tell that it was archived."""
    stream = streams.new(spark, kafka_servers, tmp_path, LSST)

    def unknown(schema_id):
        raise UnknownSchemaError(f"unknown schema id {schema_id}")

    usual = stream.ingest
    stream.ingest = replace(usual, schemas=unknown)
    receipt, plan = stream.take({"alert": lsst.wire(lsst.sample(1101), 1101)})
    assert receipt.counts == {"messages": 1, "raw": 0, "dead_letter": 1}
    before = stream.state()
    assert usual.run(plan) == receipt
    assert stream.state() == before
