"""The stage distribution: evaluate every filter in one scan and send what passes, exactly once.

Reads science and raw, writes Kafka topics and deliveries. The protocol with Kafka belongs to
`produce`, what is sent to `message`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.distribution.filter import AlertFilter, matched, readable
from fink_assets.distribution.message import layout
from fink_assets.distribution.packets import reader
from fink_assets.distribution.produce import Destination
from fink_assets.distribution.send import group, prepare, schema_of, send
from fink_assets.lake.contracts import RAW
from fink_assets.lake.ledger import Receipt, latency
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType


def _by_filter(found: pd.DataFrame) -> dict[str, int]:
    numbers = found["filter"].value_counts()
    return {f"filter:{name}": int(number) for name, number in numbers.items()}


@dataclass(frozen=True, kw_only=True)
class Deliver:
    """The stage distribution of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession
    modules: Sequence[ScienceModule]
    filters: Sequence[AlertFilter]
    servers: str
    slots: int = 2

    def run(self, batch: int) -> Receipt:
        """Send the alerts of a batch to the topics of the filters they pass; may be repeated."""
        counts = {f"filter:{f.name}": 0 for f in self.filters}
        if not self.tables.science.exists():
            return Receipt(counts=counts)
        self._prepare_topics()
        self.tables.deliveries.append(self._sent(self._messages(batch), batch), batch=batch)
        found = self.tables.deliveries.query(
            f"select night, filter, arrived from it where batch = {batch}"
        ).to_pandas()
        if found.empty:
            return Receipt(counts=counts)
        nights = {str(night): _by_filter(rows) for night, rows in found.groupby("night")}
        counts |= _by_filter(found) | latency(found["arrived"])
        return Receipt(counts=counts, nights=nights)

    def selected(self, science: DataFrame) -> DataFrame:
        """Add `filters`, the names of those an alert passes; keep the alerts that pass any."""
        from pyspark.sql import functions as F

        ready = readable(self.filters, science.columns)
        with_names = science.withColumn("filters", F.expr(matched(ready)))
        return with_names.where(F.size("filters") > 0)

    def _prepare_topics(self) -> None:
        names = [f.topic for f in self.filters]
        prepare(self.servers, [*names, self._progress], slots=self.slots)

    @property
    def _progress(self) -> str:
        return f"_fink_progress_{self.survey.name}"

    def _messages(self, batch: int) -> DataFrame:
        """One row per alert and filter, with the alert's layout in `alert`."""
        from pyspark.sql import functions as F
        from pyspark.sql.pandas.types import to_arrow_type
        from pyspark.sql.types import StructField, StructType

        science = self.selected(self.tables.science.read(self.spark, batch=batch))
        modules = [m for m in self.modules if m.name in science.columns]
        alerts = science.select(F.struct(*science.columns).alias("s"))
        packet = self._packet()
        renamed = {r.name for r in self.survey.renamed} & set(science.columns)
        both = StructType([*alerts.schema.fields, StructField("r", packet)])
        read = reader(self.tables.raw, batch, to_arrow_type(packet))
        # One task: each would open every packet of the batch to find its own.
        return (
            alerts.coalesce(1)
            .mapInArrow(read, both)
            .select(
                *[F.col(f"s.{c}").alias(c) for c in ("night", "batch", "alert_id", "object_id")],
                F.col("s.kafka.timestamp").alias("arrived"),
                F.explode("s.filters").alias("filter"),
                F.struct(*layout(packet.names, modules, renamed)).alias("alert"),
            )
        )

    def _packet(self) -> StructType:
        """Columns of raw that were sent, with their types in Spark."""
        from pyspark.sql.types import StructType

        log, own = self.tables.raw.log(), {c.name for c in RAW}
        columns = StructType.fromJson(json.loads(log.schema().to_json())).fields if log else []
        return StructType([column for column in columns if column.name not in own])

    def _sent(self, messages: DataFrame, batch: int) -> DataFrame:
        """Send the messages; the result has one delivery row per message."""
        from pyspark.sql import functions as F

        schema = schema_of(messages)
        versions = [x for f in self.filters for x in (F.lit(f.name), F.lit(f.code_version))]
        topics = [x for f in self.filters for x in (F.lit(f.name), F.lit(f.topic))]
        named = messages.withColumns(
            {
                "filter_version": F.element_at(F.create_map(*versions), F.col("filter")),
                "topic": F.element_at(F.create_map(*topics), F.col("filter")),
            }
        )
        return send(named, self.destination(schema), batch=batch, slots=self.slots)

    def destination(self, schema: str) -> Destination:
        """Where messages with an Avro schema go, and as whom."""
        return Destination(
            servers=self.servers,
            group=group("distribution", self.survey.name, self.tables.ledger.table),
            progress=self._progress,
            key=schema.encode(),
        )
