"""Send alerts to a Kafka topic as the survey does: one message each, without key, in order.

Which alerts and in which order belongs to `sequence`. Nothing is lost in silence: the first
delivery that fails ends the replay with an error.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.simulator.sequence import Outgoing, outgoing, repeated, waiting

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

FLUSH_SECONDS = 60.0

_PRODUCER = {
    "enable.idempotence": True,
    # What fails raises; notes on retries would disturb the progress that people watch.
    "log_level": 3,
    "compression.type": "none",
    "linger.ms": 20,
    # Bounds the memory; more would only wait here instead of on disk.
    "queue.buffering.max.messages": 1000,
    "queue.buffering.max.kbytes": 131072,
    "delivery.timeout.ms": 60_000,
}


class ReplayError(RuntimeError):
    """An alert was not delivered."""


@dataclass(frozen=True, kw_only=True)
class ReplayReport:
    """What was sent: every alert counted here was acknowledged by the broker."""

    sent: int
    seconds: float
    nights: dict[str, int]
    first_sent: datetime | None
    last_sent: datetime | None

    @property
    def alerts_per_second(self) -> float:
        """Mean rate, acknowledgement of the last alert included."""
        return self.sent / self.seconds if self.seconds else 0.0


def replay(
    source: Path | Iterable[Path],
    servers: str,
    topic: str,
    *,
    rate: float | None = None,
    repeats_to: int | None = None,
    night: str | None = None,
    shuffle: int | None = None,
    partitions: int = 2,
    progress: Callable[[int], None] | None = None,
    visit: int = 1,
    survey: str = "ztf",
) -> ReplayReport:
    """Send alerts to a topic, which is created if it is missing.

    Parameters
    ----------
    source
        Folder of messages (`*.avro`, recursively), or such files.
    servers
        Bootstrap servers.
    topic
        Topic to send to.
    rate
        Alerts per second; as fast as the broker takes them if None.
    repeats_to
        Number of alerts to send, with copies under new identities; see `sequence.repeated`.
        If None, each alert once, its bytes untouched.
    night
        Night that all copies are of, instead of their alert's own.
    shuffle
        Seed of a random order; by default the alerts go in the order of their exposures.
    partitions
        Number of partitions of a topic that is created.
    progress
        Called after each alert with the number handed over so far.
    visit
        Alerts handed over at once, as a telescope does that ends an exposure; `rate` stays the
        mean rate.
    survey
        Whose alerts they are.

    Raises
    ------
    ReplayError
        A delivery failed, or was not acknowledged in a minute.
    """
    alerts = waiting(source, shuffle=shuffle, survey=survey)
    create_topic(servers, topic, partitions)
    if repeats_to is None:
        stream = outgoing(alerts, survey=survey)
    else:
        stream = repeated(alerts, repeats_to, survey=survey, night=night)
    return send(stream, servers, topic, rate=rate, progress=progress, visit=visit)


def send(
    stream: Iterator[Outgoing],
    servers: str,
    topic: str,
    *,
    rate: float | None = None,
    progress: Callable[[int], None] | None = None,
    visit: int = 1,
) -> ReplayReport:
    """Send given messages to a topic that exists; otherwise as `replay`."""
    return _send(stream, _Outlet(servers, topic), rate, progress or _silent, visit=visit)


def create_topic(servers: str, topic: str, partitions: int = 2) -> None:
    """Create a topic; one that exists is left as it is."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": servers, "log_level": 3})
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1)
    try:
        admin.create_topics([new])[topic].result(timeout=30)
    except KafkaException as problem:
        if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


class _Outlet:
    """A producer of one topic that counts acknowledgements and raises on the first failure."""

    def __init__(self, servers: str, topic: str) -> None:
        from confluent_kafka import Producer

        self._producer = Producer({**_PRODUCER, "bootstrap.servers": servers})
        self._topic = topic
        self._failure: KafkaError | None = None
        self.delivered = 0

    def put(self, message: bytes) -> None:
        """Hand a message over, waiting while the queue is full."""
        while not self._accepts(message):
            self.serve(0.1)
        self.serve(0)

    def serve(self, seconds: float) -> None:
        """Take acknowledgements for at most so long."""
        self._producer.poll(seconds)
        if self._failure is not None:
            raise ReplayError(f"{self._topic}: an alert was not delivered: {self._failure}")

    def close(self) -> None:
        """Wait until all is acknowledged."""
        left = self._producer.flush(FLUSH_SECONDS)
        self.serve(0)
        if left:
            raise ReplayError(f"{self._topic}: {left} alerts are not acknowledged by the broker")

    def _accepts(self, message: bytes) -> bool:
        try:
            self._producer.produce(self._topic, value=message, on_delivery=self._acknowledged)
        except BufferError:
            return False
        return True

    def _acknowledged(self, failure: "KafkaError | None", _: "Message") -> None:
        if failure is None:
            self.delivered += 1
        else:
            self._failure = self._failure or failure


def _send(
    stream: Iterator[Outgoing],
    outlet: Any,
    rate: float | None,
    progress: Callable[[int], None],
    *,
    visit: int = 1,
) -> ReplayReport:
    """Hand all messages to the outlet on a fixed schedule, so that a late one delays no other."""
    count_by_night: Counter[str] = Counter()
    begun = time.monotonic()
    first = last = None
    for position, alert in enumerate(stream):
        while rate and (early := begun + _due(position, visit) / rate - time.monotonic()) > 0:
            outlet.serve(early)
        outlet.put(alert.message)
        last = datetime.now(UTC)
        first = first or last
        count_by_night[alert.night] += 1
        progress(position + 1)
    outlet.close()
    if outlet.delivered != count_by_night.total():
        raise ReplayError(f"{count_by_night.total()} alerts sent, {outlet.delivered} acknowledged")
    return ReplayReport(
        sent=outlet.delivered,
        seconds=time.monotonic() - begun,
        nights=dict(sorted(count_by_night.items())),
        first_sent=first,
        last_sent=last,
    )


def _due(position: int, visit: int) -> int:
    """Position from which on an alert may go: that of its visit's first."""
    return position - position % visit


def _silent(_: int) -> None:
    pass
