"""Tables of answers of services that are asked by name: made, added to, compacted.

Answers about places on the sky have tables of another form, see `answers`; rows are added alike.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from fink_assets.lake.attempts import retried
from fink_assets.lake.clustered import statistics_of
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

logger = logging.getLogger(__name__)

FILES = 8
"""A table with so many files is made into few."""


def add(table: Table, rows: pa.Table, *, folders: Sequence[str] = ()) -> None:
    """Add rows in one commit, to a table that is made if it is not there; others may do so, too.

    Parameters
    ----------
    table : Table
        Which.
    rows : pyarrow.Table
        What is added.
    folders : sequence of str
        Columns of which each value has a folder of its own.
    """
    from deltalake import DeltaTable, write_deltalake

    def write() -> None:
        if not table.exists():
            DeltaTable.create(
                table.address,
                rows.schema,
                mode="ignore",
                partition_by=list(folders) or None,
                configuration=table.properties | statistics_of(table),
            )
        write_deltalake(table.address, rows, mode="append", schema_mode="merge")

    retried(write)


def keep(table: Table, rows: pa.Table) -> None:
    """Add rows, if the lake can be written: to lose them costs nothing but to ask again."""
    from deltalake.exceptions import DeltaError

    try:
        add(table, rows)
    except (DeltaError, OSError) as problem:
        logger.warning("%s: answers not kept: %s", table.name, problem)


def newest(table: Table, schema: pa.Schema, names: Collection[str] | None = None) -> pd.DataFrame:
    """Read the newest answer about each name, of some or of all: columns of the table.

    The table has the columns ``asked`` and ``answered``.
    """
    found = schema.empty_table()
    if table.exists():
        where = "true" if names is None else _among(names)
        found = table.query(f"select * from it where {where}").cast(schema)
    frame = found.to_pandas(integer_object_nulls=True)
    return frame.sort_values("answered", kind="stable").drop_duplicates("asked", keep="last")


def _among(names: Collection[str]) -> str:
    listed = ", ".join("'" + name.replace("'", "''") + "'" for name in sorted(names))
    return f"asked in ({listed})" if listed else "false"


def compact(table: Table) -> dict[str, int]:
    """Make many small files into few, sorted by the indexed columns; nothing is lost.

    May run while others read and add. Files no longer used are deleted after Delta's week.
    """
    log = table.log()
    if log is None or len(log.file_uris()) < FILES:
        return {"files deleted": 0}
    log.optimize.z_order(list(table.indexed))
    return {"files deleted": len(log.vacuum(dry_run=False))}
