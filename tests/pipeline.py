"""Take messages through a chain of their own: lake, input topic, output topics.

Helpers of tests on real Kafka, Spark and Delta. `python pipeline.py` drains a stream in a process
that a test can kill.
"""

import json
import shutil
import sys
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from fink_assets.chain import Chain, Done
from fink_assets.distribution.filters.ztf import FILTERS
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.modules.ztf import MODULES
from fink_assets.simulator.packet import read_container, read_detection, write_container
from fink_assets.surveys import ZTF

DATA = Path(__file__).parent / "data" / "ztf"
SHARED = Path(__file__).parents[2] / "shared" / "data" / "ztf"
NIGHT = "2021-11-22"
WIDE = replace(FILTERS[0], name="everything", condition="true", inputs=())
MOMENTS = {"ingested", "enriched", "recomputed", "judged", "sent", "arrived", "finished"}


@dataclass(kw_only=True)
class Run:
    """A chain, the topic it reads, and what its stages have done."""

    chain: Chain
    topic: str
    done: list[Done] = field(default_factory=list)

    @property
    def tables(self) -> Tables:
        """Tables of the chain."""
        return self.chain.tables

    def feed(self, messages: Iterable[bytes], *, partition: int | None = None) -> None:
        """Send messages to the topic."""
        feed(self.chain.input_servers, self.topic, messages, partition=partition)

    def finish(self) -> "Run":
        """Take every stage on until nothing is left."""
        while self.chain.step(self.done.append):
            pass
        return self

    def archive(self) -> "Run":
        """Refresh the tables that follow the stages."""
        for table in self.chain.archive:
            table.refresh(up_to_batch=self.chain.ledger.position("raw2science"))
        return self

    def copy(self, folder: Path, **changes: Any) -> "Run":
        """Copy the lake, for a test that changes it; nothing is sent from a copy."""
        root = str(folder / uuid.uuid4().hex[:8])
        shutil.copytree(self.tables.root, root)
        tables = Tables(self.tables.survey, root)
        changed = replace(self.chain, **{"tables": tables, "filters": (), **changes})
        return Run(chain=changed, topic=self.topic)


def build(
    spark,
    servers,
    topic,
    lake,
    *,
    survey=ZTF,
    name=None,
    modules=MODULES,
    filters=FILTERS,
    beside=None,
    **more,
) -> Run:
    """Make a chain for a topic; without a name its survey, and so its topics, are its own."""
    name = name or f"{survey.name}{uuid.uuid4().hex[:8]}"
    chain = Chain(
        survey=replace(survey, name=name, topics=topic),
        tables=Tables(name, lake),
        spark=spark,
        beside=beside or (lambda: spark),
        input_servers=servers,
        output_servers=servers,
        modules=[replace(m, survey=name) for m in modules],
        filters=[replace(f, survey=name) for f in filters],
        **more,
    )
    return Run(chain=chain, topic=topic)


@cache
def sample() -> Mapping[int, bytes]:
    """Messages of the project's sample by alert identifier, in the order of exposures."""
    messages = [path.read_bytes() for path in DATA.rglob("*.avro")]
    alerts = sorted((read_detection(m)["candidate"]["jd"], m) for m in messages)
    return {read_detection(m)["candid"]: m for _, m in alerts}


def altered(message: bytes, *, candid: int | None = None, **changes: Any) -> bytes:
    """Change an alert's identifier and values of its `candidate`; the schema stays."""
    schema, alert = read_container(message)
    number = candid or alert["candid"]
    candidate = {**alert["candidate"], **changes}
    return write_container(
        json.dumps(schema),
        {**alert, "candid": number, "candidate": candidate},
        sync=bytes(range(16)),
    )


def make_topic(servers: str) -> str:
    """Make a fresh topic with two partitions."""
    from fink_assets.simulator.outlet import create_topic

    name = f"topic-{uuid.uuid4().hex[:12]}"
    create_topic(servers, name)
    return name


