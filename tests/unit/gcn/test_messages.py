"""Messages of Kafka are read from behind those that are known, up to what is there now."""

from pathlib import Path

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException

from fink_assets.gcn.messages import SilentKafkaError, in_folder, in_kafka
from resources.kafka import Kafka, Watermarks

TOPIC = "igwn.gwalert"


class Reply:
    """A message of Kafka, or word of a partition's end or an error."""

    def __init__(self, partition, offset, content=None, code=None):
        self.told, self.content, self.code = (partition, offset), content, code

    def error(self):
        return None if self.code is None else KafkaError(self.code)

    def topic(self):
        return TOPIC

    def partition(self):
        return self.told[0]

    def offset(self):
        return self.told[1]

    def value(self):
        return self.content


@pytest.fixture
def kafka(monkeypatch):
    """A broker: partitions with the offsets they keep; what is polled, and what was asked for."""

    class Broker:
        marks = (Watermarks(TOPIC, 0, 3, 6), Watermarks(TOPIC, 1, 0, 2), Watermarks(TOPIC, 2, 5, 5))
        replies = None
        assigned = ()
        closed = False

        def __init__(self, told):
            assert told["bootstrap.servers"] == "here"

        def assign(self, places):
            Broker.assigned = sorted((p.partition, p.offset) for p in places)
            if Broker.replies is None:
                ends = {m.partition: m.high for m in Broker.marks}
                Broker.replies = [
                    reply
                    for p, begin in Broker.assigned
                    for reply in (
                        *(Reply(p, n, f"{p}:{n}".encode()) for n in range(begin, ends[p])),
                        Reply(p, ends[p], code=KafkaError._PARTITION_EOF),
                    )
                ]

        def poll(self, _):
            return Broker.replies.pop(0) if Broker.replies else None

        def close(self):
            Broker.closed = True

    monkeypatch.setattr(confluent_kafka, "Consumer", Broker)
    monkeypatch.setattr(Kafka, "watermarks", lambda self, pattern: list(Broker.marks))
    return Broker


def read(after=None):
    return [(m.partition, m.offset, m.content) for m in in_kafka("here", TOPIC, after or {})]


def test_all_that_is_kept_is_read_the_first_time(kafka):
    assert [(p, o) for p, o, _ in read()] == [(0, 3), (0, 4), (0, 5), (1, 0), (1, 1)]
    assert kafka.assigned == [(0, 3), (1, 0)]
    assert kafka.closed


def test_only_what_is_new_is_read_the_next_time(kafka):
    assert read({(TOPIC, 0): 4, (TOPIC, 1): 1}) == [(0, 5, b"0:5")]


def test_messages_that_kafka_has_deleted_are_passed_over(kafka):
    assert [o for p, o, _ in read({(TOPIC, 0): 0, (TOPIC, 1): 1})] == [3, 4, 5]


def test_where_nothing_is_new_nobody_is_asked(kafka):
    assert read({(TOPIC, 0): 5, (TOPIC, 1): 1}) == []
    assert kafka.assigned == ()


def test_a_message_without_a_value_is_an_empty_one(kafka):
    kafka.replies = [
        Reply(0, 5, None),
        Reply(0, 6, code=KafkaError._PARTITION_EOF),
    ]
    assert read({(TOPIC, 0): 4, (TOPIC, 1): 1}) == [(0, 5, b"")]


def test_a_silent_kafka_is_an_error(kafka):
    kafka.replies = []
    with pytest.raises(SilentKafkaError, match="nothing from"):
        read()
    assert kafka.closed


def test_an_error_of_kafka_is_raised(kafka):
    kafka.replies = [Reply(0, 3, code=KafkaError.TOPIC_AUTHORIZATION_FAILED)]
    with pytest.raises(KafkaException):
        read()
    assert kafka.closed


def test_a_file_that_cannot_be_opened_is_named_after_the_others_were_read(tmp_path, monkeypatch):
    for name in ("1.xml", "2.xml", "3.xml"):
        (tmp_path / name).write_text(name)
    opened = Path.open

    def refuse(self, *given, **more):
        if self.name == "2.xml":
            raise PermissionError(13, "Permission denied")
        return opened(self, *given, **more)

    monkeypatch.setattr(Path, "open", refuse)
    found = []
    with pytest.raises(OSError, match=r"1 files cannot be read, first .*2\.xml: Permission denied"):
        found.extend(m.origin for m in in_folder(tmp_path))
    assert found == ["1.xml", "3.xml"]
