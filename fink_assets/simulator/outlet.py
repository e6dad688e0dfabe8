"""Topics of a Kafka that alerts go to: one message each, without key, all acknowledged.

Nothing is lost in silence: the first delivery that fails is an error. When an alert goes belongs to
`pacing`, the count of what went to `replay`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fink_assets.simulator.sequence import Outgoing

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

FLUSH_SECONDS = 60.0
CREATE_SECONDS = 30.0

_PRODUCER = {
    "enable.idempotence": True,
    # What fails raises; notes on retries would disturb the progress that people watch.
    "log_level": 0,
    "compression.type": "none",
    "linger.ms": 20,
    # Bounds the memory; more would only wait here instead of on disk.
    "queue.buffering.max.messages": 1000,
    "queue.buffering.max.kbytes": 131072,
    "delivery.timeout.ms": 60_000,
}


class ReplayError(RuntimeError):
    """An alert was not delivered."""


def create_topic(servers: str, topic: str, partitions: int = 2) -> None:
    """Create a topic; one that exists is left as it is.

    Raises
    ------
    ReplayError
        No broker answers within 30 s, or it refuses.
    """
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": servers, "log_level": 0})
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1)
    try:
        admin.create_topics([new])[topic].result(timeout=CREATE_SECONDS)
    except TimeoutError:
        raise ReplayError(f"{topic}: no broker answers, so that it cannot be created") from None
    except KafkaException as problem:
        if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise ReplayError(f"{topic}: it cannot be created: {problem.args[0].str()}") from None


class Outlet:
    """A producer that creates the topics, counts acknowledgements and raises on the first failure.

    Parameters
    ----------
    servers
        Bootstrap servers.
    topic
        The topic, or which one takes the alerts of a night; messages may name another.
    partitions
        Number of partitions of a topic that is created.
    """

    def __init__(
        self, servers: str, topic: str | Callable[[str], str], *, partitions: int = 2
    ) -> None:
        from confluent_kafka import Producer

        self._producer = Producer({**_PRODUCER, "bootstrap.servers": servers})
        self._topic_of = topic if callable(topic) else lambda night: topic
        self._create = lambda name: create_topic(servers, name, partitions)
        self._topics: dict[tuple[str, str | None], str] = {}
        self._failure: tuple[str, KafkaError] | None = None
        self.delivered = 0

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that alerts went to, in the order of the first."""
        return tuple(dict.fromkeys(self._topics.values()))

    def put(self, alert: Outgoing) -> None:
        """Hand an alert over, waiting while the queue is full."""
        topic = self._topics.get((alert.night, alert.topic)) or self._opened(alert)
        while not self._accepts(topic, alert.message):
            self.serve(0.1)
        self.serve(0)

    def serve(self, seconds: float) -> None:
        """Take acknowledgements for at most so long."""
        self._producer.poll(seconds)
        if self._failure is not None:
            topic, problem = self._failure
            raise ReplayError(f"{topic}: an alert was not delivered: {problem}")

    def close(self) -> None:
        """Wait until all is acknowledged."""
        left = self._producer.flush(FLUSH_SECONDS)
        self.serve(0)
        if left:
            topics = ", ".join(self.topics)
            raise ReplayError(f"{topics}: {left} alerts are not acknowledged by the broker")

    def _opened(self, alert: Outgoing) -> str:
        topic = alert.topic or self._topic_of(alert.night)
        if topic not in self._topics.values():
            self._create(topic)
        self._topics[alert.night, alert.topic] = topic
        return topic

    def _accepts(self, topic: str, message: bytes) -> bool:
        try:
            self._producer.produce(topic, value=message, on_delivery=self._acknowledged)
        except BufferError:
            return False
        return True

    def _acknowledged(self, failure: "KafkaError | None", message: "Message") -> None:
        if failure is None:
            self.delivered += 1
        else:
            self._failure = self._failure or (str(message.topic()), failure)
