"""Delta tables sorted for look-ups: a folder per year, in it files sorted by what is asked for.

Written without Spark. Sorting them anew belongs to `sorting`, which rows a table has to who fills
it, and why the layout is as it is to decision 8.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.lake.attempts import retried
from fink_assets.lake.ordered import arranged
from fink_assets.lake.streamed import Rows, asked, beside, gathered, held
from fink_assets.lake.table import Table, rows_of

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable, WriterProperties

YEAR = "year"
FILE_BYTES = 64 << 20
ROW_GROUP = 4096
"""Rows that are decoded together: a look-up decodes a group of each file that may have the key."""
PAGE = 1024
KEYS = 500_000
"""Keys of a table that are compared at a time with those of rows that are inserted."""


def properties() -> WriterProperties:
    """How files are written that are looked up by key."""
    from deltalake import ColumnProperties, WriterProperties

    # A look-up decodes some rows of hundreds of columns: to look each value up in a dictionary, or
    # to unpack pages by ZSTD, takes most of its time (decision 8).
    return WriterProperties(
        compression="SNAPPY",
        default_column_properties=ColumnProperties(dictionary_enabled=False),
        max_row_group_size=ROW_GROUP,
        data_page_row_count_limit=PAGE,
        write_batch_size=PAGE,
    )


def statistics_of(table: Table) -> dict[str, str | None]:
    """Property of a table: the columns by whose least and greatest values files are skipped."""
    return {"delta.dataSkippingStatsColumns": ",".join(table.indexed)}


def append(table: Table, rows: Rows, *, batch: int) -> None:
    """Append a batch exactly once; a repeated call, or one with an earlier batch, changes nothing.

    What is in memory at a time is sorted. Columns new to the table are added to it. Of two calls at
    once one writes.
    """
    from deltalake import CommitProperties, Transaction

    mark = CommitProperties(app_transactions=[Transaction(app_id=table.name, version=batch)])

    def write() -> None:
        # A write that also makes the table is not checked against another.
        log = table.log() or _created(table, rows.schema)
        known = log.transaction_version(table.name)
        if known is None or known < batch:
            _write(
                table,
                log,
                rows,
                mode="append",
                target_file_size=FILE_BYTES,
                commit_properties=mark,
            )

    retried(write)


def replace(table: Table, rows: Rows, *, nights: Collection[str], up_to_batch: int) -> None:
    """Replace the rows of nights atomically; batches newer than `up_to_batch` stay."""
    years = ", ".join(sorted({f"'{night[:4]}'" for night in nights}))
    where = f"{YEAR} in ({years}) and {rows_of(nights, up_to_batch=up_to_batch)}"
    overwrite(table, rows, where=where)


def overwrite(table: Table, rows: Rows, *, where: str) -> None:
    """Replace the rows that meet a condition atomically by rows that meet it."""

    def write() -> None:
        log = table.log() or _created(table, rows.schema)
        _write(table, log, rows, mode="overwrite", predicate=where, target_file_size=FILE_BYTES)

    retried(write)


def insert(table: Table, rows: pa.Table, *, same: Sequence[str], batch: int | None) -> None:
    """Insert those rows that a table does not have; no row changes, and no file is rewritten.

    Parameters
    ----------
    table : Table
        Which.
    rows : pyarrow.Table
        Each once.
    same : sequence of str
        Columns, never null, by which rows are the same.
    batch : int, optional
        Last batch in the rows: a repeated call, or one with an earlier batch, changes nothing.
    """
    from deltalake import CommitProperties, Transaction

    def write() -> None:
        log = table.log() or _created(table, rows.schema)
        known = log.transaction_version(table.name)
        if batch is not None and known is not None and known >= batch:
            return
        new = held(_missing(log, rows, same))
        # Of two inserts at once one is refused, and looks again for what is there.
        marks = [Transaction(app_id=f"{table.name}/inserted", version=log.version() + 1)]
        if batch is not None:
            marks.append(Transaction(app_id=table.name, version=batch))
        commit = CommitProperties(app_transactions=marks)
        _write(table, log, new, mode="append", commit_properties=commit)

    retried(write)


def _write(table: Table, log: DeltaTable, rows: Rows, **how: Any) -> None:
    """Write rows, each piece of them sorted; columns new to the table are added to it."""
    from deltalake import write_deltalake

    with beside(rows.schema, _batches(table, rows)) as batches:
        write_deltalake(log, batches, schema_mode="merge", writer_properties=properties(), **how)


def _missing(log: DeltaTable, rows: pa.Table, same: Sequence[str]) -> pa.Table:
    """Rows that a table does not have: of it, only some keys are in memory at a time."""
    import numpy as np
    import pyarrow as pa

    names = [YEAR, *same]
    kinds = pa.schema([rows.schema.field(name) for name in names])
    own = rows.select(names).append_column("place", pa.array(np.arange(len(rows))))
    there = ", ".join(f"'{year}'" for year in sorted(set(rows[YEAR].to_pylist()))) or "''"
    absent = np.ones(len(rows), bool)
    found = asked(f"select {', '.join(names)} from it where {YEAR} in ({there})", it=log)
    for piece in gathered(found, KEYS):
        known = piece.cast(kinds).join(own, keys=names, join_type="inner")
        absent[known["place"].to_numpy()] = False
    return rows.filter(pa.array(absent))


def order_of(table: Table, schema: pa.Schema) -> list[str]:
    """Columns by which rows of a table are sorted."""
    return list(dict.fromkeys(n for n in (*table.clustered, "time") if n in schema.names))


def _batches(table: Table, rows: Rows) -> Iterator[pa.RecordBatch]:
    """Rows as they are asked for, each piece sorted."""
    for piece in rows:
        yield from arranged(piece, piece.select(order_of(table, piece.schema)))


def _created(table: Table, schema: pa.Schema) -> DeltaTable:
    from deltalake import DeltaTable

    return DeltaTable.create(
        table.address,
        schema,
        mode="ignore",
        partition_by=[YEAR] if YEAR in schema.names else None,
        configuration={**table.properties, **statistics_of(table)},
    )
