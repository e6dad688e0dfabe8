"""Delta tables sorted for look-ups: a folder per year, in it files sorted by what is asked for.

Written, sorted and cleaned without Spark. Which rows a table has belongs to who fills it; why the
layout is as it is, to decision 8.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.lake.table import ATTEMPTS, Table, of_nights

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable, WriterProperties

logger = logging.getLogger(__name__)
YEAR = "year"
ROW_GROUP = 4096
"""Rows that are decoded together: a look-up decodes a group of each file that may have the key."""
PAGE = 1024
EVERYWHERE = "[]"
"""How delta-rs writes down that a whole table was sorted."""
FILE_BYTES = 64 << 20
TAIL = 8
"""Most small files of a year, each of which a look-up opens, before they become one."""
SMALL_BYTES = 16 << 20


def properties() -> WriterProperties:
    """How files are written that are looked up by key."""
    from deltalake import WriterProperties

    return WriterProperties(
        compression="ZSTD",
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
    from deltalake import write_deltalake
    from deltalake.exceptions import DeltaError

    years = ", ".join(sorted({f"'{night[:4]}'" for night in nights}))
    where = f"{YEAR} in ({years}) and {of_nights(nights)} and batch <= {up_to_batch}"
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


def fold(table: Table) -> int:
    """Make the small files of each year into one if there are many; return how many there were.

    Cheap, for between two clusterings: large files stay as they are.
    """
    log = table.log()
    files: dict[str, int] = {}
    for found in _files(log):
        small = found["size_bytes"] < SMALL_BYTES
        files[found[f"partition.{YEAR}"]] = files.get(found[f"partition.{YEAR}"], 0) + small
    many = [year for year, number in files.items() if number > TAIL]
    return sum(
        _rewritten(
            table,
            lambda year=year: log.optimize.compact(  # type: ignore[union-attr, misc]
                partition_filters=[(YEAR, "=", year)],
                target_size=2 * SMALL_BYTES,
                writer_properties=properties(),
            ),
        )
        for year in many
    )


def cluster(table: Table) -> int:
    """Sort a table by the columns it is asked by; return how many files were rewritten.

    A year to which nothing came since it was sorted is left alone. No row changes, and appends go
    on meanwhile. Needs room in memory and on disk for the largest year.
    """
    log = table.log()
    if log is None:
        return 0
    return sum(
        _rewritten(
            table,
            lambda year=year: log.optimize.z_order(  # type: ignore[misc]
                list(table.clustered),
                partition_filters=[(YEAR, "=", year)] if year else None,
                target_size=FILE_BYTES,
                writer_properties=properties(),
            ),
        )
        for year in sorted(_unsorted(log))
    )


def clean(table: Table, *, hours: int, nights: Collection[str] = ()) -> int:
    """Delete files that were replaced long ago; return how many.

    Parameters
    ----------
    table : Table
        Which.
    hours : int
        Files replaced since then stay.
    nights : collection of str
        Nights whose state is kept for ever: the last version before the noon (UTC) after each.
    """
    log = table.log()
    if log is None:
        return 0
    kept = sorted(versions(log, nights)) or None
    return len(log.vacuum(retention_hours=hours, dry_run=False, keep_versions=kept))


def versions(log: DeltaTable, nights: Collection[str]) -> set[int]:
    """The version of a table that readers had at the noon (UTC) after each night, if there is."""
    ends = [
        datetime.combine(datetime.fromisoformat(night) + timedelta(days=1), time(12), UTC)
        for night in nights
    ]
    commits = [
        (datetime.fromtimestamp(commit["timestamp"] / 1000, UTC), int(commit["version"]))
        for commit in (log.history() if ends else ())
    ]
    before = [[number for moment, number in commits if moment < end] for end in ends]
    return {max(numbers) for numbers in before if numbers}


def _rewritten(table: Table, write: Callable[[], dict[str, Any]]) -> int:
    """Rewrite files; 0 if another writer replaced some meanwhile: there is a next time."""
    from deltalake.exceptions import CommitFailedError

    try:
        return int(write()["numFilesRemoved"])
    except CommitFailedError as problem:
        logger.info("%s: files were replaced meanwhile: %s", table.name, problem)
        return 0


def _unsorted(log: DeltaTable) -> set[str]:
    """Years that have other files than those that sorting them made; "" is the whole table."""
    files: dict[str, list[int]] = {}
    for found in _files(log):
        year = found.get(f"partition.{YEAR}") or ""
        files.setdefault(year, []).append(_moment(found["modification_time"]))
    made = {year: _last_sorted(log, year) for year in files}
    return {year for year, moments in files.items() if not _as_sorted(made[year], moments)}


def _last_sorted(log: DeltaTable, year: str) -> dict[str, Any] | None:
    """The commit that last sorted a year."""
    where = f"[\"{YEAR} = '{year}'\"]" if year else EVERYWHERE
    return next(
        (
            commit
            for commit in log.history()
            if commit.get("operationMetrics", {}).get("plannerStrategy") == "zOrder"
            and commit["operationParameters"].get("predicate", EVERYWHERE) == where
        ),
        None,
    )


def _as_sorted(commit: dict[str, Any] | None, moments: Sequence[int]) -> bool:
    """Whether files, by their times, are those of a commit: as many, and none later."""
    if commit is None:
        return False
    number = int(commit["operationMetrics"]["numFilesAdded"])
    return len(moments) == number and max(moments) <= commit["timestamp"]


def _moment(value: Any) -> int:
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else int(value)


def _files(log: DeltaTable | None) -> list[dict[str, Any]]:
    import pyarrow as pa

    return pa.table(log.get_add_actions(flatten=True)).to_pylist() if log else []


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
