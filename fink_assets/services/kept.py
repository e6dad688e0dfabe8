"""Tables of answers of services that are asked by name: made, added to, compacted.

Answers about places on the sky have tables of another form, see `answers`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING

from fink_assets.lake.table import ATTEMPTS, Table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

logger = logging.getLogger(__name__)

FILES = 8
"""A table with so many files is made into few."""


def add(table: Table, rows: pa.Table) -> None:
    """Add rows in one commit, to a table that is made if it is not there; others may do so, too."""
    from deltalake import write_deltalake

    _make(table, rows.schema)
    write_deltalake(table.address, rows, mode="append", schema_mode="merge")


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


def _make(table: Table, schema: pa.Schema) -> None:
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    statistics = {"delta.dataSkippingStatsColumns": ",".join(table.indexed)}
    for attempt in range(1, ATTEMPTS + 1):
        if table.exists():
            return
        try:
            DeltaTable.create(
                table.address,
                schema,
                mode="ignore",
                configuration=table.properties | statistics,
            )
        except DeltaError:  # another has made it meanwhile
            if attempt == ATTEMPTS:
                raise
