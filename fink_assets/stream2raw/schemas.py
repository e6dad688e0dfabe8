"""Avro schemas of writers and of the raw table: resolve the first to the second.

Pure functions on parsed schemas. Where writers' schemas come from belongs to `framing`, decoding to
`decode`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

Schema = Any

PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}
# What a reader's type can take from a writer's, by the Avro specification ("Schema Resolution").
PROMOTIONS = {
    "long": {"int"},
    "float": {"int", "long"},
    "double": {"int", "long", "float"},
    "string": {"bytes"},
    "bytes": {"string"},
}


class IncompatibleSchemaError(ValueError):
    """A writer's type that the raw table cannot hold."""


def named(schema: Schema, path: str = "alert") -> Schema:
    """Name each record after its path, resolve references, drop what does not change the bytes.

    Avro matches records by name; writers name the same record differently (``ztf.alert``,
    ``topLevelRecord``).
    """
    return _named(schema, path, {})


def full_name(schema: Schema) -> str:
    """Name of a record with its namespace, as its writer has it.

    Examples
    --------
    >>> full_name({"type": "record", "namespace": "lsst.v9_0", "name": "alert", "fields": []})
    'lsst.v9_0.alert'
    """
    name = schema["name"]
    return name if "." in name else f"{schema.get('namespace') or ''}.{name}".lstrip(".")


def _named(schema: Schema, path: str, seen: dict[str, Schema]) -> Schema:
    if isinstance(schema, list):
        return [_named(branch, path, seen) for branch in schema]
    if isinstance(schema, dict):
        return _named_complex(schema, path, seen)
    if schema in PRIMITIVES:
        return schema
    known = seen.get(schema) or seen.get(schema.rpartition(".")[2])
    if known is None:
        raise IncompatibleSchemaError(f"{path}: unknown type {schema}")
    return _named(known, path, seen)


def _named_complex(schema: dict[str, Any], path: str, seen: dict[str, Schema]) -> Schema:
    kind = schema["type"]
    if "name" in schema:
        # References inside a namespace may leave it out, or write it although the name does not.
        name = schema["name"]
        full = f"{schema.get('namespace', '')}.{name}".strip(".")
        seen |= {name: schema, full: schema, name.rpartition(".")[2]: schema}
    if kind == "record":
        fields = [
            {"name": f["name"], "type": _named(f["type"], f"{path}_{f['name']}", seen)}
            for f in schema["fields"]
        ]
        return {"type": "record", "name": path, "fields": fields}
    if kind == "array":
        return {"type": "array", "items": _named(schema["items"], f"{path}_item", seen)}
    if kind == "map":
        return {"type": "map", "values": _named(schema["values"], f"{path}_value", seen)}
    if isinstance(kind, (dict, list)):
        return _named(kind, path, seen)
    if kind in ("enum", "fixed"):
        return {**schema, "name": path}
    if kind in PRIMITIVES:
        logical = schema.get("logicalType")
        return {"type": kind, "logicalType": logical} if logical else kind
    return _named(kind, path, seen)


def bare(schema: Schema) -> Schema:
    """Strip the null branch of a union."""
    if isinstance(schema, list):
        branches = [branch for branch in schema if branch != "null"]
        return branches[0] if len(branches) == 1 else branches
    return schema


def optional(schema: Schema) -> Schema:
    """Allow null, and prefer it as the default."""
    inner = bare(schema)
    return ["null", *(inner if isinstance(inner, list) else [inner])]


