"""What was seen of known Solar System bodies, night by night.

Reads science, writes the table solar_system. How the light of a body follows its phase belongs to
`phase_curves`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.contracts import solar_system
from fink_assets.lake.table import Table
from fink_assets.solar_system.nightly import Nightly
from fink_assets.surveys.base import Bodies

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, kw_only=True)
class Observations(Nightly):
    """The observations of known bodies of one survey."""

    bodies: Bodies

    @property
    def table(self) -> Table:
        """What is written."""
        return self.tables.solar_system

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
