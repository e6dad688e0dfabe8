"""Care for tables that are sorted for look-ups: few small files, all sorted, old versions gone.

Without Spark; no row changes. How rows are written belongs to `clustered`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.lake.clustered import YEAR, properties
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    from deltalake import DeltaTable

logger = logging.getLogger(__name__)
FILE_BYTES = 64 << 20
TAIL = 8
"""Most small files of a year, each of which a look-up opens, before they become one."""
SMALL_BYTES = 16 << 20
LATELY = 5000
"""Commits that are looked at for when a year was sorted, of some hundred a day. One that is not
found there is sorted again."""
EVERYWHERE = "[]"
"""How delta-rs writes down that a whole table was sorted."""


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
    files: dict[str, list[int]] = {}
    for found in _files(log):
        year = found.get(f"partition.{YEAR}") or ""
        files.setdefault(year, []).append(_moment(found["modification_time"]))
    commits = log.history(LATELY)
    made = {year: _last_sorted(commits, year) for year in files}
    return {year for year, moments in files.items() if not _as_sorted(made[year], moments)}


def _last_sorted(commits: Sequence[dict[str, Any]], year: str) -> dict[str, Any] | None:
    """The commit that last sorted a year; None if none did lately, the newest first."""
    where = f"[\"{YEAR} = '{year}'\"]" if year else EVERYWHERE
    return next(
        (
            commit
            for commit in commits
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
