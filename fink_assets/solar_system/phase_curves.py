"""Phase curves of known Solar System bodies: each body and model once, from all that was seen.

Reads the table solar_system, merges into phase_curves. Formulae and fits belong to
`astro.phase_curve` and `astro.socca`, rows of the table to `phase_rows`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.attempts import insist
from fink_assets.lake.contracts import PHASE_CURVES
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.phase_rows import DEFERRED, fits
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MICROSECONDS, JD_OF_1970 = 86400e6, 2440587.5
"""In a day; and the Julian date of 1970-01-01, from which Spark counts."""
PARTS = 16
"""In which bodies are fitted."""


@dataclass(frozen=True, kw_only=True)
class PhaseCurves:
    """The phase curves of one survey.

    Of the bodies with enough points, `rotations` at most have SOCCA fitted in one run: those with
    most alerts since their last fit. Others keep the fit that they have, or have the status
    ``deferred``.
    """

    survey: Survey
    tables: Tables
    spark: SparkSession
    rotations: int

    def refresh(self, nights: Collection[str]) -> int:
        """Fit every body seen in some nights anew, from all of its nights; return how many rows.

        A body that had rows in the nights when it was fitted last is among them; one of which
        nothing is left is deleted.
        """
        if not nights or not self.tables.solar_system.exists():
            return 0
        insist(lambda: self._merge(sorted(nights)))
        return self.tables.phase_curves.count()

    def waiting(self) -> int:
        """Count the bodies whose rotation was deferred, or fitted before their latest alerts."""
        from pyspark.sql import functions as F

        if not self.tables.phase_curves.exists():
            return 0
        rows = self.tables.phase_curves.read(self.spark)
        newest = rows.where("model = 'HG'").select("name", F.col("alerts").alias("newest"))
        fitted = rows.where("model = 'SOCCA'").select("name", "status", "alerts")
        late = f"status = '{DEFERRED}' or alerts < newest"
        return fitted.join(newest, "name").where(late).count()

    def _merge(self, nights: list[str]) -> None:
        concerned = self._concerned(nights)
        seen = self.tables.solar_system.read(self.spark)
        fitted = self.fitted(seen.join(concerned, "name", "left_semi"))
        # A body of which nothing is left has no fit, and its rows match by name alone.
        rows = concerned.join(fitted, "name", "left")
        update = ", ".join(f"`{c.name}` = s.`{c.name}`" for c in PHASE_CURVES)
        self.tables.phase_curves.merge(
            rows,
            on="t.name = s.name and (t.model = s.model or s.model is null)",
            when=(
                "WHEN MATCHED AND s.model IS NULL THEN DELETE",
                f"WHEN MATCHED AND (s.status <> '{DEFERRED}' OR t.status = '{DEFERRED}') "
                f"THEN UPDATE SET {update}",
                "WHEN NOT MATCHED AND s.model IS NOT NULL THEN INSERT *",
            ),
        )

    def _concerned(self, nights: list[str]) -> DataFrame:
        from pyspark.sql import functions as F

        names = self.tables.solar_system.read(self.spark, nights=nights).select("name")
        if self.tables.phase_curves.exists():
            before = F.arrays_overlap("nights", F.array(*[F.lit(night) for night in nights]))
            known = self.tables.phase_curves.read(self.spark).where(before)
            names = names.unionByName(known.select("name"))
        return names.distinct()

    def fitted(self, seen: DataFrame) -> DataFrame:
        """Fit all models to the bodies of some rows of solar_system."""
        from pyspark.sql import functions as F

        schema = ", ".join(f"`{c.name}` {c.type}" for c in PHASE_CURVES)
        turns = self._turns(seen).withColumn("turn", F.lit(True))
        rows = seen.join(turns, "name", "left").withColumns(
            {
                "turn": F.coalesce(F.col("turn"), F.lit(False)),
                "jd": F.unix_micros("time") / F.lit(MICROSECONDS) + F.lit(JD_OF_1970),
            }
        )
        # By number: small rows would else be put together for one core.
        return rows.repartition(PARTS, "name").groupBy("name").applyInPandas(fits, schema)

    def _turns(self, seen: DataFrame) -> DataFrame:
        """Names of the bodies whose rotation is looked for in this run."""
        from pyspark.sql import functions as F

        from fink_assets.astro.socca import LEAST_IN_ALL

        bodies = seen.groupBy("name").agg(
            F.count("*").alias("total"), F.count("phase_angle").alias("points")
        )
        bodies = bodies.where(F.col("points") >= LEAST_IN_ALL)
        growth = F.col("total")
        if self.tables.phase_curves.exists():
            known = self.tables.phase_curves.read(self.spark)
            known = known.where(f"model = 'SOCCA' and status <> '{DEFERRED}'")
            known = known.select("name", F.col("alerts").alias("before"))
            bodies = bodies.join(known, "name", "left")
            growth = F.col("total") - F.coalesce(F.col("before"), F.lit(0))
        return bodies.orderBy(growth.desc(), "name").limit(self.rotations).select("name")
