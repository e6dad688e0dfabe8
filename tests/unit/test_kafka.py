"""Kafka answers late while it elects a leader: ask again; anything else is told at once."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from resources.kafka import Kafka, KafkaUnreachableError, once_elected


class Leader:
    """Refuses a number of times with an error of Kafka, then answers."""

    def __init__(self, code, refusals):
        self.code = code
        self.refusals = refusals

    def __call__(self):
        if self.refusals:
            self.refusals -= 1
            raise KafkaException(KafkaError(self.code))
        return "answer"


@pytest.mark.parametrize("name", ["NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE"])
def test_a_leader_that_is_being_elected_is_asked_again(name):
    assert once_elected(Leader(getattr(KafkaError, name), refusals=2)) == "answer"


def test_a_leader_that_is_never_elected_is_told_in_the_end():
    with pytest.raises(KafkaException):
        once_elected(Leader(KafkaError.LEADER_NOT_AVAILABLE, refusals=10), seconds=0)


def test_another_error_is_told_at_once():
    leader = Leader(KafkaError.TOPIC_AUTHORIZATION_FAILED, refusals=1)
    with pytest.raises(KafkaException, match="TOPIC_AUTHORIZATION_FAILED"):
        once_elected(leader)
    assert leader() == "answer"


def test_a_kafka_that_is_not_there_is_told_once_without_the_client_s_own_notes(
    capfd, monkeypatch, make_ports
):
    (port,) = make_ports(1)
    monkeypatch.setattr("resources.kafka.TIMEOUT_SECONDS", 0.5)
    with pytest.raises(KafkaUnreachableError, match=f"Kafka at 127.0.0.1:{port}"):
        Kafka(f"127.0.0.1:{port}").watermarks(".*")
    assert capfd.readouterr() == ("", "")
