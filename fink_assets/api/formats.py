"""Rows as clients ask for them: JSON, CSV, VOTable, Parquet.

Pure functions from an Arrow table to bytes. All formats of one table have the same rows and values:
what is not finite is not known, so null in each of them.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import parquet_stream
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

IMAGES = "list<item: list<item: double>>"
FORMATS = ("json", "csv", "votable", "parquet")


def not_supported(form: str) -> str:
    """Say that there is no such format."""
    *others, last = FORMATS
    return f"Output format `{form}` is not supported. Choose among {', '.join(others)}, or {last}\n"


def no_column(asked: Sequence[str]) -> str:
    """Say that an answer has none of the columns asked for: without any, rows cannot be told."""
    named = ", ".join(asked)
    return f"There is no column {named[:200]}: /api/v1/schema has all of them.\n"


def cleaned(rows: pa.Table) -> pa.Table:
    """Make null what is not finite, and plain types of those that other programs do not read."""
    return _each(rows, cleaned_column)


def written(rows: pa.Table, form: str, units: Mapping[str, Any] | None = None) -> tuple[bytes, str]:
    """Write rows in a format.

    Parameters
    ----------
    rows : pyarrow.Table
        As `cleaned` gives them.
    form : str
        ``json``, ``csv``, ``votable`` or ``parquet``.
    units : mapping, optional
        Unit, UCD and meaning by column, see `votable.Meaning`.

    Returns
    -------
    tuple
        Content and media type, the latter as the reference has it.

    Raises
    ------
    RequestError
        There is no such format.
    """
    if form not in FORMATS:
        raise RequestError(not_supported(form))
    if form == "votable":
        from fink_assets.api import votable

        return votable.written(_flat(rows), units or {}), "text/xml"
    writer, media = _WRITERS[form]
    return writer(rows), media


def _json(rows: pa.Table) -> bytes:
    images = [name for name in rows.column_names if str(rows[name].type) == IMAGES]
    columns = {name: rows[name].to_pylist() for name in rows.column_names if name not in images}
    names = list(columns)
    listed = [dict(zip(names, values, strict=True)) for values in zip(*columns.values())]  # noqa: B905
    if not images:
        return _dumped(listed)
    # Nine of ten numbers are pixels, which Arrow writes in a tenth of Python's time.
    keys = [_dumped(name).decode() for name in images]
    texts = [
        [f"{k}:{text}" for text in _images(rows[n])] for k, n in zip(keys, images, strict=True)
    ]
    written = [_dumped(row)[1:-1].decode() for row in listed or [{}] * rows.num_rows]
    whole = [filter(None, parts) for parts in zip(written, *texts, strict=True)]
    return f"[{','.join('{' + ','.join(parts) + '}' for parts in whole)}]".encode()


def _dumped(value: Any) -> bytes:
    import orjson

    return orjson.dumps(value, default=str, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _images(column: pa.ChunkedArray) -> list[str]:
    """Write each image, a list of rows of pixels, as JSON."""
    import pyarrow as pa
    import pyarrow.compute as pc

    images = column.combine_chunks()
    lines = images.values
    pixels = pc.fill_null(lines.values.cast(pa.string()), "null")
    joined = pc.binary_join(pa.ListArray.from_arrays(lines.offsets, pixels), ",")
    bracketed = pc.binary_join_element_wise("[", joined, "]", "")
    whole = pc.binary_join(pa.ListArray.from_arrays(images.offsets, bracketed), ",")
    texts = zip(images.is_valid().to_pylist(), whole.to_pylist(), strict=True)
    return [f"[{text}]" if known else "null" for known, text in texts]


def _csv(rows: pa.Table) -> bytes:
    if not rows.num_rows:
        return b"\n"
    plain = _each(_flat(rows), _as_json_has_it)
    return plain.to_pandas(types_mapper=_nullable).to_csv(index=False).encode()


def _as_json_has_it(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write a number of single precision with the digits that it has in JSON."""
    return column.cast("double") if column.type == "float" else column


def _parquet(rows: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(rows, out)
    return out.getvalue()


_WRITERS: dict[str, tuple[Callable[[Any], bytes], str]] = {
    "json": (_json, "application/json"),
    "csv": (_csv, "application/csv"),
    "parquet": (_parquet, parquet_stream.MEDIA),
}


def _nullable(kind: Any) -> Any:
    """Keep whole numbers whole beside nulls."""
    import pandas as pd
    import pyarrow as pa

    known = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.bool_(): "boolean"}
    return pd.BooleanDtype() if known.get(kind) == "boolean" else known.get(kind)


def _flat(rows: pa.Table) -> pa.Table:
    """Write lists and structs as the text of JSON, where a cell can hold one value only."""
    import pyarrow as pa

    def flat(column: Any) -> Any:
        if not pa.types.is_nested(column.type):
            return column
        values = [None if v is None else json.dumps(v, default=str) for v in column.to_pylist()]
        return pa.array(values, pa.string())

    return _each(rows, flat)


def cleaned_column(column: Any) -> Any:
    """The same of one column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
    if str(column.type) in ("string_view", "large_string"):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        # one way to write a time in every format: UTC, to the microsecond
        return pc.strftime(column.cast(pa.timestamp("us", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    return column


def _each(rows: pa.Table, change: Callable[[Any], Any]) -> pa.Table:
    import pyarrow as pa

    changed = {name: change(rows[name]) for name in rows.column_names}
    return pa.table(changed) if changed else rows
