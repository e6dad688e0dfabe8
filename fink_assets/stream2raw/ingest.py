"""Archive one batch of the stream: what decodes into raw, what does not into dead letters.

Reads Kafka and writes the two tables. How messages decode belongs to `decode`, which come next to
`batches`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.attempts import insist
from fink_assets.lake.ledger import Plan, Range, Receipt
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.stream2raw.decode import decoded, diagnosed, framed
from fink_assets.stream2raw.writers import Writers
from fink_assets.surveys import Survey
from fink_assets.surveys.base import Schemas

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FETCH_BYTES = 16 * 2**20
FETCH_WAIT_MS = 20
COORDINATES = ("topic", "partition", "offset")
KAFKA = (
    "named_struct('topic', topic, 'partition', partition, 'offset', offset, 'timestamp', timestamp)"
)


@dataclass(frozen=True, kw_only=True)
class Ingest:
    """The stage stream2raw of one survey.

    `schemas` gives the schema of an id, instead of the survey's own source.
    """

    survey: Survey
    tables: Tables
    spark: SparkSession
    servers: str
    schemas: Schemas | None = None

    def run(self, plan: Plan) -> Receipt:
        """Archive the messages of a plan, each exactly once; may be repeated at any time.

        Dead letters come last: where a batch has any, what became of it stands, even if a schema
        that it lacked is known now.
        """
        if plan.dead_letters:
            return self._decode_again(plan)
        if not plan.offsets:
            return Receipt(counts={"messages": 0, "raw": 0, "dead_letter": 0})
        messages = self.messages(plan.ranges)
        raw, dead_letter = self.tables.raw, self.tables.dead_letter
        first = self._archive(messages, plan.batch, raw.name)
        nights, arrived = self._counted(raw, plan.batch), plan.offsets
        if _total(nights) != arrived and (aside := _total(self._counted(dead_letter, plan.batch))):
            arrived = _total(nights) + aside
        elif _total(nights) != arrived:
            # Writers seen for the first time, messages that do not decode, offsets without a
            # message.
            arrived = self._learn(messages, plan.batch)
            missing = self._missing(messages, plan.batch)
            # Where nothing was appended yet this is the first append, as a repeat will see it.
            self._archive(missing, plan.batch, f"{raw.name}/late" if first else raw.name)
            nights = self._counted(raw, plan.batch)
            if _total(nights) != arrived:
                missing = self._missing(messages, plan.batch)
                dead_letter.append(self._dead(missing, plan.batch), batch=plan.batch)
        archived = _total(nights)
        counts = {"messages": arrived, "raw": archived, "dead_letter": arrived - archived}
        return Receipt(counts=counts, nights={n: {"raw": count} for n, count in nights.items()})

    def _decode_again(self, plan: Plan) -> Receipt:
        """Move to raw what decodes now of the dead letters of earlier batches."""
        from pyspark.sql import functions as F

        letters = self.tables.dead_letter.read(self.spark)
        letters = letters.where(F.col("batch").isin(*plan.dead_letters))
        messages = letters.select("key", "value", "headers", "kafka.*")
        self._learn(messages, plan.batch)
        self._archive(messages, plan.batch, self.tables.raw.name)
        nights = self._counted(self.tables.raw, plan.batch)
        if nights:
            insist(lambda: self._forget(plan))
        moved = _total(nights)
        counts = {"messages": 0, "raw": moved, "dead_letter": -moved}
        return Receipt(counts=counts, nights={n: {"raw": count} for n, count in nights.items()})

    def _forget(self, plan: Plan) -> None:
        """Delete the dead letters that a batch has moved to raw."""
        moved = self.tables.raw.read(self.spark, batch=plan.batch).select("kafka")
        same = [f"t.kafka.{part} = s.kafka.{part}" for part in COORDINATES]
        among = f"t.batch in ({', '.join(map(str, plan.dead_letters))})"
        self.tables.dead_letter.merge(
            moved, on=" and ".join([among, *same]), when=("WHEN MATCHED THEN DELETE",)
        )

    def _archive(self, messages: DataFrame, batch: int, application: str) -> bool:
        """Append to raw what decodes with a schema known by now; return whether any is known."""
        known = self._writers.known(up_to=batch)
        if not any(writer.schema for writer in known.values()):
            return False
        reader = self._writers.reader(known)
        alerts = decoded(messages, self.survey, known.values(), reader)
        self.tables.raw.append(self._raw(alerts, batch), batch=batch, application=application)
        return True

    def _counted(self, table: Table, batch: int) -> dict[str, int]:
        """Count what a table has of a batch by night, by looking."""
        if not table.exists():
            return {}
        counted = table.query(
            f"select night, count(*) as rows from it where batch = {batch} group by night"
        )
        return {row["night"]: row["rows"] for row in counted.to_pylist()}

    def _learn(self, messages: DataFrame, batch: int) -> int:
        """Look at every header, keep the new ones, and return how many messages there are."""
        from pyspark.sql import functions as F

        groups = framed(messages, self.survey).groupBy("frame.fingerprint")
        counted = groups.agg(F.count("*").alias("number"), F.first("frame.header").alias("header"))
        rows = counted.collect()
        headers = {r["fingerprint"]: bytes(r["header"]) for r in rows if r["fingerprint"]}
        self._writers.learn(headers, batch=batch)
        return sum(r["number"] for r in rows)

    def _missing(self, messages: DataFrame, batch: int) -> DataFrame:
        """Messages of a batch that raw does not have."""
        from pyspark.sql import functions as F

        if not self.tables.raw.exists():
            return messages
        there = self.tables.raw.read(self.spark, batch=batch).select("kafka").alias("there")
        same = [F.col(f"m.{part}") == F.col(f"there.kafka.{part}") for part in COORDINATES]
        return messages.alias("m").join(F.broadcast(there), same, "left_anti").select("m.*")

    @property
    def _writers(self) -> Writers:
        return Writers(self.survey, self.tables.writers, self.schemas)

    def messages(self, ranges: Sequence[Range]) -> DataFrame:
        """Read ranges of offsets. An offset that is gone from Kafka raises, it is never skipped."""
        partitions: dict[str, list[int]] = defaultdict(list)
        starts: dict[str, dict[str, int]] = defaultdict(dict)
        ends: dict[str, dict[str, int]] = defaultdict(dict)
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
            # A fetch of Kafka's own limit, 1 MB, has 15 alerts of ZTF and 7 of LSST.
            .option("kafka.max.partition.fetch.bytes", FETCH_BYTES)
            # The consumer asks ahead of the last message, and would be held for half a second.
            .option("kafka.fetch.max.wait.ms", FETCH_WAIT_MS)
            .option("failOnDataLoss", "true")
            .load()
        )

    def _raw(self, alerts: DataFrame, batch: int) -> DataFrame:
        from pyspark.sql import functions as F

        survey = self.survey
        good = alerts.select(
            "alert.*",
            F.expr(KAFKA).alias("_kafka"),
            F.col("fingerprint").alias("_fingerprint"),
            F.col("writer_name").alias("_writer_name"),
        )
        packet = [c for c in good.columns if c not in ("_kafka", "_fingerprint", "_writer_name")]
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

    def _dead(self, messages: DataFrame, batch: int) -> DataFrame:
        from pyspark.sql import functions as F

        known = self._writers.known(up_to=batch).values()
        return diagnosed(messages, self.survey, known).select(
            F.date_format("timestamp", "yyyy-MM-dd").alias("night"),
            F.lit(batch).cast("bigint").alias("batch"),
            F.expr(KAFKA).alias("kafka"),
            "key",
            "value",
            "headers",
            "error",
            "fingerprint",
            F.current_timestamp().alias("ingested"),
        )


def _total(nights: dict[str, int]) -> int:
    return sum(nights.values())
