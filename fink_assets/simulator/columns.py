"""Write many Avro records at once, from columns: what fastavro would write, without its loop.

A record of constant layout is a row of a byte matrix; values of varying length are squeezed
afterwards. What the fields mean belongs to the surveys' packets.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fink_assets.simulator.avro import long_bytes

if TYPE_CHECKING:
    import numpy as np

_ZERO: dict[str, Any] = {"string": "", "bytes": b"", "boolean": False}
_REAL = {"float": "<f4", "double": "<f8"}


class Rows(NamedTuple):
    """Records in a row, and where each begins; one begin more for the end of the last."""

    data: bytes
    begin: list[int]

    def of(self, first: int, last: int) -> bytes:
        """Records from one up to another, which is left out."""
        return self.data[self.begin[first] : self.begin[last]]


class _Piece(NamedTuple):
    """Bytes of one column: an item per row, of which only a part may count."""

    items: np.ndarray
    lengths: np.ndarray | None = None


class Writer:
    """Writes records of one schema.

    Parameters
    ----------
    record
        Schema of the record; its fields are simple types, or unions of one and null.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._fields = [(field["name"], *_kind(field["type"])) for field in record["fields"]]
        self.names = frozenset(name for name, *_ in self._fields)

    def rows(self, number: int, values: Mapping[str, Any]) -> Rows:
        """Encode records.

        Parameters
        ----------
        number
            How many.
        values
            By field, one for all or an array of one each. NaN is null where that may be, and so is
            what a masked array hides. A field that is not named is null, or zero.

        Raises
        ------
        KeyError
            A value is of no field.
        """
        if unknown := values.keys() - self.names:
            raise KeyError(f"no such fields: {sorted(unknown)}")
        blank, varying = bytearray(), []
        for name, kind, value_at, null_at in self._fields:
            value = values.get(name)
            if value is None or not hasattr(value, "shape"):
                blank += _constant(kind, value_at, null_at, value)
                continue
            for piece in _pieces(kind, value_at, null_at, value):
                varying.append((len(blank), piece))
                blank += bytes(piece.items.itemsize)
        return _rows(number, bytes(blank), varying)


def _rows(number: int, blank: bytes, varying: list[tuple[int, _Piece]]) -> Rows:
    import numpy as np

    width = len(blank)
    data = bytearray(blank * number)
    squeezed = [(at, piece) for at, piece in varying if piece.lengths is not None]
    for at, piece in varying if number else ():
        np.ndarray(number, piece.items.dtype, data, at, (width,))[...] = piece.items
    if not squeezed or not number:
        return Rows(bytes(data), [row * width for row in range(number + 1)])
    counts = np.ones((number, width), dtype=bool)
    sizes = np.full(number, width)
    for at, piece in squeezed:
        size, lengths = piece.items.itemsize, piece.lengths
        assert lengths is not None
        counts[:, at : at + size] = np.arange(size) < lengths[:, None]
        sizes -= size - lengths
    flat = np.frombuffer(data, np.uint8)[counts.ravel()].tobytes()
    return Rows(flat, [0, *np.cumsum(sizes).tolist()])


def _kind(kind: Any) -> tuple[str, int | None, int | None]:
    """Simple type, and at which place of a union it and null are."""
    if not isinstance(kind, list):
        return _simple(kind), None, None
    null_at = kind.index("null")
    return _simple(kind[1 - null_at]), 1 - null_at, null_at


def _simple(kind: Any) -> str:
    return kind["type"] if isinstance(kind, dict) else kind


def _constant(kind: str, value_at: int | None, null_at: int | None, value: Any) -> bytes:
    if value is None and null_at is not None:
        return long_bytes(null_at)
    if value is None:
        value = _ZERO.get(kind, 0)
    prefix = b"" if value_at is None else long_bytes(value_at)
    return prefix + scalar(kind, value)


def scalar(kind: str, value: Any) -> bytes:
    """Avro bytes of one value of a simple type."""
    if kind in _REAL:
        return struct.pack("<f" if kind == "float" else "<d", value)
    if kind == "boolean":
        return b"\x01" if value else b"\x00"
    if kind in ("string", "bytes"):
        content = value.encode() if isinstance(value, str) else value
        return long_bytes(len(content)) + content
    return long_bytes(int(value))


def _pieces(
    kind: str, value_at: int | None, null_at: int | None, value: np.ndarray
) -> list[_Piece]:
    import numpy as np

    null = np.ma.getmaskarray(value) if np.ma.isMaskedArray(value) else None
    plain = np.ma.getdata(value)
    if kind in _REAL and null_at is not None and null is None:
        null = np.isnan(plain)
    pieces = _plain(kind, plain)
    if value_at is None or null_at is None:
        return pieces
    if null is None or not null.any():
        return [_Piece(np.full(len(plain), value_at << 1, np.uint8)), *pieces]
    union = np.where(null, null_at << 1, value_at << 1).astype(np.uint8)
    return [_Piece(union), *(_hidden(piece, null) for piece in pieces)]


def _hidden(piece: _Piece, null: np.ndarray) -> _Piece:
    import numpy as np

    lengths = piece.items.itemsize if piece.lengths is None else piece.lengths
    return _Piece(piece.items, np.where(null, 0, lengths))


def _plain(kind: str, value: np.ndarray) -> list[_Piece]:
    import numpy as np

    if kind in _REAL:
        return [_Piece(value.astype(_REAL[kind]))]
    if kind == "boolean":
        return [_Piece(value.astype(np.uint8))]
    if kind in ("string", "bytes"):
        text = value.astype(bytes)
        lengths = np.char.str_len(text)
        return [_varint(lengths), _Piece(text, _unless_equal(lengths, text.itemsize))]
    return [_varint(value)]


def _varint(value: np.ndarray) -> _Piece:
    """Zig-zag, then 7 bits a byte from the lowest: see `avro.long_bytes`."""
    import numpy as np

    signed = value.astype(np.int64)
    rest = ((signed << 1) ^ (signed >> 63)).view(np.uint64)
    lengths, digits = np.zeros(len(rest), dtype=np.int64), list[Any]()
    pending = np.ones(len(rest), dtype=bool)
    while pending.any() or not digits:
        lengths += pending
        digit, rest = (rest & np.uint64(0x7F)).astype(np.uint8), rest >> np.uint64(7)
        pending = rest > 0
        digits.append(digit | (pending.astype(np.uint8) << 7))
    matrix = np.stack(digits, axis=1)
    return _Piece(matrix.view(f"V{len(digits)}")[:, 0], _unless_equal(lengths, len(digits)))


def _unless_equal(lengths: np.ndarray, size: int) -> np.ndarray | None:
    return None if (lengths == size).all() else lengths
