"""Rows that come piece by piece: of any number, few of which are in memory at a time.

Sorting what does not fit into memory belongs to `ordered`.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake import DeltaTable

ROWS = 16_384
"""Rows in memory at a time: of an alert with every column 3 to 4 kB each."""
PARTITIONS = 2
"""Files that are decoded at a time, however many cores there are: each holds batches of its own."""

WAIT_SECONDS = 0.2


@dataclass(frozen=True)
class Rows:
    """Rows of one schema, made anew each time that they are gone through."""

    schema: pa.Schema
    made: Callable[[], Iterator[pa.Table]]

    def __iter__(self) -> Iterator[pa.Table]:
        """Go through them, piece by piece."""
        return self.made()

    def whole(self) -> pa.Table:
        """All of them: for few rows."""
        import pyarrow as pa

        return pa.concat_tables([self.schema.empty_table(), *self])


def held(rows: pa.Table) -> Rows:
    """Rows that are in memory already."""
    return Rows(rows.schema, lambda: iter((rows,)))


def changed(
    batches: Callable[[], Iterable[pa.RecordBatch]],
    kinds: pa.Schema,
    change: Callable[[pa.Table], pa.Table],
) -> Rows:
    """Rows that are made of batches.

    Parameters
    ----------
    batches : callable
        Gives the batches, anew each time.
    kinds : pyarrow.Schema
        Their columns, as which they are read.
    change : callable
        What is made of some of them, whichever these are.
    """

    def made() -> Iterator[pa.Table]:
        for piece in gathered(batches()):
            yield change(piece.select(kinds.names).cast(kinds))

    return Rows(change(kinds.empty_table()).schema, made)


def gathered(batches: Iterable[pa.RecordBatch], rows: int = ROWS) -> Iterator[pa.Table]:
    """Put batches together until they have so many rows, or are the last."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= rows:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def asked(statement: str, **logs: DeltaTable) -> Iterator[pa.RecordBatch]:
    """Answer a SQL query on tables, by the names that they have in it, batch by batch."""
    import pyarrow as pa
    from deltalake import QueryBuilder

    builder = QueryBuilder({"datafusion.execution.target_partitions": str(PARTITIONS)})
    for name, log in logs.items():
        builder.register(name, log)
    yield from pa.RecordBatchReader.from_stream(builder.execute(statement))


@contextmanager
def beside(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatchReader]:
    """Reader of batches that are made in a thread of their own, one ahead.

    delta-rs cannot answer a query in the threads in which it writes.
    """
    import pyarrow as pa

    line = _Line()
    thread = threading.Thread(target=line.fill, args=(batches,), daemon=True)
    thread.start()
    try:
        yield pa.RecordBatchReader.from_batches(schema, line.taken())
    finally:
        line.ended.set()
        thread.join()


class _Line:
    """What one thread makes and another takes: few items, then None or what went wrong."""

    def __init__(self) -> None:
        self.items: queue.Queue[Any] = queue.Queue(maxsize=1)
        self.ended = threading.Event()

    def fill(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Put batches into the line until nobody takes them any more."""
        try:
            all(self._put(batch) for batch in batches)
            self._put(None)
        except BaseException as problem:  # raised where they are taken
            self._put(problem)

    def taken(self) -> Iterator[pa.RecordBatch]:
        """Take them out of it."""
        while (item := self.items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _put(self, item: Any) -> bool:
        while not self.ended.is_set():
            try:
                self.items.put(item, timeout=WAIT_SECONDS)
            except queue.Full:
                continue
            return True
        return False
