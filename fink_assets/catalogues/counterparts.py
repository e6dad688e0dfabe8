"""Search catalogues for the counterpart of each position, as science modules do.

A catalogue's file is mapped into memory once per process: processes of one machine share its pages,
and only those about the positions asked for are read. Nothing is fetched here.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_assets.catalogues.catalogue import Catalogue

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from fink_assets.astro.sphere import Sources


def opened(catalogue: Catalogue) -> pa.Table:
    """Rows of a catalogue, sorted by cell.

    Raises
    ------
    FileNotFoundError
        It is not on this machine; the message says what to do.
    """
    missing = catalogue.missing()
    if missing:
        raise FileNotFoundError(missing)
    return _opened(catalogue.file)


@lru_cache(maxsize=64)
def _opened(file: Path) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(file))).read_all()


@lru_cache(maxsize=64)
def _sources(file: Path) -> Sources:
    from fink_assets.astro.sphere import Sources

    table = _opened(file)
    names = [name for name in ("healpix_29", "ra", "dec", "radius") if name in table.column_names]
    if not table.num_rows:
        return Sources(*(table[name].to_numpy() for name in names))
    return Sources(*(table[name].chunk(0).to_numpy() for name in names))


def counterparts(catalogue: Catalogue, ra: pd.Series, dec: pd.Series) -> pd.DataFrame:
    """Find the nearest source to each position within the catalogue's radius.

    Parameters
    ----------
    catalogue
        Where to search; it has positions.
    ra, dec : pandas.Series
        ICRS, degrees, with one index.

    Returns
    -------
    pandas.DataFrame
        ``<catalogue>_<column>`` and ``<catalogue>_separation`` (arcsec), null without counterpart.
    """
    import numpy as np
    import pandas as pd

    from fink_assets.astro.photometry import measurements
    from fink_assets.astro.sphere import nearest

    table = opened(catalogue)
    row, separation = nearest(
        measurements(ra), measurements(dec), _sources(catalogue.file), catalogue.radius_arcsec
    )
    matched = np.flatnonzero(row >= 0)
    found: dict[str, Any] = {}
    for column in catalogue.columns:
        values = np.full(len(row), np.nan if column.type == "double" else None)
        taken = table[column.name].take(row[matched])
        values[matched] = taken.to_numpy() if column.type == "double" else taken.to_pylist()
        found[f"{catalogue.name}_{column.name}"] = values
    found[f"{catalogue.name}_separation"] = separation
    return pd.DataFrame(found, index=ra.index)
