"""Columns of a query that need no expression of it: fields of structs, and nulls.

The engine reads a struct whole, whatever is wanted of it: to take it apart in Arrow costs a tenth
of planning an expression for each field. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

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


def taken(found: pa.Table, alias: str, whole: Mapping[str, tuple[str, str]]) -> Any:
    """Take one column of what was read."""
    import pyarrow.compute as pc

    if alias not in whole:
        return found[alias]
    struct, inside = whole[alias]
    taken = pc.struct_field(found[f"_struct_{struct}"], inside)
    plain = _readable_type(taken.type)
    return taken if plain is None else taken.cast(plain)


def readable(field: Any) -> Any:
    """Give texts the type that all functions of Arrow know, not DataFusion's views."""
    plain = _readable_type(field.type)
    return field.with_type(plain) if plain is not None else field


def _readable_type(kind: Any) -> Any:
    import pyarrow as pa

    return {"string_view": pa.string(), "binary_view": pa.binary()}.get(str(kind))
