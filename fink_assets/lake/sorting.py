"""Care for tables that are sorted for look-ups: few small files, all sorted, old versions gone.

Without Spark; no row changes. How rows are written belongs to `clustered`, how a year is sorted to
`rewritten`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.lake.clustered import YEAR, properties
from fink_assets.lake.rewritten import FOLDER, files_of, forsake, rewrite
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable

logger = logging.getLogger(__name__)
TAIL = 8
"""Most small files of a year, each of which a look-up opens, before they become one."""
SMALL_BYTES = 16 << 20
TASKS = 2
"""Files that are made at a time, however many cores there are."""


def fold(table: Table) -> int:
    """Make the small files of each year into one if there are many; return how many there were.

    Cheap, for between two clusterings: large files stay as they are.
    """
    log = table.log()
    files: dict[str, int] = {}
    for found in files_of(log):
        small = found["size_bytes"] < SMALL_BYTES
        files[found[f"partition.{YEAR}"]] = files.get(found[f"partition.{YEAR}"], 0) + small
    many = [year for year, number in files.items() if number > TAIL]
    return sum(
        _rewritten(
            table,
            lambda year=year: log.optimize.compact(  # type: ignore[union-attr, misc]
                partition_filters=[(YEAR, "=", year)],
                target_size=2 * SMALL_BYTES,
                max_concurrent_tasks=TASKS,
                writer_properties=properties(),
            ),
        )
        for year in many
    )


def cluster(table: Table) -> int:
    """Sort a table by the columns it is asked by; return how many files were rewritten.

    A year to which nothing came since it was sorted is left alone. No row changes, and appends go
    on meanwhile. Needs room on disk for the largest year, but not in memory.
    """
    log = table.log()
    return sum(rewrite(table, year) for year in sorted(_unsorted(log))) if log else 0


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
    forsake(table, hours=hours)
    kept = sorted(versions(log, nights)) or None
    return len(
        log.vacuum(
            retention_hours=hours,
            dry_run=False,
            enforce_retention_duration=False,
            keep_versions=kept,
        )
    )


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
    return {
        found.get(f"partition.{YEAR}") or ""
        for found in files_of(log)
        if not found["path"].startswith(FOLDER)
    }
