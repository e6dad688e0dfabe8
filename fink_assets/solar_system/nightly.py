"""A table that is made of science, night by night, and replaced with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, kw_only=True)
class Nightly(ABC):
    """A table of one survey, whose rows follow from the alerts of their night."""

    survey: Survey
    tables: Tables
    spark: SparkSession

    @property
    @abstractmethod
    def table(self) -> Table:
        """What is written."""

    @abstractmethod
    def rows(self, science: DataFrame) -> DataFrame:
        """Rows of the table, of alerts of some nights."""

    def replace(self, nights: Collection[str]) -> dict[str, int]:
        """Write nights anew, as science has them now; return the rows of each.

        Batches that are not judged completely are left to the next time.
        """
        done = self.tables.ledger.position("raw2science")
        known = self.tables.science.nights() | self.table.nights()
        chosen = sorted(known.intersection(nights))
        if not chosen:
            return {}
        science = self.tables.science.read(self.spark, nights=chosen)
        rows = self.rows(science.where(f"batch <= {done}"))
        self.table.replace(rows, nights=chosen, up_to_batch=done)
        return {night: self.table.count(nights=[night]) for night in chosen}
