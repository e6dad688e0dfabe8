"""Kafka as the platform sees it: offsets and topics as plain data.

Messages are read by Spark and written in `fink_assets.distribution`; nothing here consumes or
produces.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

TIMEOUT_SECONDS = 10.0
# What fails raises; the client's own notes on each retry would bury that.
QUIET = {"log_level": 0}
PAUSE_SECONDS = 0.1

T = TypeVar("T")


class KafkaUnreachableError(ConnectionError):
    """No broker answers at the configured address."""


class KafkaRefusedError(KafkaUnreachableError):
    """Kafka, or whoever gives tokens for it, does not let this client in."""


class Told:
    """What a client notes of its troubles in the background, which its calls do not say.

    A call that waits for a client without token ends as one that waits for a broker that is down.
    """

    def __init__(self) -> None:
        self.refusals: list[str] = []

    def __call__(self, error: Any) -> None:
        """Take a note of the client."""
        from confluent_kafka import KafkaError

        if error.code() in (
            KafkaError._AUTHENTICATION,
            KafkaError.SASL_AUTHENTICATION_FAILED,
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
        ):
            self.refusals.append(error.str())

    def error(self, servers: str, problem: object) -> KafkaUnreachableError:
        """Error that says why a call had no answer."""
        if self.refusals:
            return KafkaRefusedError(f"Kafka at {servers} refuses: {self.refusals[-1]}")
        return KafkaUnreachableError(f"Kafka at {servers}: {problem}")


@dataclass(frozen=True)
class Watermarks:
    """First offset kept and next offset to be written of one topic partition.

    `topic_id` tells a topic from one that had its name before and was deleted.
    """

    topic: str
    partition: int
    low: int
    high: int
    topic_id: str = ""


@dataclass(frozen=True)
class Kafka:
    """A Kafka cluster by its bootstrap servers, with what clients need to be let in."""

    servers: str
    access: Mapping[str, str] = field(default_factory=dict, repr=False)

    def watermarks(self, pattern: str) -> list[Watermarks]:
        """Offsets of every partition of the topics whose whole name matches a regular expression.

        Raises
        ------
        KafkaUnreachableError
            If no broker answers within 10 s.
        KafkaRefusedError
            If it does not let this client in, or whoever gives tokens does not.
        """
        from confluent_kafka import Consumer, KafkaException, TopicPartition

        told = Told()
        consumer = Consumer({"group.id": "fink-watermarks", **self._client(told)})
        try:
            topics = consumer.list_topics(timeout=TIMEOUT_SECONDS).topics
            wanted = sorted(name for name in topics if re.fullmatch(pattern, name))
            ids = self._topic_ids(wanted)
            marks = []
            for name in wanted:
                for partition in sorted(topics[name].partitions):
                    at = TopicPartition(name, partition)
                    low, high = once_elected(
                        lambda at=at: consumer.get_watermark_offsets(at, timeout=TIMEOUT_SECONDS)  # type: ignore[misc]
                    )
                    marks.append(Watermarks(name, partition, low, high, ids[name]))
            return marks
        except KafkaException as problem:
            consumer.poll(0)  # gives what the client noted meanwhile to `told`
            raise told.error(self.servers, problem) from problem
        finally:
            consumer.close()

    def _client(self, told: Told) -> dict[str, Any]:
        return {"bootstrap.servers": self.servers, **self.access, **QUIET, "error_cb": told}

    def _topic_ids(self, names: list[str]) -> dict[str, str]:
        from confluent_kafka import TopicCollection
        from confluent_kafka.admin import AdminClient

        if not names:
            return {}
        admin = AdminClient({"bootstrap.servers": self.servers, **self.access, **QUIET})
        found = admin.describe_topics(TopicCollection(names), request_timeout=TIMEOUT_SECONDS)
        return {name: str(asked.result().topic_id) for name, asked in found.items()}

    def ensure_topics(self, names: list[str], *, partitions: int, config: dict[str, str]) -> None:
        """Create the topics that do not exist yet."""
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient, NewTopic

        admin = AdminClient({"bootstrap.servers": self.servers, **self.access, **QUIET})
        try:
            present = set(admin.list_topics(timeout=TIMEOUT_SECONDS).topics)
            missing = [n for n in names if n not in present]
            topics = [NewTopic(n, num_partitions=partitions, config=config) for n in missing]
            for name, made in (admin.create_topics(topics) if topics else {}).items():
                _accept_existing(name, made)
        except KafkaException as problem:
            raise KafkaUnreachableError(f"Kafka at {self.servers}: {problem}") from problem


def once_elected(ask: Callable[[], T], *, seconds: float = TIMEOUT_SECONDS) -> T:
    """Ask a partition's leader or a group's coordinator, again while Kafka finds or loads it.

    So it is with a new topic, a group it has just heard of, and a broker that was restarted.

    Raises
    ------
    KafkaException
        What Kafka said last, after so many seconds, or anything else it says at once.
    """
    from confluent_kafka import KafkaError, KafkaException

    electing = (
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    )
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except KafkaException as problem:
            if problem.args[0].code() not in electing or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


def _accept_existing(name: str, made) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    from confluent_kafka import KafkaError, KafkaException

    try:
        made.result()
    except KafkaException as problem:
        if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise RuntimeError(f"topic {name} could not be created: {problem}") from problem
