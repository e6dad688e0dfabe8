"""Rows in order, however many: what does not fit into memory is divided by its keys on disk.

Which columns a table is sorted by belongs to `tables`, when it is sorted to `sorting`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.lake.streamed import ROWS, gathered

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PIECE = 2 * ROWS
"""Rows into which those of a table are divided."""
AT_ONCE = 3 * ROWS
"""Most rows that are sorted in memory, and not divided."""
BATCH = 4096
PARTS = 32
"""Files into which rows are divided at a time."""
BITS = 16
"""Of each of several numbers that are interleaved: steps of 20 arcsec in right ascension."""


def keys(rows: pa.Table | pa.RecordBatch, columns: Sequence[str]) -> pa.Table:
    """What rows are sorted by: the columns in turn, or one curve through several numbers.

    Numbers are angles in degrees. Rows that follow each other on the curve, that of Morton, are
    near each other in each of them.
    """
    import pyarrow as pa

    kinds = [rows.schema.field(name).type for name in columns]
    if len(columns) > 1 and all(pa.types.is_floating(kind) for kind in kinds):
        return pa.table({"curve": _curve([rows[name] for name in columns])})
    return pa.table({name: rows[name] for name in columns})


def ordered(
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[str],
    *,
    number: int,
    sample: pa.Table,
) -> Iterator[pa.RecordBatch]:
    """Sort rows; those without a key come last.

    What is divided waits where the system has temporary files (TMPDIR).

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        The rows.
    columns : sequence of str
        What they are sorted by; see `keys`.
    number : int
        How many they are.
    sample : pyarrow.Table
        Keys of some of them, evenly chosen.
    """
    bounds = _bounds(sample, min(PARTS, -(-number // PIECE)) if number > AT_ONCE else 1)
    if not bounds:
        for piece in gathered(batches, max(number, 1)):
            yield from arranged(piece, keys(piece, columns))
        return
    with tempfile.TemporaryDirectory(prefix="fink-sort-") as place:
        counts = _divided(batches, columns, bounds, Path(place))
        shares = _places(sample, bounds)
        for part, count in enumerate(counts):
            file = Path(place) / str(part)
            yield from ordered(
                _read(file),
                columns,
                number=count,
                sample=sample.filter(_mask(shares == part)),
            )
            file.unlink()


def arranged(rows: pa.Table, known: pa.Table) -> Iterator[pa.RecordBatch]:
    """Sort rows in memory by their keys."""
    import pyarrow.compute as pc

    rows = rows.combine_chunks()
    order = pc.sort_indices(known, sort_keys=[(name, "ascending") for name in known.column_names])
    for start in range(0, len(rows), BATCH):
        # Not slices of what is sorted whole: delta-rs fails at those of structs.
        yield from rows.take(order.slice(start, BATCH)).combine_chunks().to_batches()


def _bounds(sample: pa.Table, parts: int) -> list[tuple[Any, ...]]:
    """Least keys of the parts but the first, each once; none if there is nothing to divide."""
    known = sample.drop_null() if parts > 1 else sample.slice(0, 0)
    rows = sorted(tuple(row.values()) for row in known.to_pylist())
    return sorted(
        {rows[len(rows) * part // parts] for part in range(1, parts)} - {rows[0]} if rows else ()
    )


def _divided(
    batches: Iterable[pa.RecordBatch],
    columns: Sequence[str],
    bounds: Sequence[tuple[Any, ...]],
    folder: Path,
) -> list[int]:
    """Write rows into a file for each part; return how many each has."""
    import numpy as np
    import pyarrow as pa

    counts = np.zeros(len(bounds) + 1, "i8")
    writers: list[Any] = []
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    try:
        for batch in batches:
            if not writers:
                writers = [
                    pa.ipc.new_stream(str(folder / str(part)), batch.schema, options=options)
                    for part in range(len(counts))
                ]
            places = _places(keys(batch, columns), bounds)
            parts = batch.take(pa.array(np.argsort(places, kind="stable")))
            ends = np.bincount(places, minlength=len(counts)).cumsum()
            for writer, (start, end) in zip(writers, pairwise((0, *ends.tolist())), strict=True):
                if end > start:
                    writer.write_batch(parts.slice(start, end - start))
            counts += np.diff(ends, prepend=0)
    finally:
        for writer in writers:
            writer.close()
    return counts.tolist() if writers else []


def _read(file: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    with pa.OSFile(str(file)) as source, pa.ipc.open_stream(source) as reader:
        yield from reader


def _places(known: pa.Table, bounds: Sequence[tuple[Any, ...]]) -> np.ndarray:
    """Part to which each key belongs: how many bounds it is not before."""
    import numpy as np

    places = np.zeros(len(known), "i8")
    for bound in bounds:
        places += _not_before(known, bound)
    return places


def _not_before(known: pa.Table, bound: tuple[Any, ...]) -> np.ndarray:
    """Whether keys are a bound or come after it, null after everything."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: Any = None
    for name, value in reversed(list(zip(known.column_names, bound, strict=True))):
        column = known[name]
        edge = pa.scalar(value, column.type)
        after = pc.greater(column, edge).fill_null(True)
        same = pc.equal(column, edge).fill_null(False)
        found = pc.or_(after, same if found is None else pc.and_(same, found))
    return found.to_numpy(zero_copy_only=False)


def _curve(angles: Sequence[pa.ChunkedArray]) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    found, known = 0, True
    for place, column in enumerate(angles):
        values = np.asarray(column.to_numpy(zero_copy_only=False), float)
        known &= np.isfinite(values)
        steps = ((np.nan_to_num(values) + 90) % 360 / 360 * (1 << BITS)).astype("i8")
        for bit in range(BITS):
            found |= (steps >> bit & 1) << (bit * len(angles) + place)
    return pa.array(found, pa.int64(), mask=~known)


def _mask(chosen: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.array(chosen)
