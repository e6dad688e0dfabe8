"""Light curves: one row per alert of an object.

Reads science, writes sources. The latest state of an object belongs to `objects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.contracts import Tables, sources
from fink_assets.lake.ledger import Receipt
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The light curves of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession

    def run(self, batch: int, *, enriched: int) -> Receipt:
        """Add a batch to the light curves; may be repeated.

        Parameters
        ----------
        batch : int
            Batch of science.
        enriched : int
            Alerts the batch has there.
        """
        if enriched:
            science = self.tables.science.read(self.spark, batch=batch)
            self.tables.sources.append(self.light_curves(science), batch=batch)
        return Receipt(counts={"sources": enriched})

    def replace(self, nights: list[str], *, up_to_batch: int) -> None:
        """Write nights anew from science."""
        science = self.tables.science.read(self.spark, nights=nights)
        rows = self.light_curves(science.where(f"batch <= {up_to_batch}"))
        self.tables.sources.replace(rows, nights=nights, up_to_batch=up_to_batch)

    def light_curves(self, science: DataFrame) -> DataFrame:
        """Rows of the sources table."""
        from pyspark.sql import functions as F

        measured = {
            m.name: F.expr(f"cast({m.value} as {m.type})").alias(m.name)
            for m in self.survey.measured
        }
        names = [c.name for c in sources(self.survey)]
        return science.select(*[measured.get(name, F.col(name)) for name in names])