def nullable(schema: Schema) -> Schema:
    """Let every field of every record be absent: raw keeps what was sent, whoever sent it."""
    if isinstance(schema, list):
        return [nullable(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema["type"] == "record":
        fields = [
            {"name": f["name"], "type": optional(nullable(f["type"])), "default": None}
            for f in schema["fields"]
        ]
        return {**schema, "fields": fields}
    if schema["type"] == "array":
        return {**schema, "items": optional(nullable(schema["items"]))}
    if schema["type"] == "map":
        return {**schema, "values": optional(nullable(schema["values"]))}
    return schema


def merged(reader: Schema, writer: Schema, path: str = "") -> Schema:
    """Extend a reader's schema by the fields only a writer has.

    Raises
    ------
    IncompatibleSchemaError
        If a field's type cannot be promoted to the reader's; names the field and both types.
    """
    old, new = bare(reader), bare(writer)
    if _kind(old) == _kind(new) == "record":
        return _rewrap(reader, _merged_record(old, new, path))
    if _kind(old) == _kind(new) == "array":
        items = merged(old["items"], new["items"], f"{path}[]")
        return _rewrap(reader, {**old, "items": items})
    if _kind(old) == _kind(new) == "map":
        values = merged(old["values"], new["values"], f"{path}{{}}")
        return _rewrap(reader, {**old, "values": values})
    if new in (old, "null") or (_kind(new) in PROMOTIONS.get(_kind(old), ())):
        return reader
    if _kind(old) == _kind(new) and _kind(old) in PRIMITIVES:
        return reader
    raise IncompatibleSchemaError(f"{path or 'alert'}: {_show(new)} is not {_show(old)}")


def _merged_record(old: Schema, new: Schema, path: str) -> Schema:
    known = {field["name"]: field for field in old["fields"]}
    for field in new["fields"]:
        name = field["name"]
        inside = f"{path}.{name}".strip(".")
        if name in known:
            known[name] = {
                **known[name],
                "type": merged(known[name]["type"], field["type"], inside),
            }
        elif field["type"] not in ("null", ["null"]):  # which holds nothing
            _refuse_unstorable(name, field["type"], inside, known)
            kind = optional(nullable(field["type"]))
            known[name] = {"name": name, "type": kind, "default": None}
    return {**old, "fields": list(known.values())}


def _refuse_unstorable(name: str, kind: Schema, path: str, siblings: Collection[str]) -> None:
    """Refuse a new field that Spark or Delta could not write: it would hold up the whole stream."""
    if not (name.isascii() and name.isidentifier()):
        raise IncompatibleSchemaError(f"{path}: {name!r} is not a name of a column")
    twin = next((s for s in siblings if s.lower() == name.lower()), None)
    if twin is not None:
        raise IncompatibleSchemaError(f"{path}: differs from {twin} by capital letters only")
    for part in bare(kind) if isinstance(kind, list) and len(kind) > 2 else [bare(kind)]:
        _refuse_empty(part, path)


def _refuse_empty(kind: Schema, path: str) -> None:
    if kind in ("null", []):
        raise IncompatibleSchemaError(f"{path}: holds nothing but null")
    if _kind(kind) == "record":
        if not kind["fields"]:
            raise IncompatibleSchemaError(f"{path}: a record without fields")
        names: set[str] = set()
        for field in kind["fields"]:
            inside = f"{path}.{field['name']}"
            _refuse_unstorable(field["name"], field["type"], inside, names)
            names.add(field["name"])
    elif _kind(kind) in ("array", "map"):
        _refuse_empty(bare(kind.get("items") or kind["values"]), f"{path}[]")


def _rewrap(original: Schema, inner: Schema) -> Schema:
    return optional(inner) if isinstance(original, list) else inner


def _kind(schema: Schema) -> str:
    if isinstance(schema, list):
        return "union"
    return schema["type"] if isinstance(schema, dict) else schema


def _show(schema: Schema) -> str:
    return schema if isinstance(schema, str) else json.dumps(schema)[:80]


def lacking(schema: Schema, paths: Sequence[str]) -> list[str]:
    """Dotted paths that lead to no field of a writer's schema."""
    return [path for path in paths if not _leads(schema, path.split("."))]


def _leads(schema: Schema, steps: list[str]) -> bool:
    if not steps:
        return True
    record = bare(schema)
    if _kind(record) != "record":
        return False
    fields = {field["name"]: field["type"] for field in record["fields"]}
    return steps[0] in fields and _leads(fields[steps[0]], steps[1:])
