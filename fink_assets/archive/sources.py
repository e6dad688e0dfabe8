"""Light curves: one row per alert of an object.

Reads science, appends to sources. The latest state of an object belongs to `objects`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fink_assets.archive.refreshed import Refreshed
from fink_assets.lake.contracts import sources
from fink_assets.lake.table import Table, of_batches

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, kw_only=True)
class Sources(Refreshed):
    """The light curves of one survey."""

    beat_seconds: ClassVar[float] = 60.0

    @property
    def table(self) -> Table:
        """The light curves."""
        return self.tables.sources

    def take(self, *, after: int, up_to: int) -> None:
        """Add the alerts of some batches."""
        new = self.tables.science.read(self.spark).where(of_batches(after, up_to))
        self.table.append(self.light_curves(new), batch=up_to)

    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Write nights anew."""
        science = self.tables.science.read(self.spark, nights=nights)
        rows = self.light_curves(science.where(f"batch <= {up_to}"))
        self.table.replace(rows, nights=nights, up_to_batch=up_to)

    def reported(self, nights: Sequence[str]) -> int:
        """Rows of the nights."""
        return self.table.count(nights=nights)

    def light_curves(self, science: DataFrame) -> DataFrame:
        """Rows of the sources table."""
        from pyspark.sql import functions as F

        measured = {
            m.name: F.expr(f"cast({m.value} as {m.type})").alias(m.name)
            for m in self.survey.measured
        }
        names = [c.name for c in sources(self.survey)]
        return science.select(*[measured.get(name, F.col(name)) for name in names])
