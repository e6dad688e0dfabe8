"""Read the images that come with alerts: small FITS files, compressed by gzip or not.

The first image of a file (FITS 4.0, sections 3 and 4) as numbers, nothing of its header. A stamp is
content from outside: whatever it holds, reading it costs little and ends in an image or in a
`StampError`. What an image shows does not belong here.
"""

import math
import zlib
from typing import Any

import numpy as np

from fink_assets.astro.photometry import Numbers

LARGEST_BYTES = 4 * 1024**2
"""Of a file after decompression: 200 times that of ZTF's, 100 times that of Rubin's."""

_GZIP = b"\x1f\x8b"
_CARD, _BLOCK = 80, 2880
_MOST_CARDS = 1024
_READ = ("BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BLANK", "BZERO", "BSCALE")
_NAMES = {name.ljust(8).encode(): name for name in _READ}
_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


class StampError(ValueError):
    """A stamp that holds no image that can be read."""


def read_stamp(content: Any) -> Numbers:
    """Give the pixels of the first image of a file, rows first.

    Parameters
    ----------
    content : bytes
        FITS file, compressed or not.

    Returns
    -------
    array
        Two-dimensional, in the physical unit of the file; a pixel without a value is NaN.

    Raises
    ------
    StampError
        There is no such image: nothing at all, not FITS, truncated, not two-dimensional, too large.
    """
    if not isinstance(content, bytes | bytearray | memoryview):
        raise StampError("no stamp")
    file = _plain(bytes(content))
    header, start = _header(file)
    kind = _TYPES.get(_whole(header, "BITPIX"))
    if kind is None or _whole(header, "NAXIS") != 2:
        raise StampError("the first unit of the file is not an image of two axes")
    columns, rows = _whole(header, "NAXIS1"), _whole(header, "NAXIS2")
    if min(columns, rows) < 1 or start + columns * rows * np.dtype(kind).itemsize > len(file):
        raise StampError(f"the file ends before its {rows} x {columns} pixels do")
    stored = np.frombuffer(file, dtype=kind, count=columns * rows, offset=start)
    pixels = stored.reshape(rows, columns).astype(np.float64)
    if "BLANK" in header and stored.dtype.kind != "f":
        pixels[stored.reshape(rows, columns) == _whole(header, "BLANK")] = np.nan
    return _number(header, "BZERO", 0.0) + _number(header, "BSCALE", 1.0) * pixels


def _plain(content: bytes) -> bytes:
    """Decompress a file, but never beyond what a stamp may hold."""
    if not content.startswith(_GZIP):
        if len(content) > LARGEST_BYTES:
            raise StampError(f"larger than {LARGEST_BYTES} bytes")
        return content
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unzip.decompress(content, LARGEST_BYTES)
    except zlib.error as problem:
        raise StampError(f"damaged gzip: {problem}") from problem
    if unzip.eof:
        return plain
    if unzip.unconsumed_tail:
        raise StampError(f"larger than {LARGEST_BYTES} bytes when decompressed")
    raise StampError("truncated gzip")


def _header(file: bytes) -> tuple[dict[str, str], int]:
    """Values of those cards of the first header that are read, and where its data begin."""
    if not file.startswith(b"SIMPLE  ="):
        raise StampError("not a FITS file")
    cards: dict[str, str] = {}
    for number in range(min(_MOST_CARDS, len(file) // _CARD)):
        card = file[number * _CARD : (number + 1) * _CARD]
        if card.startswith(b"END     "):
            return cards, -(-(number + 1) * _CARD // _BLOCK) * _BLOCK
        name = _NAMES.get(card[:8])
        if name and card[8:10] == b"= ":
            cards.setdefault(name, card[10:].decode("ascii", "replace").split("/")[0].strip())
    raise StampError("the header of the FITS file does not end")


def _whole(header: dict[str, str], name: str) -> int:
    try:
        return int(header[name])
    except (KeyError, ValueError):
        raise StampError(f"the FITS header has no number {name}") from None


def _number(header: dict[str, str], name: str, default: float) -> float:
    try:
        value = float(header.get(name, default))
    except ValueError:
        raise StampError(f"{name} of the FITS header is not a number") from None
    if not math.isfinite(value):
        raise StampError(f"{name} of the FITS header is not a number")
    return value
