"""What Kafka says of its topics: offsets, and whether a topic is still the same."""

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from resources.kafka import Kafka, KafkaUnreachableError


def test_watermarks_count_the_messages_of_each_partition(kafka_servers, topic):
    producer = Producer({"bootstrap.servers": kafka_servers})
    for partition, number in ((0, 3), (1, 2)):
        for _ in range(number):
            producer.produce(topic, b"alert", partition=partition)
    assert producer.flush(30) == 0

    marks = Kafka(kafka_servers).watermarks(topic)

    assert [(m.partition, m.low, m.high) for m in marks] == [(0, 0, 3), (1, 0, 2)]


def test_a_topic_made_anew_under_its_old_name_has_another_id(kafka_servers, topic):
    kafka, admin = Kafka(kafka_servers), AdminClient({"bootstrap.servers": kafka_servers})
    before = {m.topic_id for m in kafka.watermarks(topic)}
    admin.delete_topics([topic])[topic].result(30)
    while topic in admin.list_topics(timeout=10).topics:
        pass
    admin.create_topics([NewTopic(topic, num_partitions=2)])[topic].result(30)
    while topic not in admin.list_topics(timeout=10).topics:
        pass

    after = {m.topic_id for m in kafka.watermarks(topic)}

    assert len(before) == len(after) == 1
    assert before != after


@pytest.mark.usefixtures("impatient")
def test_an_address_without_a_broker_is_told_as_such(make_ports):
    (port,) = make_ports(1)
    with pytest.raises(KafkaUnreachableError, match=f"127.0.0.1:{port}"):
        Kafka(f"127.0.0.1:{port}").watermarks("anything")
