"""What was seen of known Solar System bodies, night by night.

Reads science, writes the table solar_system. How the light of a body follows its phase belongs to
`phase_curves`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.contracts import Tables, solar_system
from fink_assets.surveys import Survey
from fink_assets.surveys.base import Bodies

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, kw_only=True)
class Observations:
    """The observations of known bodies of one survey."""

    survey: Survey
    bodies: Bodies
    tables: Tables
    spark: SparkSession

    def replace(self, nights: Collection[str]) -> dict[str, int]:
        """Write nights anew, as science has them now; return the rows of each.

        Batches that are not judged completely are left to the next time.
        """
        done, table = self.tables.ledger.position("raw2science"), self.tables.solar_system
        known = self.tables.science.nights() | table.nights()
        chosen = sorted(known.intersection(nights))
        if not chosen:
            return {}
        science = self.tables.science.read(self.spark, nights=chosen)
        rows = self.rows(science.where(f"batch <= {done}"))
        table.replace(rows, nights=chosen, up_to_batch=done)
        return {night: table.count(nights=[night]) for night in chosen}

    def rows(self, science: DataFrame) -> DataFrame:
        """Rows of the table: one for each alert of a known body, those of a body side by side."""
        from pyspark.sql import functions as F

        values = {
            "name": self.bodies.name,
            **{m.name: m.value for m in self.survey.measured},
            **self.bodies.geometry,
        }
        columns = [
            F.expr(f"cast({values[c.name]} as {c.type})").alias(c.name)
            if c.name in values
            else F.col(c.name)
            for c in solar_system(self.survey)
        ]
        found = science.where(self.bodies.known).select(*columns).where("name is not null")
        return found.coalesce(1).sortWithinPartitions("name", "time", "alert_id")
