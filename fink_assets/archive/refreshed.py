"""What is refreshed beside the stages: tables that follow science at a slower beat.

How far a table has come, and how a refresh that was killed is taken up again. What a table holds
belongs to the other modules.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from fink_assets.lake.attempts import insist
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLANNED = ".plan"
"""What the ledger adds to a table's noun where a refresh begins."""


@dataclass(frozen=True, kw_only=True)
class Refreshed(ABC):
    """A table of one survey that is brought up to a batch now and then.

    `beat_seconds` is the time between two refreshes while a run goes on.
    """

    survey: Survey
    tables: Tables
    spark: SparkSession
    beat_seconds: ClassVar[float]

    @property
    @abstractmethod
    def table(self) -> Table:
        """The table itself."""

    @abstractmethod
    def take(self, *, after: int, up_to: int) -> None:
        """Add what the batches after one, up to another, tell, under the number of the last."""

    @abstractmethod
    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Set right what the alerts of some nights tell; batches after `up_to` are left alone."""

    @property
    def noun(self) -> str:
        """Name under which the ledger has the refreshes."""
        return self.table.name.split("/")[-1]

    @property
    def plan(self) -> str:
        """Name under which it has their ranges, before they begin."""
        return f"{self.noun}{PLANNED}"

    def refresh(self, *, up_to_batch: int) -> int:
        """Take the batches since the last refresh; return how many.

        The range is written down first. A refresh that was killed is repeated with its own range,
        and its transaction number keeps it from counting an alert twice.
        """
        ledger, there = self.tables.ledger, self.tables.science.exists()
        before = done = self.table.committed()
        while there and max(up_to_batch, planned := ledger.position(self.plan)) > done:
            if planned <= done:
                planned = up_to_batch
                ledger.add_receipt(self.plan, planned, Receipt())
            insist(partial(self.take, after=done, up_to=planned))
            done = planned
        # Also where no alert has passed yet, and where a killed refresh had done all but say so.
        if ledger.position(self.noun) < (reached := max(done, up_to_batch)):
            ledger.add_receipt(self.noun, reached, Receipt())
        return done - before

    def rebuild(self, nights: Sequence[str]) -> None:
        """Compute nights anew, after science did so."""
        self.refresh(up_to_batch=self.tables.ledger.position("raw2science"))
        if self.table.exists():
            insist(lambda: self.renew(nights, up_to=self.table.committed()))

    def reported(self, nights: Sequence[str]) -> int:
        """Rows to tell of after nights were computed anew: of all of them, if nights share rows."""
        return self.table.count()
