"""Read the rows of a catalogue's file, whatever its format, with values of the declared types.

What a file must hold is declared in `catalogue`; where rows are kept belongs to `build`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Position

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class CatalogueError(ValueError):
    """A file is not what its declaration says; the message names both."""


def rows(catalogue: Catalogue, files: Collection[Path]) -> pd.DataFrame:
    """Read the declared columns of a catalogue, in the order of its files.

    Raises
    ------
    CatalogueError
        A file lacks a column, or holds a value that is not of the declared type.
    """
    import pandas as pd

    position = catalogue.position
    wanted = [name for column in catalogue.columns for name in column.sources]
    if position:
        wanted += [name for name in (position.ra, position.dec, position.radius) if name]
    parts = [_read(path, list(dict.fromkeys(wanted))) for path in files]
    frame = pd.concat(parts, ignore_index=True)
    try:
        found = {c.name: typed(frame, c) for c in catalogue.columns}
        placed = _placed(frame, position) if position else {}
    except (TypeError, ValueError) as problem:
        raise CatalogueError(f"{catalogue.name}: {problem}") from problem
    return pd.DataFrame(placed | found)


def _read(path: Path, wanted: list[str]) -> pd.DataFrame:
    import pandas as pd

    kind = path.suffix.lower()
    if kind == ".csv":
        frame = pd.read_csv(path, dtype=str, skipinitialspace=True, keep_default_na=False)
    elif kind == ".parquet":
        frame = pd.read_parquet(path)
    elif kind in (".vot", ".votable", ".xml", ".fits"):
        frame = _table(path, kind)
    else:
        raise CatalogueError(f"{path}: its name ends in none of csv, parquet, vot, votable, fits")
    frame = frame.rename(columns=lambda name: str(name).strip())
    absent = [name for name in wanted if name not in frame]
    if absent:
        raise CatalogueError(f"{path} has no column {', '.join(absent)}: it has {list(frame)}")
    return frame[wanted]


def _table(path: Path, kind: str) -> pd.DataFrame:
    from astropy.table import Table

    table = Table.read(path, format="fits" if kind == ".fits" else "votable")
    table.convert_bytestring_to_unicode()
    return table[[name for name in table.colnames if table[name].ndim == 1]].to_pandas()


def typed(frame: pd.DataFrame, column: CatalogueColumn) -> pd.Series:
    """Give the values of a declared column, of its type, null where they are not known.

    Raises
    ------
    TypeError, ValueError
        A value is not of the declared type.
    """
    import numpy as np

    if column.type == "array<double>":
        return frame[column.sources[0]]
    if column.type == "string":
        parts = [_words(frame[name], column.unknown) for name in column.sources]
        joined = parts[0]
        for part in parts[1:]:
            joined = joined.str.cat(part, sep=" ")
        return joined
    numbers = _numbers(frame[column.sources[0]], column.unknown)
    if column.type == "double":
        return numbers.where(np.isfinite(numbers))
    if not (numbers.dropna() % 1 == 0).all():
        raise ValueError(f"{column.name}: not all are whole numbers")
    return numbers.astype("Int64")


def _words(values: pd.Series, unknown: Collection[str]) -> pd.Series:
    """Text without the white space and quotes about it; null for what stands for "not known"."""
    text = values.astype("string").str.strip().str.strip('"').str.strip()
    known = text.mask(text.isin(["", *unknown]))
    return known.astype(object).where(known.notna(), None)


def _numbers(values: pd.Series, unknown: Collection[str] = ()) -> pd.Series:
    import pandas as pd

    if values.dtype == object or pd.api.types.is_string_dtype(values):
        values = _words(values, unknown)
    return pd.to_numeric(values).astype(float)


def _placed(frame: pd.DataFrame, position: Position) -> dict[str, pd.Series | np.ndarray]:
    """Positions in degrees, right ascensions from 0 to 360; NaN where there is none."""
    import numpy as np

    if position.ra_unit == "hour":
        ra, dec = _sexagesimal(frame[position.ra], 15), _sexagesimal(frame[position.dec], 1)
    else:
        ra, dec = (_numbers(frame[name]).to_numpy() for name in (position.ra, position.dec))
    if (np.abs(dec) > 90).any() or (ra < -180).any() or (ra > 360).any():
        raise ValueError("positions are not on the sky: is the unit right?")
    placed = {"ra": np.mod(ra, 360), "dec": dec}
    if position.radius:
        placed["radius"] = _numbers(frame[position.radius]).to_numpy()
    return placed


def _sexagesimal(values: pd.Series, degrees: float) -> np.ndarray:
    """Degrees of ``-00 52 15.1`` or ``-00 52``, whose unit is so many degrees."""
    import numpy as np
    import pandas as pd

    text = _words(values, ())
    parts = text.str.extract(r"^([+-]?)(\d+)[ :](\d+\.?\d*)(?:[ :](\d+\.?\d*))?$")
    wrong = text[text.notna() & parts[1].isna()]
    if len(wrong):
        raise ValueError(f"not a sexagesimal angle: {wrong.iloc[0]!r}")
    whole, minutes, seconds = (
        pd.to_numeric(parts[i].fillna("0")).to_numpy(float) for i in (1, 2, 3)
    )
    size = degrees * (whole + minutes / 60 + seconds / 3600)
    return np.where(text.isna(), np.nan, np.where(parts[0] == "-", -size, size))
