"""The latest state of each object.

Reads science, merges into objects at a slower beat than the stream, because a merge looks at the
whole table. Light curves belong to `sources`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fink_assets.archive.refreshed import Refreshed
from fink_assets.lake.table import Table, of_batches
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.provenance import PROVENANCE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, kw_only=True)
class Objects(Refreshed):
    """The objects of one survey."""

    modules: Sequence[ScienceModule]
    beat_seconds: ClassVar[float] = 120.0

    @property
    def table(self) -> Table:
        """The objects."""
        return self.tables.objects

    def take(self, *, after: int, up_to: int) -> None:
        """Merge the states that some batches tell."""
        science = self.tables.science.read(self.spark)
        new = self.states(science.where(of_batches(after, up_to)))
        self._merge(self._with_known(new), version=up_to)

    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Compute anew every object that has an alert in some nights, from all of its alerts."""
        concerned = self.tables.raw.read(self.spark, nights=nights).select("object_id").distinct()
        science = self.tables.science.read(self.spark).where(f"batch <= {up_to}")
        states = self.states(science.join(concerned, "object_id", "left_semi"))
        # An object all of whose alerts are gone from science is deleted.
        self._merge(concerned.join(states, "object_id", "left"), version=None)

    def states(self, science: DataFrame) -> DataFrame:
        """State of each object as some alerts tell it."""
        from pyspark.sql import functions as F

        latest = [PROVENANCE, *self.survey.kept, *[m.name for m in self.modules]]
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
        if not self.table.exists():
            return new
        known = self.table.read(self.spark).join(new.select("object_id"), "object_id", "left_semi")
        return combined(known.unionByName(new, allowMissingColumns=True))

    def _merge(self, states: DataFrame, *, version: int | None) -> None:
        # Not `UPDATE SET *`, which writes a nested struct that is null as a struct of nulls.
        update = ", ".join(f"`{name}` = s.`{name}`" for name in states.columns)
        when = (
            "WHEN MATCHED AND s.alerts IS NULL THEN DELETE",
            f"WHEN MATCHED THEN UPDATE SET {update}",
            "WHEN NOT MATCHED AND s.alerts IS NOT NULL THEN INSERT *",
        )
        self.table.merge(states, on="t.object_id = s.object_id", when=when, version=version)


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
