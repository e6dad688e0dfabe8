"""Avro's integers in bytes: write one, and find those of chosen fields in a datum.

Pure functions on bytes and schemas. What the fields mean belongs to the surveys' packets.
"""

from collections.abc import Callable, Collection
from typing import Any, NamedTuple


class Place(NamedTuple):
    """An integer of a datum: its field's dotted path, its value, and where its bytes are."""

    path: str
    value: int
    begin: int
    end: int


def long_bytes(value: int) -> bytes:
    """Avro long: zig-zag, then 7 bits a byte from the lowest."""
    rest = value << 1 ^ value >> 63
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes((*out, rest))


def places(datum: bytes, schema: Any, wanted: Collection[str]) -> list[Place]:
    """Find the integers of chosen fields, in the order of their bytes; nulls are none.

    Parameters
    ----------
    datum
        A record without its schema.
    schema
        As `fastavro.parse_schema` returns it.
    wanted
        Dotted paths. An array is no step of a path: all its items have the same.

    Raises
    ------
    ValueError
        The datum is not one of the schema, or has what LSST never sends: maps, enumerations, arrays
        that state their size in bytes.
    """
    walk = _Walk(datum, wanted)
    try:
        walk.over(schema, "")
    except (IndexError, KeyError) as problem:
        raise ValueError(f"not a datum of the schema: {problem!r}") from problem
    if walk.at != len(datum):
        raise ValueError(f"the datum ends at byte {walk.at} of {len(datum)}")
    return walk.found


class _Walk:
    """Goes over a datum once, field by field."""

    def __init__(self, datum: bytes, wanted: Collection[str]) -> None:
        self.datum, self.wanted = datum, wanted
        self.at = 0
        self.found: list[Place] = []
        self._named: dict[str, Any] = {}
        self._simple: dict[str, Callable[[], object]] = {
            "null": lambda: None,
            "boolean": lambda: self._skip(1),
            "int": self._long,
            "long": self._long,
            "float": lambda: self._skip(4),
            "double": lambda: self._skip(8),
            "string": lambda: self._skip(self._long()),
            "bytes": lambda: self._skip(self._long()),
        }

    def over(self, kind: Any, path: str) -> None:
        """Go over a value of some type."""
        if isinstance(kind, list):
            self.over(kind[self._long()], path)
        elif isinstance(kind, dict):
            self._complex(kind, path)
        elif kind in self._named:
            self._complex(self._named[kind], path)
        elif path in self.wanted and kind != "null":
            begin, value = self.at, self._long()
            self.found.append(Place(path, value, begin, self.at))
        else:
            self._simple[kind]()

    def _complex(self, kind: dict[str, Any], path: str) -> None:
        if kind["type"] == "record":
            self._named[kind["name"]] = kind
            for field in kind["fields"]:
                self.over(field["type"], f"{path}.{field['name']}" if path else field["name"])
        elif kind["type"] == "array":
            while items := self._long():
                if items < 0:
                    raise ValueError(f"{path}: the array states its size in bytes")
                for _ in range(items):
                    self.over(kind["items"], path)
        else:  # a logical type
            self.over(kind["type"], path)

    def _long(self) -> int:
        value = shift = 0
        while True:
            byte = self.datum[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7

    def _skip(self, size: int) -> None:
        self.at += size
