"""Distribution: what users receive, exactly once whatever dies, and with Fink's own client."""

import os
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pipeline import WIDE, build, decoded, ids, make_topic, received, rows, sample, sent, text

from fink_assets.simulator.packet import read_container

KNOWN = (1786106591315015003, 1786107540015015005, 1786559604315015011)


@pytest.fixture(scope="module")
def messages(sample_run, kafka_servers):
    return received(kafka_servers, [f.topic for f in sample_run.chain.filters])


@pytest.fixture(scope="module")
def science(sample_run):
    return {row["alert_id"]: row for row in rows(sample_run.tables.science)}


def test_topics_hold_what_deliveries_and_filters_say(sample_run, messages):
    deliveries = rows(sample_run.tables.deliveries)
    assert sent(messages) == sorted((row["topic"], row["alert_id"]) for row in deliveries)
    passing = set(ids(sample_run.tables.science))
    for chosen in sample_run.chain.filters:
        mine = {row["alert_id"] for row in deliveries if row["filter"] == chosen.name}
        assert mine >= set(chosen.accepts) & passing
        assert not mine & set(chosen.rejects)
        versions = {row["filter_version"] for row in deliveries if row["filter"] == chosen.name}
        assert versions <= {chosen.code_version}
    assert len(deliveries) == 6


def test_the_packet_is_in_the_message_as_it_was_sent(messages):
    for message in messages:
        alert = decoded(message)
        packet = read_container(sample()[alert["candid"]])[1]
        assert set(packet) <= set(alert)
        assert text([within(packet, alert)]) == text([packet])


def within(packet, alert):
    """The part of an alert that its packet had: later schemas add fields."""
    if isinstance(packet, dict):
        return {name: within(packet[name], alert[name]) for name in packet}
    if isinstance(packet, list):
        return [within(one, other) for one, other in zip(packet, alert, strict=True)]
    return alert


def test_the_message_has_every_module_under_its_own_and_under_finks_names(
    sample_run, messages, science
):
    for message in messages:
        alert = decoded(message)
        row = science[alert["candid"]]
        for module in sample_run.chain.modules:
            told, known = alert[module.name], row[module.name] or {}
            assert text([told or {}]) == text([known])
            for column in module.outputs:
                if column.fink:
                    assert str(named(alert, column.fink)) == str(known.get(column.name))
        assert alert["module_status"] == dict(row["module_status"])
        assert alert["module_versions"] == dict(row["module_versions"])
        assert datetime.fromisoformat(alert["brokerIngestTimestamp"])
        assert datetime.fromisoformat(alert["brokerEndProcessTimestamp"])


def named(alert, path):
    """Value of a message under one of Fink's names, which may be a field of a struct."""
    for part in path.split("."):
        alert = alert[part]
    return alert


def test_headers_name_the_alert_the_filter_and_the_schema(sample_run, messages):
    import hashlib

    versions = {f.topic: f.code_version for f in sample_run.chain.filters}
    for message in messages:
        headers = {name: value.decode() for name, value in message.headers()}
        assert headers == {
            "alert_id": str(decoded(message)["candid"]),
            "filter_version": versions[message.topic()],
            "schema_fingerprint": hashlib.sha256(message.key()).hexdigest()[:16],
        }
        assert b" " not in message.key()


@pytest.fixture
def official(sample_run, kafka_servers):
    """Fink's own client, unmodified, on a topic with three alerts."""
    from fink_client.consumer import AlertConsumer

    config = {"group.id": uuid.uuid4().hex, "bootstrap.servers": kafka_servers}
    topics = [f.topic for f in sample_run.chain.filters if f.name == "sso_ztf_candidates"]
    with AlertConsumer(topics, config, survey="ztf") as consumer:
        yield consumer


def test_the_official_client_polls_and_consumes_alerts_it_understands(official):
    topic, alert, key = official.poll(60)
    assert topic == "fink_sso_ztf_candidates_ztf"
    assert key.startswith('{"type":"record"')
    others = [alert for _, alert, _ in official.consume(2, 60)]
    assert sorted(a["candid"] for a in (alert, *others)) == sorted(KNOWN)
    for found in (alert, *others):
        assert found["objectId"].startswith("ZTF21")
        assert found["candidate"]["magpsf"] > 10
        assert found["roid"] == 3
        known = found[f"lc_features_{'_gr'[found['candidate']['fid']]}"]
        assert known["amplitude"] >= 0
        assert found["cutoutScience"]["stampData"][:2] == b"\x1f\x8b"
    assert official.poll(1) == (None, None, None)


def test_the_official_client_writes_alerts_that_its_reader_reads(official, tmp_path):
    from fink_client.avro_utils import AlertReader

    _, alert, _ = official.poll_and_write(str(tmp_path), timeout=60)
    (written,) = tmp_path.glob("*.avro")
    assert written.name == f"{alert['objectId']}_{alert['candid']}.avro"
    (again,) = AlertReader(str(written)).to_list()
    assert text([again]) == text([alert])


@pytest.fixture(scope="module")
def judged(spark, kafka_servers, tmp_path_factory):
    """A batch of three alerts that is in science and was not sent yet."""
    lake = str(tmp_path_factory.mktemp("judged"))
    run = build(spark, kafka_servers, make_topic(kafka_servers), lake, modules=(), filters=[WIDE])
    run.feed([sample()[alert] for alert in KNOWN])
    assert run.chain.step(run.done.append, stages=("stream2raw",))
    assert run.chain.step(run.done.append, stages=("stream2raw", "raw2science"))
    assert ids(run.tables.science) == sorted(KNOWN)
    return run


