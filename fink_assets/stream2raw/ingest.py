"""Archive one batch of the stream: what decodes into raw, what does not into dead letters.

Reads Kafka and writes the two tables. How messages decode belongs to `decode`, which come next to `batches`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.contracts import Tables
from fink_assets.lake.ledger import Plan, Range, Receipt
from fink_assets.stream2raw.decode import decoded, framed
from fink_assets.stream2raw.writers import Writers
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

KAFKA = (
    "named_struct('topic', topic, 'partition', partition, 'offset', offset, 'timestamp', timestamp)"
)


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """The stage stream2raw of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession
    servers: str

    def run(self, plan: Plan) -> Receipt:
        """Archive the messages of a plan, each exactly once; may be repeated after any interruption."""
        if not plan.offsets:
            return Receipt(counts={"messages": 0, "raw": 0, "dead_letter": 0})
        messages = framed(self.messages(plan.ranges), self.survey)
        arrived, headers = self._headers(messages)
        writers = Writers(self.survey, self.tables.writers)
        known = writers.learn(headers, batch=plan.batch)
        present = [known[f] for f in sorted(headers)]
        alerts = decoded(messages, self.survey, present, writers.reader(known))
        nights: dict[str, dict[str, int]] = {}
        if any(writer.schema is not None for writer in present):
            self.tables.raw.append(self._raw(alerts, plan.batch), batch=plan.batch)
            nights = self._archived(plan.batch)
        archived = sum(night["raw"] for night in nights.values())
        if archived != arrived:
            self.tables.dead_letter.append(self._dead(alerts, plan.batch), batch=plan.batch)
        counts = {"messages": arrived, "raw": archived, "dead_letter": arrived - archived}
        return Receipt(counts=counts, nights=nights)

    def _archived(self, batch: int) -> dict[str, dict[str, int]]:
        """Count what raw has of a batch, by looking."""
        rows = self.tables.raw.read(self.spark, batch=batch).groupBy("night").count().collect()
        return {row["night"]: {"raw": row["count"]} for row in rows}

    def messages(self, ranges: Sequence[Range]) -> DataFrame:
        """Read ranges of offsets. An offset that is gone from Kafka raises, it is never skipped."""
        partitions, starts, ends = defaultdict(list), defaultdict(dict), defaultdict(dict)
        for r in ranges:
            if r.end > r.start:
                partitions[r.topic].append(r.partition)
                starts[r.topic][str(r.partition)] = r.start
                ends[r.topic][str(r.partition)] = r.end
        return (
            self.spark.read.format("kafka")
            .option("kafka.bootstrap.servers", self.servers)
            .option("assign", json.dumps(partitions))
            .option("startingOffsets", json.dumps(starts))
            .option("endingOffsets", json.dumps(ends))
            .option("includeHeaders", "true")
            .option("failOnDataLoss", "true")
            .load()
        )

    def _headers(self, messages: DataFrame) -> tuple[int, dict[str, bytes]]:
        """Count the messages and collect each different writer's header."""
        from pyspark.sql import functions as F

        header = F.substr("value", F.lit(1), F.col("frame.header"))
        groups = messages.groupBy("frame.fingerprint").agg(
            F.count("*").alias("messages"), F.first(header).alias("header")
        )
        rows = groups.collect()
        headers = {r["fingerprint"]: bytes(r["header"]) for r in rows if r["fingerprint"]}
        return sum(r["messages"] for r in rows), headers

    def _raw(self, alerts: DataFrame, batch: int) -> DataFrame:
        from pyspark.sql import functions as F

        survey = self.survey
        good = alerts.where("error is null").select(
            "alert.*",
            F.expr(KAFKA).alias("_kafka"),
            F.col("frame.fingerprint").alias("_fingerprint"),
        )
        packet = [c for c in good.columns if not c.startswith("_")]
        return good.select(
            F.expr(survey.night).alias("night"),
            F.lit(batch).cast("bigint").alias("batch"),
            F.expr(f"bigint({survey.alert_id})").alias("alert_id"),
            F.expr(f"string({survey.object_id})").alias("object_id"),
            F.col("_kafka").alias("kafka"),
            F.expr(
                f"named_struct('fingerprint', _fingerprint, 'version', {survey.schema_version})"
            ).alias("writer"),
            F.current_timestamp().alias("ingested"),
            *packet,
        )

    def _dead(self, alerts: DataFrame, batch: int) -> DataFrame:
        from pyspark.sql import functions as F

        return alerts.where("error is not null").select(
            F.date_format("timestamp", "yyyy-MM-dd").alias("night"),
            F.lit(batch).cast("bigint").alias("batch"),
            F.expr(KAFKA).alias("kafka"),
            "key",
            "value",
            "headers",
            "error",
            "frame.fingerprint",
            F.current_timestamp().alias("ingested"),
        )
