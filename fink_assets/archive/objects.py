"""The latest state of each object.

Reads science, merges into objects at a slower beat than the stream, because a merge looks at the
whole table. Light curves belong to `sources`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fink_assets.lake.contracts import Tables
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.table import insist
from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PLAN = "objects.plan"
TRANSACTION = "spark.databricks.delta.write.txn"


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The objects of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession
    modules: Sequence[ScienceModule]

    def refresh(self, *, up_to_batch: int) -> int:
        """Merge the batches since the last refresh; return how many.

        The range is written down first. A refresh that was killed is repeated with its own range,
        and its transaction number keeps it from counting an alert twice.
        """
        if not self.tables.science.exists():
            return 0
        ledger = self.tables.ledger
        before = done = self.tables.objects.committed()
        while max(up_to_batch, planned := ledger.position(PLAN)) > done:
            if planned <= done:
                planned = up_to_batch
                ledger.add_receipt(PLAN, planned, Receipt())
            science = self.tables.science.read(self.spark)
            new = self.states(science.where(f"batch > {done} and batch <= {planned}"))
            states = self._with_known(new)
            insist(partial(self._merge, states, version=planned))
            done = planned
        return done - before

    def rebuild(self, nights: Sequence[str]) -> None:
        """Compute anew every object that has an alert in some nights, from all of its alerts."""
        self.refresh(up_to_batch=self.tables.ledger.position("raw2science"))
        if self.tables.objects.exists():
            insist(lambda: self._rebuild(nights))

    def _rebuild(self, nights: Sequence[str]) -> None:
        done = self.tables.objects.committed()
        concerned = self.tables.raw.read(self.spark, nights=nights).select("object_id").distinct()
        science = self.tables.science.read(self.spark).where(f"batch <= {done}")
        states = self.states(science.join(concerned, "object_id", "left_semi"))
        # An object all of whose alerts are gone from science is deleted.
        self._merge(concerned.join(states, "object_id", "left"), version=None)

    def states(self, science: DataFrame) -> DataFrame:
        """State of each object as some alerts tell it."""
        from pyspark.sql import functions as F

        latest = [*self.survey.kept, *[m.name for m in self.modules]]
        each = science.select(
            "object_id",
            F.lit(1).cast("bigint").alias("alerts"),
            F.col("time").alias("first_time"),
            F.col("time").alias("last_time"),
            F.col("night").alias("last_night"),
            F.col("alert_id").alias("last_alert_id"),
            "ra",
            "dec",
            *[name for name in latest if name in science.columns],
        )
        return combined(each)

    def _with_known(self, new: DataFrame) -> DataFrame:
        """Combine new states with those the table has of the same objects."""
        if not self.tables.objects.exists():
            return new
        known = self.tables.objects.read(self.spark).join(
            new.select("object_id"), "object_id", "left_semi"
        )
        return combined(known.unionByName(new, allowMissingColumns=True))

    def _merge(self, states: DataFrame, *, version: int | None) -> None:
        table = self.tables.objects
        table.create(states)
        states.createOrReplaceTempView("fink_states")
        # Not `UPDATE SET *`, which writes a nested struct that is null as a struct of nulls.
        update = ", ".join(f"`{name}` = s.`{name}`" for name in states.columns)
        options = {} if version is None else {"AppId": table.name, "Version": str(version)}
        for name, value in options.items():
            self.spark.conf.set(f"{TRANSACTION}{name}", value)
        try:
            self.spark.sql(
                f"MERGE WITH SCHEMA EVOLUTION INTO delta.`{table.path}` t USING fink_states s "
                "ON t.object_id = s.object_id "
                "WHEN MATCHED AND s.alerts IS NULL THEN DELETE "
                f"WHEN MATCHED THEN UPDATE SET {update} "
                "WHEN NOT MATCHED AND s.alerts IS NOT NULL THEN INSERT *"
            ).collect()
        finally:
            for name in options:
                self.spark.conf.unset(f"{TRANSACTION}{name}")


def combined(states: DataFrame) -> DataFrame:
    """Combine partial states of the same objects: counts add, the latest alert tells the rest.

    The order in which alerts came does not matter: a late alert moves the first time, not the
    state.
    """
    from pyspark.sql import functions as F

    latest = [c for c in states.columns if c not in ("object_id", "alerts", "first_time")]
    groups = states.groupBy("object_id").agg(
        F.sum("alerts").alias("alerts"),
        F.min("first_time").alias("first_time"),
        F.max_by(F.struct(*latest), F.struct("last_time", "last_alert_id")).alias("latest"),
    )
    return groups.select("object_id", "alerts", "first_time", "latest.*")