def feed(
    servers: str, topic: str, messages: Iterable[bytes], *, partition: int | None = None
) -> None:
    """Send messages, each acknowledged, to the partitions in turn or to one."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": servers})
    refused: list[Any] = []
    for number, message in enumerate(messages):
        place = number % 2 if partition is None else partition
        producer.produce(
            topic,
            message,
            partition=place,
            on_delivery=lambda e, _: refused.append(e) if e else None,
        )
    assert producer.flush(60) == 0
    assert not refused


def received(servers: str, topics: Iterable[str]) -> list[Any]:
    """Every message that a read_committed consumer gets from topics, from first to last."""
    from confluent_kafka import Consumer, KafkaError, TopicPartition

    consumer = Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": uuid.uuid4().hex,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
        }
    )
    known = consumer.list_topics(timeout=30).topics
    open_ones = {(t, p) for t in topics if t in known for p in known[t].partitions}
    consumer.assign([TopicPartition(t, p, 0) for t, p in open_ones])
    messages = []
    while open_ones:
        message = consumer.poll(30)
        assert message is not None, f"Kafka is silent on {open_ones}"
        if message.error() is None:
            messages.append(message)
        else:
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            open_ones.discard((message.topic(), message.partition()))
    consumer.close()
    return messages


def decoded(message: Any) -> dict[str, Any]:
    """Decode a message with the schema that is its key."""
    import fastavro

    schema = fastavro.parse_schema(json.loads(message.key()))
    return fastavro.schemaless_reader(BytesIO(message.value()), schema)


def sent(messages: Iterable[Any]) -> list[tuple[str, int]]:
    """Topic and alert of each message."""
    return sorted((m.topic(), int(dict(m.headers())["alert_id"])) for m in messages)


def rows(table: Table, *columns: str, **where: Any) -> list[dict[str, Any]]:
    """Rows of a table, read without Spark; without the moments at which they were written."""
    from deltalake import DeltaTable

    if not table.exists():
        return []
    delta = DeltaTable(table.path)
    names = columns or tuple(f.name for f in delta.schema().fields if f.name not in MOMENTS)
    filters = [(name, "=", value) for name, value in where.items()] or None
    return delta.to_pyarrow_table(columns=list(names), filters=filters).to_pylist()


def text(found: Iterable[Mapping[str, Any]], *without: str) -> list[str]:
    """Rows as sorted text, to be compared whatever their order."""
    kept = ({k: v for k, v in row.items() if k not in without} for row in found)
    return sorted(json.dumps(row, default=_plain, sort_keys=True) for row in kept)


def _plain(value: Any) -> str:
    return sha256(value).hexdigest() if isinstance(value, bytes) else str(value)


def ids(table: Table, **where: Any) -> list[int]:
    """Alert identifiers of a table, sorted, repeats included."""
    return sorted(row["alert_id"] for row in rows(table, "alert_id", **where))


def only(frame: Any, inputs: Iterable[str]) -> Any:
    """Keep the columns that are declared as `group.column`, and nothing else."""
    return frame.select(*_structs([path.split(".") for path in inputs]))


def _structs(paths: list[list[str]], depth: int = 0) -> list[Any]:
    from pyspark.sql import functions as F

    groups: dict[str, list[list[str]]] = {}
    for path in paths:
        groups.setdefault(path[depth], []).append(path)
    return [
        F.col(".".join(own[0])).alias(name)
        if len(own[0]) == depth + 1
        else F.struct(*_structs(own, depth + 1)).alias(name)
        for name, own in groups.items()
    ]


def alive(run: Run, *, quiet_seconds: float = 1.0) -> None:
    """Drain as a run does."""
    from fink_assets.drain import Drain

    Drain(
        chain=run.chain,
        report=lambda _: None,
        quiet_seconds=quiet_seconds,
        limit_seconds=600,
        report_seconds=5,
    ).run()


def main(address: str, servers: str, topic: str, lake: str, name: str) -> None:
    """Drain a stream in this process."""
    from resources.spark import connect

    spark = connect(address)
    modules = [m for m in MODULES if m.name in ("detection_history", "lightcurve_features")]
    run = build(
        spark,
        servers,
        topic,
        lake,
        name=name,
        modules=modules,
        filters=[WIDE],
        beside=partial(connect, address, shared=False),
    )
    alive(run)


if __name__ == "__main__":
    main(*sys.argv[1:])
