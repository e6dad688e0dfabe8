"""Which fields packets have by their writers' schemas, and what changed from one night to another.

Pure functions on schemas as `stream2raw.writers` keeps them. Which writers a night had, and the
table of what changed, belong to `schema_history`; whether a field has values, to
`field_availability`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fink_assets.stream2raw.schemas import Schema, bare

Types = Mapping[str, frozenset[str]]
"""Types of each field, by its path; several where writers differ."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field that is not what it was.

    Parameters
    ----------
    kind : str
        ``new``, ``missing``, ``retyped``; ``mixed`` where writers send several types as they did
        before.
    field : str
        Path of the field.
    now, before : frozenset of str
        Its types in either night, none where it is not there.
    """

    kind: Literal["new", "missing", "retyped", "mixed"]
    field: str
    now: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()


def fields(schema: Schema) -> dict[str, str]:
    """Type of each field of a packet, by its path; ``[]`` enters an array, ``{}`` a map.

    Whether a field may be null is no part of its type: raw lets all be null, and which are is
    counted.

    Examples
    --------
    >>> history = {"type": "array", "items": {"type": "record", "name": "past", "fields": [
    ...     {"name": "flux", "type": ["null", "float"]}]}}
    >>> fields({"type": "record", "name": "alert", "fields": [
    ...     {"name": "id", "type": "long"}, {"name": "past", "type": ["null", history]}]})
    {'id': 'long', 'past[].flux': 'float'}
    """
    return dict(_leaves(schema, ""))


def _leaves(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    kind = bare(schema)
    shape = kind["type"] if isinstance(kind, dict) else None
    if shape == "record":
        for field in kind["fields"]:
            yield from _leaves(field["type"], f"{path}.{field['name']}".lstrip("."))
    elif shape == "array":
        yield from _leaves(kind["items"], f"{path}[]")
    elif shape == "map":
        yield from _leaves(kind["values"], f"{path}{{}}")
    else:
        yield path, _text(kind)


def _text(schema: Any) -> str:
    """Type as people write it, whatever the order of branches."""
    kind = bare(schema)
    if isinstance(kind, list):
        return " | ".join(sorted(map(_text, kind))) or "null"
    if isinstance(kind, str):
        return kind
    shape = kind["type"]
    if shape == "record":
        inside = sorted(f"{field['name']}: {_text(field['type'])}" for field in kind["fields"])
        return f"record<{', '.join(inside)}>"
    if shape in ("array", "map"):
        return f"{shape}<{_text(kind.get('items') or kind['values'])}>"
    if shape == "enum":
        return f"enum<{', '.join(sorted(kind['symbols']))}>"
    return f"fixed<{kind['size']}>" if shape == "fixed" else kind.get("logicalType") or shape


def united(schemas: Iterable[Schema]) -> dict[str, frozenset[str]]:
    """Fields that packets of some writers have, each with all of its types."""
    found: dict[str, frozenset[str]] = {}
    for schema in schemas:
        for path, kind in fields(schema).items():
            found[path] = found.get(path, frozenset()) | {kind}
    return found


def changes(now: Types, before: Types | None) -> list[Change]:
    """What is not as it was, by path; without a night before, only fields of several types."""
    if before is None:
        several = [path for path, types in sorted(now.items()) if len(types) > 1]
        return [Change(kind="mixed", field=path, now=now[path]) for path in several]
    pairs = {p: (now.get(p, frozenset()), before.get(p, frozenset())) for p in {*now, *before}}
    return [
        Change(kind=kind, field=path, now=types, before=were)
        for path, (types, were) in sorted(pairs.items())
        if (kind := _kind(types, were))
    ]


def _kind(
    now: frozenset[str], before: frozenset[str]
) -> Literal["new", "missing", "retyped", "mixed"] | None:
    if not now:
        return "missing"
    if not before:
        return "new"
    if now != before:
        return "retyped"
    return "mixed" if len(now) > 1 else None
