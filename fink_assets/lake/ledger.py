"""What has been done: the plan of each batch and the receipt of each stage, one row each.

A batch is a range of Kafka offsets, written down before it is read. Its number is the transaction
version of every write made for it, so that a repeated stage changes nothing. Read and written
without Spark.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pandas as pd
    from deltalake import DeltaTable

PLAN = "plan"
ATTEMPTS = 20


@dataclass(frozen=True, kw_only=True)
class Range:
    """Messages of one topic partition: from `start` up to, not including, `end`.

    `lost` counts offsets that were gone from Kafka before they could be read. `topic_id` is what
    Kafka calls the topic itself, whatever its name.
    """

    topic: str
    partition: int
    start: int
    end: int
    lost: int = 0
    topic_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A batch: what it reads, and where each topic partition stands after it.

    Instead of the stream it may read the dead letters of earlier batches, to decode them again.
    """

    batch: int
    ranges: tuple[Range, ...]
    cursor: Mapping[str, int] = field(default_factory=dict)
    dead_letters: tuple[int, ...] = ()

    @property
    def offsets(self) -> int:
        """Number of offsets in the batch."""
        return sum(r.end - r.start for r in self.ranges)


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a stage did with a batch: counts by name, as a whole and for each night it touched."""

    counts: Mapping[str, int] = field(default_factory=dict)
    nights: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def latency(arrived: pd.Series) -> dict[str, int]:
    """Milliseconds from Kafka's timestamp of messages (UTC) until now: median and 95 % quantile."""
    import pandas as pd

    ages = (pd.Timestamp.now("UTC") - pd.to_datetime(arrived, utc=True)).dt.total_seconds() * 1000
    return {f"latency_ms_p{q}": int(ages.quantile(q / 100)) for q in (50, 95)}


@dataclass(frozen=True)
class Ledger:
    """The ledger of one survey."""

    table: Table

    def position(self, stage: str) -> int:
        """Last batch a stage has finished, -1 for none."""
        return self.table.committed(f"{self.table.name}/{stage}")

    def plan(self, batch: int) -> Plan:
        """Plan of a batch.

        Raises
        ------
        LookupError
            If the batch was never planned.
        """
        rows = self.rows(batch=batch, stage=PLAN)
        if not rows:
            raise LookupError(f"{self.table.name}: batch {batch} was never planned")
        written = json.loads(rows[0]["detail"])
        ranges = tuple(Range(**r) for r in written["ranges"])
        return Plan(
            batch=batch,
            ranges=ranges,
            cursor=written["cursor"],
            dead_letters=tuple(written.get("dead_letters", ())),
        )

    def last_plan(self) -> Plan:
        """Newest plan; an empty one with number -1 before the first."""
        batch = self.position(PLAN)
        return self.plan(batch) if batch >= 0 else Plan(batch=-1, ranges=())

    def add_plan(self, plan: Plan) -> None:
        """Write a plan down, before anything of it is read.

        Of two plans with one number the first stands and the second changes nothing: whoever goes
        on must read the plan from here.
        """
        written = {
            "ranges": [asdict(r) for r in plan.ranges],
            "cursor": dict(plan.cursor),
            "dead_letters": list(plan.dead_letters),
        }
        counts = {"offsets": plan.offsets, "lost": sum(r.lost for r in plan.ranges)}
        self._add(PLAN, plan.batch, counts, [], json.dumps(written))

    def add_receipt(self, stage: str, batch: int, receipt: Receipt) -> None:
        """Record that a stage has finished a batch: its position moves. A repeat does nothing."""
        nights = json.dumps({n: dict(c) for n, c in receipt.nights.items()})
        self._add(stage, batch, receipt.counts, sorted(receipt.nights), nights)

    def rows(self, *, batch: int | None = None, stage: str | None = None) -> list[dict[str, Any]]:
        """Rows of the ledger, oldest first."""
        if not self.table.exists():
            return []
        wanted = ["true"]
        if batch is not None:
            wanted.append(f"batch = {batch}")
        if stage is not None:
            wanted.append(f"stage = '{stage}'")
        # A query skips files by their statistics; reading the table opens each, and there are many.
        statement = f"select * from it where {' and '.join(wanted)}"
        found = self.table.query(statement).to_pylist()
        for row in found:
            row["counts"] = dict(row["counts"])
        return sorted(found, key=lambda row: (row["batch"], row["finished"]))

    def compact(self) -> int:
        """Rewrite the small files of the ledger into larger ones; return how many they were."""
        log = self.table.log()
        return int(log.optimize.compact()["numFilesRemoved"]) if log else 0

    def _add(
        self,
        stage: str,
        batch: int,
        counts: Mapping[str, int],
        nights: list[str],
        detail: str,
    ) -> None:
        import pyarrow as pa

        row = {
            "batch": batch,
            "stage": stage,
            "finished": datetime.now(UTC),
            "counts": list(counts.items()),
            "nights": nights,
            "detail": detail,
        }
        self._write(pa.Table.from_pylist([row], schema=_schema()), stage, batch)

    def _write(self, row: Any, stage: str, batch: int) -> None:
        """Append a row unless its stage already has that batch; others may write at the same time.

        delta-rs, unlike Spark, appends a repeated transaction again. It refuses only one that
        somebody else committed after the snapshot it is given.
        """
        from deltalake import CommitProperties, Transaction, write_deltalake
        from deltalake.exceptions import DeltaError

        application = f"{self.table.name}/{stage}"
        mark = CommitProperties(app_transactions=[Transaction(app_id=application, version=batch)])
        for attempt in range(ATTEMPTS):
            try:
                log = self.table.log() or self._created()
                known = log.transaction_version(application)
                if known is None or known < batch:
                    write_deltalake(log, row, mode="append", commit_properties=mark)
                return
            except DeltaError:
                if attempt == ATTEMPTS - 1:
                    raise

    def _created(self) -> DeltaTable:
        """Make the ledger, empty: a write that also makes it is not checked against another."""
        from deltalake import DeltaTable

        return DeltaTable.create(
            self.table.address, _schema(), mode="ignore", configuration=self.table.properties
        )


def _schema() -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("batch", pa.int64()),
            ("stage", pa.string()),
            ("finished", pa.timestamp("us", tz="UTC")),
            ("counts", pa.map_(pa.string(), pa.int64())),
            ("nights", pa.list_(pa.string())),
            ("detail", pa.string()),
        ]
    )
