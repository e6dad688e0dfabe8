"""Forced photometry again, sorted by object: what look-ups by object read.

`forced_photometry` has a folder per night, by which it finds what is there already; an object is in
hundreds of them. Rows are those of that table, without a column less; which are the same is decided
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fink_assets.archive.alerts import Looked, dated, schema_of, told
from fink_assets.archive.forced_photometry import ForcedPhotometry
from fink_assets.lake import clustered, sorting
from fink_assets.lake.streamed import Rows
from fink_assets.lake.table import Table, rows_of


@dataclass(frozen=True, kw_only=True)
class ForcedLightCurves(Looked):
    """The forced photometry of the objects of one survey; refreshed after `forced_photometry`."""

    beat_seconds: ClassVar[float] = ForcedPhotometry.beat_seconds
    at_once: ClassVar[int] = 5
    """Batches whose measurements are in memory at a time: an alert brings up to hundreds."""

    @property
    def table(self) -> Table:
        """The forced photometry."""
        return self.tables.forced_light_curves

    def refresh(self, *, up_to_batch: int) -> int:
        """Take what has come into `forced_photometry`, as far as that is."""
        there = self.tables.forced_photometry.committed()
        return super().refresh(up_to_batch=min(up_to_batch, there))

    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Add what came into `forced_photometry` when the alerts of nights were looked at again.

        Nothing is ever taken away there, so that rows of a batch are complete if they are as many.
        """
        where = rows_of(nights, up_to_batch=up_to)
        found = self.tables.raw.query(f"select distinct batch from it where {where}")
        batches = sorted(found["batch"].to_pylist())
        for first in range(0, len(batches), self.at_once):
            chosen = f"batch in ({', '.join(map(str, batches[first : first + self.at_once]))})"
            if _number(self.tables.forced_photometry, chosen) != _number(self.table, chosen):
                clustered.overwrite(self.table, self.rows(chosen), where=chosen)
        sorting.fold(self.table)

    def rows(self, alerts: str) -> Rows:
        """Rows of `forced_photometry`, and the year of the exposure.

        Parameters
        ----------
        alerts : str
            Condition on their batches.
        """
        source = self.tables.forced_photometry
        return told(f"select * from it where {alerts}", dated, schema_of(source), it=source)

    def reported(self, nights: Sequence[str]) -> int:
        """Rows of all nights: those of exposures are others than those of alerts."""
        return self.table.count()


def _number(table: Table, where: str) -> int:
    return int(table.query(f"select count(*) as rows from it where {where}")["rows"][0].as_py())
