"""Forced photometry of objects: each measurement once, though alert after alert repeats it.

Reads which alerts passed in science, their arrays in raw, and inserts what the table does not have.
It never changes a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fink_assets.archive.refreshed import Refreshed
from fink_assets.lake.table import Table, of_batches, of_nights, rows_of
from fink_assets.surveys.base import Forced

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, kw_only=True)
class ForcedPhotometry(Refreshed):
    """The forced photometry of one survey.

    Two measurements are the same if all their fields are: if an alert brings another value for an
    exposure, both stand. An element that is null holds nothing and makes no row; one without a time
    does.

    A refresh reads one column of its own batches of raw, and of this table the nights that their
    measurements are of: as many as packets reach back (a month for ZTF, a year for LSST), however
    long the archive is. It writes new rows only and rewrites no file. Each writes a file per night,
    hence the slow beat.
    """

    forced: Forced
    beat_seconds: ClassVar[float] = 600.0

    @property
    def table(self) -> Table:
        """The forced photometry."""
        return self.tables.forced_photometry

    def take(self, *, after: int, up_to: int) -> None:
        """Insert what alerts of some batches bring."""
        self._insert(self.brought(of_batches(after, up_to)), version=up_to)

    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Insert what is missing of the alerts of some nights.

        What alerts brought that are in quarantine by now stays: the cuts judge the alert, and the
        measurement is the same in others of the object.
        """
        self._insert(self.brought(rows_of(nights, up_to_batch=up_to)), version=None)

    def brought(self, alerts: str) -> DataFrame:
        """Every element of the array of every alert that passed.

        Parameters
        ----------
        alerts : str
            Condition on columns that raw and science share.
        """
        from pyspark.sql import functions as F

        science = self.tables.science.read(self.spark).where(alerts)
        passed = science.select("kafka", F.col("time").alias("seen"))
        raw = self.tables.raw.read(self.spark).where(alerts).join(passed, "kafka")
        array = F.explode(self.forced.array).alias("measurement")
        return raw.select("batch", "seen", "alert_id", "object_id", array).where(
            "measurement is not null"
        )

    def rows(self, brought: DataFrame) -> DataFrame:
        """Rows of the table: each distinct measurement, with the alert that brought it first."""
        from pyspark.sql import functions as F

        # The measurement itself is taken out of the group, whose key has no negative zero.
        first = F.min(F.struct("batch", "seen", "alert_id", "measurement")).alias("first")
        once = brought.groupBy("object_id", "measurement").agg(first)
        return once.select("object_id", "first.*").select(
            F.expr(self.forced.night).alias("night"),
            "batch",
            "object_id",
            F.expr(self.forced.time).alias("time"),
            "alert_id",
            "measurement",
        )

    def _insert(self, brought: DataFrame, *, version: int | None) -> None:
        from pyspark.sql import functions as F

        found = brought.select(F.expr(self.forced.night).alias("night")).distinct().collect()
        nights = sorted(row["night"] for row in found)
        # Science may change meanwhile: no night but those in which the merge looks for rows.
        rows = self.rows(brought).where(F.col("night").isin(nights))
        self.table.create(rows)
        if nights:
            insert = ("WHEN NOT MATCHED THEN INSERT *",)
            self.table.merge(rows, on=self._same(rows, nights), when=insert, version=version)
        elif version is not None:
            self.table.append(rows.limit(0), batch=version)

    def _same(self, rows: DataFrame, nights: Sequence[str]) -> str:
        """Condition under which a row is there; a field that one side does not know is null."""
        known = _fields(self.table.read(self.spark))
        sent = _fields(rows)
        fields = [
            f"{_value('t', name, known)} <=> {_value('s', name, sent)}"
            for name in dict.fromkeys((*known, *sent))
        ]
        keys = ("t.night = s.night", "t.object_id = s.object_id", "t.time <=> s.time")
        return " and ".join([of_nights(nights, "t.night"), *keys, *fields])


def _fields(rows: DataFrame) -> list[str]:
    return list(rows.schema["measurement"].dataType.names)  # type: ignore[attr-defined]


def _value(side: str, name: str, known: Sequence[str]) -> str:
    return f"{side}.measurement.`{name}`" if name in known else "null"
