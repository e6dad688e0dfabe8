"""Take messages through stream2raw alone: a topic, a lake, and what Kafka said of each message."""

import math
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace

from confluent_kafka import Producer
from deltalake import DeltaTable

from fink_assets.lake.tables import Tables
from fink_assets.simulator.outlet import create_topic
from fink_assets.stream2raw.batches import next_plan
from fink_assets.stream2raw.ingest import Ingest
from fink_assets.surveys import ZTF
from resources.kafka import Kafka

OWN = {"night", "batch", "alert_id", "object_id", "kafka", "writer", "ingested"}
HEADERS = [("sent-by", b"survey"), ("twice", b"1"), ("twice", b"\x00")]


@dataclass
class Stream:
    """A topic, the lake its messages go to, and what Kafka said of each message."""

    ingest: Ingest
    topic: str
    sent: dict = field(default_factory=dict)

    @property
    def tables(self):
        return self.ingest.tables

    def send(self, several):
        """Send named messages, with key and headers, to the two partitions in turn."""
        producer = Producer({"bootstrap.servers": self.ingest.servers})

        def keep(name):
            def known(error, message):
                assert error is None, error
                self.sent[name] = (message.partition(), message.offset(), message.timestamp()[1])

            return known

        for number, (name, value) in enumerate(several.items()):
            producer.produce(
                self.topic,
                value,
                key=f"key of {name}",
                headers=HEADERS,
                partition=number % 2,
                on_delivery=keep(name),
            )
        assert producer.flush(60) == 0

    def plan(self):
        """Write down the next batch: all that waits."""
        ledger = self.tables.ledger
        marks = Kafka(self.ingest.servers).watermarks(self.topic)
        plan = next_plan(marks, ledger.last_plan(), most=100_000)
        ledger.add_plan(plan)
        return plan

    def take(self, several):
        """Send messages and archive them as one batch."""
        self.send(several)
        plan = self.plan()
        return self.ingest.run(plan), plan

    def rows(self, noun, **where):
        """Rows of a table, read without Spark."""
        table = getattr(self.tables, noun)
        if not table.exists():
            return []
        filters = [(name, "=", value) for name, value in where.items()] or None
        return DeltaTable(table.path).to_pyarrow_table(filters=filters).to_pylist()

    def found(self, noun):
        """Rows of a table by the name of their message."""
        places = {place[:2]: name for name, place in self.sent.items()}
        rows = self.rows(noun)
        assert len({place(row) for row in rows}) == len(rows)
        return {places[place(row)]: row for row in rows}

    def state(self):
        """All that both tables hold, in comparable form, without the moments of writing."""
        return {
            noun: Counter(
                repr({k: v for k, v in row.items() if k != "ingested"}) for row in self.rows(noun)
            )
            for noun in ("raw", "dead_letter")
        }


def place(row):
    return row["kafka"]["partition"], row["kafka"]["offset"]


def new(spark, servers, folder, survey=ZTF):
    """Stream of a fresh topic into an empty lake."""
    topic = f"ingest-{uuid.uuid4().hex[:12]}"
    create_topic(servers, topic, 2)
    own = replace(survey, topics=topic)
    tables = Tables(survey.name, str(folder))
    return Stream(Ingest(survey=own, tables=tables, spark=spark, servers=servers), topic)


def same(stored, sent):
    """Whether a stored value is what was sent; fields that were not sent are null."""
    if isinstance(sent, dict):
        return all(same((stored or {}).get(k), sent.get(k)) for k in {*(stored or {}), *sent})
    if isinstance(sent, list):
        return stored is not None and len(stored) == len(sent) and all(map(same, stored, sent))
    if isinstance(sent, float) and math.isnan(sent):
        return isinstance(stored, float) and math.isnan(stored)
    return stored == sent and type(stored) is type(sent)


def packet_of(row):
    return {name: value for name, value in row.items() if name not in OWN}
