"""Whole numbers of 64 bits as text, for readers that know floating point numbers only.

Pure functions of what an answer has: a table, whose types tell, or values of JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST_EXACT = 2**53 - 1
"""Up to which a number of 64 bits with a floating point (IEEE 754) has every whole number."""


def of_table(rows: pa.Table) -> pa.Table:
    """Write the columns of such numbers as text, and those inside of lists and structs."""
    import pyarrow as pa

    schema = pa.schema([each.with_type(_as_text(each.type)) for each in rows.schema])
    return rows if schema.equals(rows.schema) else rows.cast(schema)


def of_json(value: Any) -> Any:
    """Write the numbers as text that a reader would round; JSON does not tell their types."""
    if isinstance(value, Mapping):
        return {name: of_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [of_json(each) for each in value]
    is_rounded = isinstance(value, int) and abs(value) > LARGEST_EXACT
    return str(value) if is_rounded else value


def _as_text(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_int64(kind) or pa.types.is_uint64(kind):
        return pa.string()
    if pa.types.is_map(kind):
        return pa.map_(_as_text(kind.key_type), _as_text(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_as_text(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_as_text(each.type)) for each in kind])
    return kind
