"""The fields of each night compared with those of the night before, from what its writers state.

Reads the writers of raw without Spark, writes the table schema_history. How schemas compare
belongs to `drift`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fink_assets.lake.contracts import SCHEMA_HISTORY
from fink_assets.lake.tables import Tables
from fink_assets.stream2raw.writers import Writers
from fink_assets.surveys import Survey
from quality.drift import Change, changes, fields, united

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WRITERS = (
    "select writer['fingerprint'] as fingerprint, writer['version'] as version, "
    "count(*) as alerts, max(batch) as batch from it "
    "where night = '{night}' and batch <= {batch} "
    "group by writer['fingerprint'], writer['version']"
)


@dataclass(frozen=True, kw_only=True)
class Packets:
    """What the packets of a night are: how many, up to which batch, and the writers' fields.

    `types` gives the types of each field, `versions` the versions of the writers that have it.
    """

    night: str
    alerts: int
    batch: int
    types: Mapping[str, frozenset[str]]
    versions: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A night and what changed in it; without packets `now` is None, at first `before` is."""

    night: str
    now: Packets | None = None
    before: Packets | None = None
    changes: list[Change] = field(default_factory=list)

    def versions(self, change: Change) -> list[str]:
        """Versions of the writers that have a field, or had it where it is missing."""
        packets = self.before if change.kind == "missing" else self.now
        return sorted(packets.versions.get(change.field, ())) if packets else []

    @property
    def compared_with(self) -> str | None:
        """Night before."""
        return self.before.night if self.before else None

    @property
    def drifted(self) -> list[Change]:
        """What is not as it was the night before."""
        return [change for change in self.changes if change.kind != "mixed"]


@dataclass(frozen=True, kw_only=True)
class SchemaHistory:
    """The history of the packets of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession

    def replace(self, nights: Collection[str]) -> list[Comparison]:
        """Compare nights, each with the nearest earlier one that has alerts; write them anew.

        Batches that are not archived completely are left to the next time.

        Returns
        -------
        list of Comparison
            Of the nights that have alerts, or had.
        """
        done, table = self.tables.ledger.position("stream2raw"), self.tables.schema_history
        known = self.tables.raw.nights() | table.nights()
        found = [self.compared(n, up_to_batch=done) for n in sorted(known.intersection(nights))]
        if found:
            schema = ", ".join(f"{c.name}: {c.type}" for c in SCHEMA_HISTORY)
            rows = [row for comparison in found for row in _rows(comparison)]
            frame = self.spark.createDataFrame(rows, schema).coalesce(1)
            table.replace(frame, nights=[c.night for c in found], up_to_batch=done)
        return found

    def compared(self, night: str, *, up_to_batch: int) -> Comparison:
        """Compare a night with the one before it, as far as batches go."""
        now = self._packets(night, up_to_batch)
        if now is None:
            return Comparison(night=night)
        before = self._before(night, up_to_batch)
        found = changes(now.types, before.types if before else None)
        return Comparison(night=night, now=now, before=before, changes=found)

    def _before(self, night: str, batch: int) -> Packets | None:
        """Packets of the nearest earlier night; times that are no date fall before the first."""
        nights = sorted(self.tables.raw.nights(), reverse=True)
        earlier = (n for n in nights if self.survey.first_night <= n < night)
        found = (self._packets(other, batch) for other in earlier)
        return next((packets for packets in found if packets), None)

    def _packets(self, night: str, batch: int) -> Packets | None:
        if not self.tables.raw.exists():
            return None
        writers = self.tables.raw.query(WRITERS.format(night=night, batch=batch)).to_pylist()
        if not writers:
            return None
        known = Writers(self.survey, self.tables.writers).known()
        schemas = {row["fingerprint"]: known[row["fingerprint"]].schema for row in writers}
        versions: dict[str, frozenset[str]] = {}
        for row in writers:
            for path in fields(schemas[row["fingerprint"]]):
                stated = {row["version"]} - {None}
                versions[path] = versions.get(path, frozenset()) | stated
        return Packets(
            night=night,
            alerts=sum(row["alerts"] for row in writers),
            batch=max(row["batch"] for row in writers),
            types=united(schemas.values()),
            versions=versions,
        )


def _rows(found: Comparison) -> list[dict[str, Any]]:
    if found.now is None:
        return []
    return [
        {
            "night": found.night,
            "batch": found.now.batch,
            "compared_with": found.compared_with,
            "change": change.kind,
            "field": change.field,
            "types": sorted(change.now),
            "types_before": sorted(change.before),
            "versions": found.versions(change),
            "alerts": found.now.alerts,
        }
        for change in found.changes
    ]
