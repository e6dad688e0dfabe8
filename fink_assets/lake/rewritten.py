"""A year of a table written anew, in its order, while others append to it.

delta-rs sorts by the same columns (`optimize.z_order`), but in memory: 4 GB for a million alerts,
and with a limit of what it may hold it fails or takes ten times as long. When a year is sorted
belongs to `sorting`.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fink_assets.lake.attempts import ATTEMPTS
from fink_assets.lake.clustered import FILE_BYTES, YEAR, order_of, properties, statistics_of
from fink_assets.lake.ordered import keys, ordered
from fink_assets.lake.streamed import ROWS, asked, beside
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

logger = logging.getLogger(__name__)
FOLDER = "sorted-"
"""How folders of sorted files begin: by it a year that is sorted already is known."""
TIME = "%Y%m%dT%H%M%S"
"""How they go on: when sorting began."""
MARK = "_unfinished"
"""File in a folder whose files are not of the table yet."""
SAMPLED = ROWS // 64
"""One key of so many is held in memory."""


def rewrite(table: Table, year: str) -> int:
    """Sort a year, "" for a table without years; return how many files that replaced.

    0 if another writer replaced some of them meanwhile: there is a next time.
    """
    from deltalake import DeltaTable
    from pyarrow.fs import FileSystem

    log = DeltaTable(table.address)
    old = [found for found in files_of(log) if (found.get(f"partition.{YEAR}") or "") == year]
    folder = f"{FOLDER}{datetime.now(UTC):{TIME}}-{uuid.uuid4().hex[:8]}"
    new = _written(table, log, year, folder)
    there = sum(each["num_records"] for each in old)
    written = sum(json.loads(each["stats"])["numRecords"] for each in new)
    if there == written and _replaced(table, folder, old, new):
        return len(old)
    system, path = FileSystem.from_uri(f"{log.table_uri.rstrip('/')}/{folder}")
    system.delete_dir(path)
    if there != written:
        raise RuntimeError(f"{table.name}: {there} rows became {written} when they were sorted")
    return 0


def forsake(table: Table, *, hours: int) -> int:
    """Delete what sorting left behind where it was killed, so long ago; return how many folders.

    A folder belongs to the table only once its mark is gone.
    """
    from pyarrow.fs import FileSelector, FileSystem, FileType

    log = table.log()
    if log is None:
        return 0
    system, root = FileSystem.from_uri(log.table_uri.rstrip("/"))
    latest = f"{FOLDER}{datetime.now(UTC) - timedelta(hours=hours):{TIME}}"
    left = [
        found.path
        for found in system.get_file_info(FileSelector(root))
        if found.base_name.startswith(FOLDER)
        and found.base_name < latest
        and system.get_file_info(f"{found.path}/{MARK}").type == FileType.File
    ]
    for path in left:
        system.delete_dir(path)
    return len(left)


def files_of(log: DeltaTable | None) -> list[dict[str, Any]]:
    """Files of a table as its log has them, with their statistics."""
    import pyarrow as pa

    return pa.table(log.get_add_actions(flatten=True)).to_pylist() if log else []


def _written(table: Table, log: DeltaTable, year: str, folder: str) -> list[dict[str, Any]]:
    """Write the rows of a year, sorted, into a folder of the table; return what a log says of them.

    They are a Delta table of their own until its log is taken away.
    """
    import pyarrow as pa
    from deltalake import write_deltalake
    from pyarrow.fs import FileSystem

    place = f"{log.table_uri.rstrip('/')}/{folder}"
    kinds = pa.schema(log.schema().to_arrow())
    system, path = FileSystem.from_uri(place)
    system.create_dir(path)
    system.open_output_stream(f"{path}/{MARK}").close()
    with beside(kinds, _sorted(table, log, year, kinds)) as rows:
        write_deltalake(
            place,
            rows,
            partition_by=[YEAR] if year else None,
            configuration=statistics_of(table),
            target_file_size=FILE_BYTES,
            writer_properties=properties(),
        )
    with system.open_input_stream(f"{path}/_delta_log/{0:020}.json") as commit:
        actions = [json.loads(line) for line in commit.read().splitlines()]
    system.delete_dir(f"{path}/_delta_log")
    system.delete_file(f"{path}/{MARK}")
    return [action["add"] for action in actions if "add" in action]


def _sorted(table: Table, log: DeltaTable, year: str, kinds: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows of a year in their order."""
    where = f"{YEAR} = '{year}'" if year else "true"
    columns = order_of(table, kinds)
    number, sample = _sampled(_read(log, columns, where, kinds), columns)
    rows = _read(log, kinds.names, where, kinds)
    yield from ordered(rows, columns, number=number, sample=sample)


def _read(
    log: DeltaTable, columns: Sequence[str], where: str, kinds: pa.Schema
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    chosen = pa.schema([kinds.field(name) for name in columns])
    names = ", ".join(f'"{name}"' for name in columns)
    for batch in asked(f"select {names} from it where {where}", it=log):
        yield batch.cast(chosen)


def _sampled(batches: Iterable[pa.RecordBatch], columns: Sequence[str]) -> tuple[int, pa.Table]:
    """How many rows there are, and the keys of some, evenly chosen."""
    import pyarrow as pa

    number, parts = 0, []
    for batch in batches:
        chosen = range(-number % SAMPLED, batch.num_rows, SAMPLED)
        parts.append(keys(batch.take(pa.array(chosen, pa.int64())), columns))
        number += batch.num_rows
    return number, pa.concat_tables(parts).combine_chunks()


def _replaced(
    table: Table, folder: str, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]
) -> bool:
    """Put files in the place of others, if all of those are still there."""
    from deltalake import CommitProperties, DeltaTable
    from deltalake.exceptions import CommitFailedError

    for _ in range(ATTEMPTS):
        log = DeltaTable(table.address)
        if not {each["path"] for each in old} <= {each["path"] for each in files_of(log)}:
            logger.info("%s: files were replaced meanwhile", table.name)
            return False
        try:
            log.create_write_transaction(
                _actions(folder, old, new),
                "append",
                log.schema(),
                log.metadata().partition_columns,
                # delta-rs does not look whether others removed the same files: after any other
                # commit they are looked for again.
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except CommitFailedError:
            continue
        return True
    logger.info("%s: others wrote all the time", table.name)
    return False


def _actions(
    folder: str, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]
) -> list[Any]:
    from deltalake.transaction import AddAction, RemoveAction

    now = int(datetime.now(UTC).timestamp() * 1000)
    added = [
        AddAction(
            path=f"{folder}/{each['path']}",
            size=each["size"],
            partition_values=each["partitionValues"],
            modification_time=each["modificationTime"],
            data_change=False,
            stats=each["stats"],
        )
        for each in new
    ]
    removed = [
        RemoveAction(
            path=each["path"],
            data_change=False,
            deletion_timestamp=now,
            size=each["size_bytes"],
            partition_values={
                name.removeprefix("partition."): value
                for name, value in each.items()
                if name.startswith("partition.")
            },
        )
        for each in old
    ]
    return [*added, *removed]
