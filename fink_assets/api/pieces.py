"""Columns of a query that need no expression of it: fields of structs, and nulls.

The engine reads a struct whole, whatever is wanted of it: to take it apart in Arrow costs a tenth
of planning an expression for each field. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

STRUCT = "_struct_"
"""Begins the name under which a query gives a struct."""
NULL = re.compile(r"cast\(null as (\w+)\)")
FIELD = re.compile(r"\"(\w+)\"\['(\w+)'\]")


def of_structs(columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Find columns that are fields of structs: struct and field of each."""
    found = {alias: FIELD.fullmatch(value) for alias, value in columns.items()}
    return {alias: (match[1], match[2]) for alias, match in found.items() if match}


def constants(columns: Mapping[str, str]) -> dict[str, Any]:
    """Find columns that are null throughout, and their types: nothing to ask the engine for."""
    import pyarrow as pa

    kinds = {
        "varchar": pa.string(),
        "double": pa.float64(),
        "int": pa.int32(),
        "bigint": pa.int64(),
        "boolean": pa.bool_(),
    }
    found = {alias: NULL.fullmatch(value) for alias, value in columns.items()}
    return {alias: kinds[match[1]] for alias, match in found.items() if match}


def assembled(
    found: pa.Table,
    columns: Iterable[str],
    whole: Mapping[str, tuple[str, str]],
    absent: Mapping[str, Any],
) -> pa.Table:
    """Put columns together, in order: of structs that were read whole, of nulls, as they came."""
    import pyarrow as pa

    structs = {struct: _opened(found[STRUCT + struct]) for struct in {s for s, _ in whole.values()}}
    made = {}
    for alias in columns:
        if alias in whole:
            struct, inside = whole[alias]
            made[alias] = structs[struct][inside]
        else:
            made[alias] = pa.nulls(len(found), absent[alias]) if alias in absent else found[alias]
    return pa.table(made)


def _opened(structs: pa.ChunkedArray) -> dict[str, Any]:
    """Fields of structs by name, null where a struct is."""
    whole = structs.combine_chunks()
    names = [field.name for field in whole.type]
    return dict(zip(names, map(_plain, whole.flatten()), strict=True))


def _plain(column: Any) -> Any:
    kind = _readable_type(column.type)
    return column if kind is None else column.cast(kind)


def readable(field: Any) -> Any:
    """Give texts the type that all functions of Arrow know, not DataFusion's views."""
    plain = _readable_type(field.type)
    return field.with_type(plain) if plain is not None else field


def _readable_type(kind: Any) -> Any:
    import pyarrow as pa

    return {"string_view": pa.string(), "binary_view": pa.binary()}.get(str(kind))


def paths(columns: Any) -> dict[str, str]:
    """Columns of a schema, and the fields of its structs by dotted path, with their types."""
    import pyarrow as pa

    found: dict[str, str] = {}
    _walk("", pa.schema(columns), found)
    return found


def _walk(prefix: str, fields: Any, found: dict[str, str]) -> None:
    import pyarrow as pa

    for each in fields:
        path = f"{prefix}{each.name}"
        found[path] = str(each.type)
        if pa.types.is_struct(each.type):
            _walk(f"{path}.", each.type, found)
