"""A Delta table of the lake: one way to read, append and replace.

Every write names the batch it is or the nights it replaces, so that each may be repeated. What a
table promises to its readers is in `contracts`, what has been done to it in `ledger`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fink_assets.lake.attempts import insist

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable
    from pyspark.sql import DataFrame, SparkSession

TRANSACTION = "spark.databricks.delta.write.txn"
logger = logging.getLogger(__name__)

# What a log lacks is read from commits, which Delta deletes some day after a checkpoint.
KEPT_SECONDS = 3600
HOT = {
    # Delta writes a checkpoint each 10th commit, which costs seconds here; streams commit all the
    # time.
    "delta.checkpointInterval": "100",
    # No limit to how long transactions are remembered, which is Delta's default: a killed run may
    # be repeated weeks later. Naming a limit would also keep them out of Delta's checksums, so that
    # each write reads the log anew.
}
KEPT_LOG = {"delta.logRetentionDuration": "interval 3650 days"}
"""Of tables whose versions are read: these are found by the log."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A Delta table.

    Parameters
    ----------
    name : str
        Survey and noun, e.g. ``ztf/raw``; also the Dagster asset key and the transaction name.
    root : str
        Root of the lake.
    indexed : sequence of str
        Columns with statistics per file, by which reads skip files.
    partitioned : bool
        Whether the table has a folder per night.
    clustered : sequence of str
        Columns by which rows are sorted, once a day, for look-ups; see `sorting`.
    """

    name: str
    root: str
    indexed: Sequence[str] = ()
    partitioned: bool = True
    clustered: Sequence[str] = ()
    properties: dict[str, str] = field(default_factory=lambda: dict(HOT))
    _known: threading.local = field(default_factory=threading.local, repr=False, compare=False)

    @property
    def path(self) -> str:
        """Where Spark finds the table."""
        return f"{self.root}/{self.name}"

    @property
    def address(self) -> str:
        """Where delta-rs finds it."""
        return self.path.replace("s3a://", "s3://")

    def log(self) -> DeltaTable | None:
        """Transaction log read without Spark, as it is now; None before the first write.

        A thread that asks again soon gets the log that it had, brought up to date: to read it anew
        takes ten times as long.
        """
        from deltalake import DeltaTable

        known, self._known.log = getattr(self._known, "log", None), None
        if known and time.monotonic() - self._known.asked < KEPT_SECONDS:
            known.update_incremental()
        else:
            there = DeltaTable.is_deltatable(self.address)
            known = DeltaTable(self.address) if there else None
        self._known.log, self._known.asked = known, time.monotonic()
        return known

    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self.log() is not None

    def nights(self) -> set[str]:
        """Nights of which the table has files."""
        log = self.log()
        return {part["night"] for part in log.partitions() if part["night"]} if log else set()

    def committed(self, application: str | None = None) -> int:
        """Last batch appended by an application (default: the table's own stream), -1 for none."""
        log = self.log()
        version = log.transaction_version(application or self.name) if log else None
        return -1 if version is None else version

    def read(
        self, spark: SparkSession, *, batch: int | None = None, nights: Sequence[str] = ()
    ) -> DataFrame:
        """Read the table, one batch of it, or some nights."""
        from pyspark.sql import functions as F

        frame = spark.read.format("delta").load(self.path)
        if batch is not None:
            frame = frame.where(F.col("batch") == batch)
        if nights:
            frame = frame.where(F.col("night").isin(*nights))
        return frame

    def query(self, statement: str, **others: Table) -> pa.Table:
        """Answer a SQL query on the table, which is called `it`, without Spark: for small answers.

        Files are skipped by their statistics and only the columns asked for are read.

        Parameters
        ----------
        statement : str
            The query.
        **others : Table
            More tables, by the names that they have in the query.

        Raises
        ------
        LookupError
            One of the tables was never written.
        """
        import pyarrow as pa
        from deltalake import QueryBuilder

        builder = QueryBuilder()
        for name, table in {"it": self, **others}.items():
            log = table.log()
            if log is None:
                raise LookupError(f"{table.name}: nothing was ever written")
            builder.register(name, log)
        answer = builder.execute(statement)
        return pa.RecordBatchReader.from_stream(answer).read_all()

    def count(self, *, nights: Sequence[str] = ()) -> int:
        """Count rows, all or those of some nights, without Spark; 0 before the first write."""
        if not self.exists():
            return 0
        where = of_nights(nights) if nights else "true"
        answer = self.query(f"select count(*) as rows from it where {where}")
        return int(answer["rows"][0].as_py())

    def create(self, frame: DataFrame) -> None:
        """Make the table, empty, with the columns of a frame; do nothing if it is there."""
        if not self.exists():
            self._layout(frame.limit(0).write.format("delta").mode("ignore")).save(self.path)

    def append(self, frame: DataFrame, *, batch: int, application: str | None = None) -> None:
        """Append a batch exactly once: a repeated call changes nothing.

        Columns new to the table are added to it.
        """
        writer = (
            frame.write.format("delta")
            .mode("append")
            .option("mergeSchema", "true")
            .option("txnAppId", application or self.name)
            .option("txnVersion", batch)
        )
        self._layout(writer).save(self.path)

    def merge(
        self, frame: DataFrame, *, on: str, when: Sequence[str], version: int | None = None
    ) -> None:
        """Merge a frame into the table, which is made if it is not there.

        Columns new to the table are added to it.

        Parameters
        ----------
        frame : DataFrame
            What to merge, `s` in the conditions; the table is `t`.
        on : str
            Condition under which rows are the same.
        when : sequence of str
            What becomes of rows: clauses of a merge.
        version : int, optional
            Last batch in the frame: a repeated call, or one with an earlier batch, changes nothing.
        """
        self.create(frame)
        view = f"fink_{self.name.replace('/', '_')}"
        frame.createOrReplaceTempView(view)
        options = {} if version is None else {"AppId": self.name, "Version": str(version)}
        for name, value in options.items():
            frame.sparkSession.conf.set(f"{TRANSACTION}{name}", value)
        try:
            frame.sparkSession.sql(
                f"MERGE WITH SCHEMA EVOLUTION INTO delta.`{self.path}` t USING {view} s "
                f"ON {on} {' '.join(when)}"
            ).collect()
        finally:
            for name in options:
                frame.sparkSession.conf.unset(f"{TRANSACTION}{name}")

    def replace(self, frame: DataFrame, *, nights: Sequence[str], up_to_batch: int | None) -> None:
        """Replace whole nights atomically, leaving batches newer than `up_to_batch` alone.

        A live run may append to the same nights meanwhile: its batches are newer, so neither loses
        a row.

        None is for a frame that has all rows of the nights from this very table. Delta reads it,
        within the write, as of the version that the write replaces, so that no row can come
        between; and it need not look for rows to leave alone, which is to read everything twice.
        """
        writer = (
            frame.write.format("delta")
            .mode("overwrite")
            .option("mergeSchema", "true")
            .option("replaceWhere", rows_of(nights, up_to_batch=up_to_batch))
        )
        insist(lambda: self._layout(writer).save(self.path))

    def _layout(self, writer):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        options = dict(self.properties)
        if self.indexed:
            options["delta.dataSkippingStatsColumns"] = ",".join(self.indexed)
        writer = writer.options(**options)
        return writer.partitionBy("night") if self.partitioned else writer


def of_nights(nights: Iterable[str], column: str = "night") -> str:
    """Condition on rows of some nights, at least one, for queries with and without Spark."""
    chosen = ", ".join(f"'{night}'" for night in nights)
    return f"{column} in ({chosen})"


def rows_of(nights: Iterable[str], *, up_to_batch: int | None) -> str:
    """Condition on rows of some nights, of all batches or of those up to one."""
    return of_nights(nights) + ("" if up_to_batch is None else f" and batch <= {up_to_batch}")


def of_batches(after: int, up_to: int) -> str:
    """Condition on rows of the batches after one, up to another."""
    return f"batch > {after} and batch <= {up_to}"
