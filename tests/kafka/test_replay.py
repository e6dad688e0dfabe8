"""Replay against a real broker: what arrives is what was sent, once, in order."""

import uuid
from pathlib import Path

import pytest

from fink_assets.simulator.faults import FAULTS, disturbed
from fink_assets.simulator.outlet import Outlet, ReplayError, create_topic
from fink_assets.simulator.pacing import at_rate
from fink_assets.simulator.packet import read_detection
from fink_assets.simulator.replay import hand_over, send
from fink_assets.simulator.sequence import nights, outgoing, repeated, waiting

DATA = Path(__file__).parents[1] / "data" / "ztf"


def received(servers, topic, count):
    """All messages of a topic by partition, each list in the order of its offsets."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": servers, "group.id": uuid.uuid4().hex})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    by_partition = {number: [] for number in partitions}
    while sum(map(len, by_partition.values())) < count:
        message = consumer.poll(10)
        assert message is not None, "fewer messages than were sent"
        assert message.error() is None
        by_partition[message.partition()].append(message)
    assert consumer.poll(0.5) is None
    consumer.close()
    return by_partition


def test_every_alert_arrives_once_unchanged_without_key_and_in_order(kafka_servers, topic):
    alerts = waiting(DATA)
    report = send(outgoing(alerts), kafka_servers, topic)
    by_partition = received(kafka_servers, topic, len(alerts))
    values = [message.value() for messages in by_partition.values() for message in messages]
    assert sorted(values) == sorted(alert.path.read_bytes() for alert in alerts)
    for messages in by_partition.values():
        times = [read_detection(message.value())["candidate"]["jd"] for message in messages]
        assert times == sorted(times)
        assert all(message.key() is None for message in messages)
    assert report.sent == len(alerts)
    assert report.nights == {night: len(files) for night, files in nights(DATA).items()}


def test_repeats_arrive_once_with_identifiers_increasing_in_each_partition(kafka_servers, topic):
    report = send(repeated(waiting(DATA), 1500), kafka_servers, topic)
    by_partition = received(kafka_servers, topic, 1500)
    candids = [
        [read_detection(message.value())["candid"] for message in messages]
        for messages in by_partition.values()
    ]
    assert len({candid for each in candids for candid in each}) == report.sent == 1500
    assert all(each == sorted(each) for each in candids)


def test_a_missing_topic_is_created_with_its_partitions_and_kept_if_it_exists(kafka_servers):
    from confluent_kafka.admin import AdminClient

    topic = f"ztf_{uuid.uuid4().hex[:8]}"
    outlet = Outlet(kafka_servers, topic, partitions=3)
    assert hand_over(outgoing(waiting(DATA)[:5]), outlet).sent == 5
    create_topic(kafka_servers, topic, 1)
    admin = AdminClient({"bootstrap.servers": kafka_servers})
    assert len(admin.list_topics(topic, timeout=10).topics[topic].partitions) == 3


def test_the_rate_is_kept(kafka_servers, topic):
    report = send(outgoing(waiting(DATA)[:20]), kafka_servers, topic, pacing=at_rate(40))
    assert 19 / 40 <= report.seconds < 19 / 40 + 2
    assert (report.last_sent - report.first_sent).total_seconds() == pytest.approx(19 / 40, abs=0.3)


def test_an_alert_that_the_broker_refuses_ends_the_replay(kafka_servers):
    """A topic that takes no message of an alert's size."""
    from confluent_kafka.admin import AdminClient, NewTopic

    topic = f"small_{uuid.uuid4().hex[:8]}"
    small = NewTopic(topic, 1, 1, config={"max.message.bytes": "1000"})
    admin = AdminClient({"bootstrap.servers": kafka_servers})
    admin.create_topics([small])[topic].result(30)
    with pytest.raises(ReplayError, match="not delivered"):
        send(outgoing(waiting(DATA)), kafka_servers, topic)


def test_each_night_goes_to_a_topic_of_its_own(kafka_servers):
    mark = uuid.uuid4().hex[:8]
    alerts = list(outgoing(waiting(DATA)))
    report = send(alerts, kafka_servers, lambda night: f"{mark}_{night}")
    assert report.topics == tuple(f"{mark}_{night}" for night in nights(DATA))
    for night in nights(DATA):
        sent = sorted(alert.message for alert in alerts if alert.night == night)
        by_partition = received(kafka_servers, f"{mark}_{night}", len(sent))
        assert sorted(m.value() for each in by_partition.values() for m in each) == sent


def test_a_disturbed_stream_arrives_as_it_was_made(kafka_servers, topic):
    stream = repeated(waiting(DATA), 3000, night="2024-06-06")
    made = list(disturbed(stream, dict.fromkeys(FAULTS, 0.02), total=3000))
    assert send(made, kafka_servers, topic).sent == len(made)
    by_partition = received(kafka_servers, topic, len(made))
    values = [message.value() for messages in by_partition.values() for message in messages]
    assert sorted(values) == sorted(alert.message for alert in made)


def test_what_was_handed_over_before_a_stop_has_arrived(kafka_servers, topic):
    sent = []
    endless = repeated(waiting(DATA), None)
    report = send(
        endless, kafka_servers, topic, progress=sent.append, stop=lambda: len(sent) == 250
    )
    assert report.sent == 250
    assert sum(map(len, received(kafka_servers, topic, 250).values())) == 250
