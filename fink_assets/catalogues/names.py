"""Look up sources of a catalogue by name, for lists that have no positions.

What a catalogue is belongs to `catalogue`, the search by position to `counterparts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from fink_assets.catalogues.catalogue import Catalogue
from fink_assets.catalogues.counterparts import opened

Row = Mapping[str, Any]


def by_name(catalogue: Catalogue, column: str) -> Mapping[str, Row]:
    """Give the rows of a catalogue by the value of a column; read once per process.

    Parameters
    ----------
    catalogue
        Where to look.
    column : str
        One whose values name a source, each at most once; rows that have none are left out.

    Raises
    ------
    FileNotFoundError
        The catalogue is not on this machine; the message says what to do.
    ValueError
        Two rows have the same name.
    """
    opened(catalogue)
    return _rows(catalogue.file, column)


@lru_cache(maxsize=64)
def _rows(file: Path, column: str) -> Mapping[str, Row]:
    import pyarrow as pa

    with pa.memory_map(str(file)) as content:
        rows = [row for row in pa.ipc.open_file(content).read_all().to_pylist() if row[column]]
    found = {row[column]: row for row in rows}
    if len(found) < len(rows):
        raise ValueError(f"{file.name}: {len(rows) - len(found)} names of {column} come twice")
    return found
