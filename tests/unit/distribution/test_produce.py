"""What has been sent is asked of Kafka, patiently while it is loading, and not beyond that."""

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from fink_assets.distribution.produce import committed

AT = TopicPartition("_fink_progress_ztf", 0)
LOADING = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


class Group:
    """A consumer whose broker answers with errors first."""

    def __init__(self, *errors):
        self.errors = list(errors)

    def committed(self, partitions, timeout):
        if self.errors:
            raise KafkaException(KafkaError(self.errors.pop(0)))
        return [TopicPartition(p.topic, p.partition, 7) for p in partitions]


def test_a_broker_that_still_loads_the_group_is_asked_again():
    assert committed(Group(*LOADING), AT) == 7


def test_any_other_error_is_raised_at_once():
    group = Group(KafkaError.GROUP_AUTHORIZATION_FAILED, *LOADING)
    with pytest.raises(KafkaException):
        committed(group, AT)
    assert len(group.errors) == len(LOADING)


def test_a_group_that_never_loads_is_an_error():
    with pytest.raises(KafkaException):
        committed(Group(*LOADING), AT, timeout=0.0)
