"""Send the rows of a frame to topics of users, exactly once: what Spark has to do for it.

The protocol with Kafka belongs to `produce`. Who sends, and what, belongs to its callers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fink_assets.distribution.message import avro_schema, compact
from fink_assets.distribution.produce import CARRIED, Destination, delivery_columns, sender
from fink_assets.lake.table import Table
from resources.kafka import Kafka

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TOPIC = {"cleanup.policy": "delete", "retention.ms": str(7 * 24 * 3600 * 1000)}
SLOTS = 2
"""Partitions of a topic, and transactions side by side."""


def prepare(servers: str, topics: Sequence[str], *, slots: int = SLOTS) -> None:
    """Make the topics that are not there, that of the progress included."""
    Kafka(servers).ensure_topics(list(topics), partitions=slots, config=TOPIC)


def group(stage: str, survey: str, numbered: Table) -> str:
    """Name a sender: numbers of batches mean something in one table only, and not in a new lake."""
    log = numbered.log()
    return f"fink-{stage}-{survey}-{log.metadata().id if log else 'new'}"


def schema_of(messages: DataFrame) -> str:
    """Writer's schema of the messages, the struct `alert`, as JSON."""
    return compact(avro_schema(messages.schema["alert"].dataType))


def send(
    messages: DataFrame,
    destination: Destination,
    *,
    batch: int,
    slots: int = SLOTS,
    carried: Mapping[str, str] = CARRIED,
    order: Sequence[str] = ("alert_id", "filter"),
) -> DataFrame:
    """Send messages when the result is computed; it has one delivery row per message.

    Parameters
    ----------
    messages : DataFrame
        The columns `carried` and `alert`, the struct that is sent. The same rows each time that
        the batch is sent.
    destination : Destination
        Where they go; its key is the `schema_of` the messages.
    batch : int
        Number of the batch; what a batch before it had is not sent any more.
    slots : int
        Partitions of the topic of the progress.
    carried : mapping
        Columns of a delivery, and their types in Spark.
    order : sequence of str
        Columns by which messages of a slot are ordered, so that a repeated run meets them again.
    """
    from pyspark.sql import functions as F
    from pyspark.sql.avro.functions import to_avro

    schema = destination.key.decode()
    fingerprint = hashlib.sha256(destination.key).hexdigest()[:16]
    rows = messages.select(
        F.pmod(F.xxhash64("object_id"), F.lit(slots)).cast("int").alias("slot"),
        F.lit(fingerprint).alias("fingerprint"),
        *carried,
        to_avro("alert", schema).alias("value"),
    )
    # One task per slot, in an order that a repeated run meets again.
    placed = rows.repartition(slots, "slot").sortWithinPartitions("slot", *order)
    sent = ", ".join(f"{name} {kind}" for name, kind in delivery_columns(carried).items())
    return placed.mapInArrow(sender(destination, batch, carried), sent)
