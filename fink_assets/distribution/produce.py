"""Send the messages of one batch exactly once, from inside a Spark task.

Plain Arrow and Kafka, free of Spark. The progress of each partition of the distribution is an
offset that commits together with the messages: a batch that was sent is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from resources.kafka import once_elected

if TYPE_CHECKING:
    import pyarrow as pa

TIMEOUT_SECONDS = 60.0
CARRIED: Mapping[str, str] = MappingProxyType(
    {
        "night": "string",
        "batch": "bigint",
        "alert_id": "bigint",
        "object_id": "string",
        "filter": "string",
        "filter_version": "string",
        "topic": "string",
        "arrived": "timestamp",
    }
)
"""Columns of a delivery that come with its message, and their types in Spark."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where and as whom messages are sent.

    Parameters
    ----------
    servers : str
        Bootstrap servers.
    group : str
        Consumer group that holds the progress; also the stem of the transactional ids.
    progress : str
        Topic whose offsets are batch numbers; it carries no messages.
    key : bytes
        Writer's schema as JSON, the key of each message.
    """

    servers: str
    group: str
    progress: str
    key: bytes


def delivery_columns(carried: Mapping[str, str] = CARRIED) -> dict[str, str]:
    """Columns of a delivery and their types in Spark: those of its message, and when it went."""
    return {**carried, "sent": "timestamp"}


def sender(
    destination: Destination, batch: int, carried: Mapping[str, str] = CARRIED
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    """Make the function that a task runs on its rows.

    Rows are sorted by `slot`, the partition of the distribution; each slot is one transaction. The
    function yields a delivery row per message, sent now or before, with the columns `carried`.
    """
    columns = dict(carried)  # a closure travels to its task, a read-only view cannot

    def send(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        slot: int | None = None
        transaction: Transaction | None = None
        for rows in batches:
            for row in rows.to_pylist():
                if row["slot"] != slot:
                    if transaction:
                        yield transaction.finish()
                    slot = row["slot"]
                    transaction = Transaction(destination, slot, batch, columns)
                assert transaction is not None
                transaction.add(row)
        if transaction:
            yield transaction.finish()

    return send


def committed(consumer: Any, at: Any, *, timeout: float = TIMEOUT_SECONDS) -> int:
    """Give the offset that a consumer's group has committed; negative where there is none.

    Raises
    ------
    KafkaException
        If Kafka answers with an error, with that of a group it still loads until `timeout` seconds
        are over.
    """
    return int(once_elected(lambda: consumer.committed([at], timeout), seconds=timeout)[0].offset)


class Transaction:
    """The messages of one slot and batch, with the progress that says so."""

    def __init__(
        self,
        destination: Destination,
        slot: int,
        batch: int,
        carried: Mapping[str, str] = CARRIED,
    ) -> None:
        from confluent_kafka import Consumer, Producer, TopicPartition

        self.destination = destination
        self.carried = carried
        self.at = TopicPartition(destination.progress, slot, batch + 1)
        self.rows: list[dict[str, Any]] = []
        self.failures: list[str] = []
        self.producer = Producer(
            {
                "bootstrap.servers": destination.servers,
                "transactional.id": f"{destination.group}-{slot}",
                "compression.type": "zstd",
                "message.max.bytes": 10_000_000,
                "queue.buffering.max.kbytes": 65_536,
                "linger.ms": 20,
                "transaction.timeout.ms": 300_000,
            }
        )
        self.consumer = Consumer(
            {"bootstrap.servers": destination.servers, "group.id": destination.group}
        )
        # Fences an earlier attempt that may still be alive, and waits for what it committed.
        self.producer.init_transactions(TIMEOUT_SECONDS)
        done = committed(self.consumer, TopicPartition(destination.progress, slot))
        self.pending = done <= batch
        if self.pending:
            self.producer.begin_transaction()

    def add(self, row: dict[str, Any]) -> None:
        """Send a message, unless it was."""
        self.rows.append({name: row[name] for name in self.carried})
        if not self.pending:
            return
        headers = [
            ("alert_id", str(row["alert_id"]).encode()),
            ("filter_version", row["filter_version"].encode()),
            ("schema_fingerprint", row["fingerprint"].encode()),
        ]
        while True:
            try:
                self.producer.produce(
                    row["topic"],
                    value=row["value"],
                    key=self.destination.key,
                    headers=headers,
                    on_delivery=self._on_delivery,
                )
                break
            except BufferError:  # the queue is full: let it drain
                self.producer.poll(0.5)
        self.producer.poll(0)

    def _on_delivery(self, error: Any, message: Any) -> None:
        if error is not None:
            self.failures.append(f"{message.topic()}: {error}")

    def finish(self) -> pa.RecordBatch:
        """Commit messages and progress together; return the delivery rows.

        Raises
        ------
        RuntimeError
            If Kafka refused a message; nothing of the slot is visible then.
        """
        if self.pending:
            self.producer.flush(TIMEOUT_SECONDS)
            if self.failures:
                self.producer.abort_transaction(TIMEOUT_SECONDS)
                raise RuntimeError(
                    f"{len(self.failures)} messages refused, first {self.failures[0]}"
                )
            metadata = self.consumer.consumer_group_metadata()
            self.producer.send_offsets_to_transaction([self.at], metadata, TIMEOUT_SECONDS)
            self.producer.commit_transaction(TIMEOUT_SECONDS)
        self.consumer.close()
        return self._deliveries()

    def _deliveries(self) -> pa.RecordBatch:
        import pyarrow as pa

        now = datetime.now(UTC)
        kinds = {
            "string": pa.string(),
            "bigint": pa.int64(),
            "timestamp": pa.timestamp("us", tz="UTC"),
        }
        columns = delivery_columns(self.carried)
        schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
        return pa.RecordBatch.from_pylist(
            [{**row, "sent": now} for row in self.rows], schema=schema
        )