@pytest.fixture
def waiting(judged, tmp_path):
    """The same with topics and progress of its own."""
    name = f"ztf{uuid.uuid4().hex[:8]}"
    survey = replace(judged.chain.survey, name=name)
    return judged.copy(tmp_path, survey=survey, filters=[replace(WIDE, survey=name)])


def is_once(run, servers):
    """Whether each alert is once in its topic, and once in deliveries."""
    (topic,) = [f.topic for f in run.chain.filters]
    assert sent(received(servers, [topic])) == [(topic, alert) for alert in sorted(KNOWN)]
    assert ids(run.tables.deliveries) == sorted(KNOWN)


def row_of(run, alert, slot):
    (chosen,) = run.chain.filters
    return {
        "slot": slot,
        "night": "2021-11-22",
        "batch": 0,
        "alert_id": alert,
        "object_id": "ZTF21acqdcyb",
        "filter": chosen.name,
        "filter_version": chosen.code_version,
        "topic": chosen.topic,
        "arrived": datetime.now(UTC),
        "fingerprint": "0",
        "value": b"from a task that died",
    }


def slots(spark, run):
    from pyspark.sql import functions as F

    science = run.tables.science.read(spark)
    found = science.select(F.pmod(F.xxhash64("object_id"), F.lit(2)).alias("slot")).distinct()
    return [row["slot"] for row in found.collect()]


DYING = """
import os, pickle, signal, sys
from fink_assets.distribution.produce import Transaction
destination, rows = pickle.load(sys.stdin.buffer)
for row in rows:
    transaction = Transaction(destination, row["slot"], 0)
    transaction.add(row)
    assert transaction.producer.flush(60) == 0
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_task_killed_between_sending_and_commit_leaves_nothing_behind(
    spark, waiting, kafka_servers
):
    import pickle

    run = waiting
    run.chain.deliver._prepare_topics()
    found = [row_of(run, KNOWN[0], slot) for slot in slots(spark, run)]
    told = pickle.dumps((run.chain.deliver.destination("{}"), found))
    died = subprocess.run([sys.executable, "-c", DYING], input=told, check=False)
    assert died.returncode == -signal.SIGKILL
    (topic,) = [f.topic for f in run.chain.filters]
    assert end_of(kafka_servers, topic) == len(found), "the messages of the dead are in the log"
    run.finish()
    is_once(run, kafka_servers)


def end_of(servers, topic):
    """Messages in the log, those of open transactions included."""
    from confluent_kafka import Consumer, TopicPartition

    config = {"group.id": uuid.uuid4().hex, "isolation.level": "read_uncommitted"}
    consumer = Consumer({"bootstrap.servers": servers, **config})
    places = [TopicPartition(topic, partition) for partition in (0, 1)]
    ends = [consumer.get_watermark_offsets(place, timeout=30)[1] for place in places]
    consumer.close()
    return sum(ends)


def test_a_task_that_wakes_up_after_another_did_its_work_is_refused(spark, waiting, kafka_servers):
    from confluent_kafka import KafkaException

    from fink_assets.distribution.produce import Transaction

    run = waiting
    run.chain.deliver._prepare_topics()
    destination = run.chain.deliver.destination("{}")
    slot = slots(spark, run)[0]
    sleeper = Transaction(destination, slot, 0)
    sleeper.add(row_of(run, KNOWN[0], slot))
    run.finish()
    with pytest.raises(KafkaException, match=r"(?i)fenced|epoch"):
        sleeper.finish()
    is_once(run, kafka_servers)


def test_lost_deliveries_and_lost_receipts_are_made_up_without_sending_again(
    waiting, kafka_servers
):
    run = waiting
    deliver = run.chain.deliver
    deliver._prepare_topics()
    # Sent, but Spark died before the rows were committed.
    assert len(deliver._sent(deliver._messages(0), 0).collect()) == 3
    assert not run.tables.deliveries.exists()
    run.finish()
    is_once(run, kafka_servers)
    # Committed, but the receipt was lost.
    receipt = deliver.run(0)
    assert receipt.counts["filter:everything"] == 3
    is_once(run, kafka_servers)


def test_the_progress_belongs_to_one_lake(waiting, kafka_servers):
    """Its batches have the same numbers, and must be sent all the same."""
    from deltalake import DeltaTable

    deliver = waiting.finish().chain.deliver
    mine = deliver.destination("{}").group
    assert DeltaTable(waiting.tables.ledger.table.path).metadata().id in mine
    assert waiting.chain.survey.name in mine
    is_once(waiting, kafka_servers)


def test_a_message_that_kafka_refuses_fails_the_stage_and_shows_nothing(waiting, kafka_servers):
    from confluent_kafka.admin import AdminClient, NewTopic

    run = waiting
    (topic,) = [f.topic for f in run.chain.filters]
    admin = AdminClient({"bootstrap.servers": kafka_servers})
    small = NewTopic(topic, num_partitions=2, config={"max.message.bytes": "1000"})
    admin.create_topics([small])[topic].result(30)
    with pytest.raises(Exception, match="messages refused"):
        run.finish()
    assert received(kafka_servers, [topic]) == []
    assert not run.tables.deliveries.exists()
    assert run.chain.ledger.position("distribution") == -1


def test_sending_loads_no_spark():
    code = "import sys, fink_assets.distribution.produce; print('pyspark' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert run.stdout.strip() == "False"
