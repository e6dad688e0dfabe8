"""A Parquet file that is sent while it is made: a row group at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MEDIA = "parquet"
"""As the reference has it, though it is no media type of the IANA's."""


class _Outbox:
    """What a writer has written since it was last taken."""

    def __init__(self) -> None:
        self.closed = False
        self._parts: list[bytes] = []
        self._place = 0

    def write(self, content: bytes) -> int:
        self._parts.append(bytes(content))
        self._place += len(content)
        return len(content)

    def tell(self) -> int:
        return self._place

    def flush(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        content, self._parts = b"".join(self._parts), []
        return content


def written(schema: pa.Schema, tables: Iterable[pa.Table]) -> Iterator[bytes]:
    """Write tables of one schema as the row groups of a file.

    A reader can tell a file that broke off: its end, which says where everything is, is missing.
    """
    import pyarrow.parquet as pq

    outbox = _Outbox()
    writer = pq.ParquetWriter(outbox, schema, compression="zstd")
    for table in tables:
        writer.write_table(table)
        yield outbox.taken()
    writer.close()
    yield outbox.taken()
