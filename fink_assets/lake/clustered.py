"""Delta tables sorted for look-ups: a folder per year, in it files sorted by what is asked for.

Written without Spark. Sorting them anew belongs to `sorting`, which rows a table has to who fills
it, and why the layout is as it is to decision 8.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.lake.table import ATTEMPTS, Table, rows_of

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable, WriterProperties

YEAR = "year"
ROW_GROUP = 4096
"""Rows that are decoded together: a look-up decodes a group of each file that may have the key."""
PAGE = 1024


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


def append(table: Table, rows: pa.Table, *, batch: int) -> None:
    """Append a batch exactly once, sorted; a repeated call, or one with an earlier batch, is empty.

    Columns new to the table are added to it. Of two calls at once one writes.
    """
    from deltalake import CommitProperties, Transaction, write_deltalake
    from deltalake.exceptions import DeltaError

    mark = CommitProperties(app_transactions=[Transaction(app_id=table.name, version=batch)])
    rows = _sorted(table, rows)
    for attempt in range(ATTEMPTS):
        try:
            # A write that also makes the table is not checked against another.
            log = table.log() or _created(table, rows)
            known = log.transaction_version(table.name)
            if known is None or known < batch:
                write_deltalake(
                    log,
                    rows,
                    mode="append",
                    schema_mode="merge",
                    writer_properties=properties(),
                    commit_properties=mark,
                )
            return
        except DeltaError:
            if attempt == ATTEMPTS - 1:
                raise


def replace(table: Table, rows: pa.Table, *, nights: Collection[str], up_to_batch: int) -> None:
    """Replace the rows of nights atomically; batches newer than `up_to_batch` stay."""
    years = ", ".join(sorted({f"'{night[:4]}'" for night in nights}))
    where = f"{YEAR} in ({years}) and {rows_of(nights, up_to_batch=up_to_batch)}"
    overwrite(table, rows, where=where)


def overwrite(table: Table, rows: pa.Table, *, where: str) -> None:
    """Replace the rows that meet a condition atomically by rows that meet it."""
    from deltalake import write_deltalake
    from deltalake.exceptions import DeltaError

    rows = _sorted(table, rows)
    for attempt in range(ATTEMPTS):
        try:
            write_deltalake(
                table.log() or _created(table, rows),
                rows,
                mode="overwrite",
                predicate=where,
                schema_mode="merge",
                writer_properties=properties(),
            )
            return
        except DeltaError:
            if attempt == ATTEMPTS - 1:
                raise


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
    from deltalake.exceptions import DeltaError

    mark = None
    if batch is not None:
        transaction = Transaction(app_id=table.name, version=batch)
        mark = CommitProperties(app_transactions=[transaction])
    there = ", ".join(sorted({f"'{year}'" for year in rows[YEAR].to_pylist()})) or "''"
    on = [f"t.{YEAR} in ({there})", *[f"t.{name} = s.{name}" for name in (YEAR, *same)]]
    rows = _sorted(table, rows)
    for attempt in range(ATTEMPTS):
        try:
            log = table.log() or _created(table, rows)
            known = log.transaction_version(table.name)
            if batch is None or known is None or known < batch:
                log.merge(
                    rows,
                    " and ".join(on),
                    source_alias="s",
                    target_alias="t",
                    merge_schema=True,
                    writer_properties=properties(),
                    commit_properties=mark,
                ).when_not_matched_insert_all().execute()
            break
        except DeltaError:
            if attempt == ATTEMPTS - 1:
                raise
    if batch is not None and table.committed() < batch:
        # A merge that inserts nothing is not committed, and the position would stay.
        append(table, rows.slice(0, 0), batch=batch)


def _sorted(table: Table, rows: pa.Table) -> pa.Table:
    order: Sequence[tuple[str, Any]] = [
        (name, "ascending") for name in (*table.clustered, "time") if name in rows.column_names
    ]
    return rows.sort_by(list(dict.fromkeys(order)))


def _created(table: Table, rows: pa.Table) -> DeltaTable:
    from deltalake import DeltaTable

    return DeltaTable.create(
        table.address,
        rows.schema,
        mode="ignore",
        partition_by=[YEAR] if YEAR in rows.column_names else None,
        configuration={
            **table.properties,
            "delta.dataSkippingStatsColumns": ",".join(table.indexed),
        },
    )
