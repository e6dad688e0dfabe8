"""Write small FITS files: images of real numbers, some hundred times a second and more.

The standard (FITS 4.0, sections 3 and 4) as far as stamps need it; tests read them with astropy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Image = tuple[Mapping[str, float | str], np.ndarray]

CARD = 80
"""Bytes of a line of a header."""

_BLOCK = 2880


def fits_file(images: Sequence[Image]) -> bytes:
    """File of images, each with the cards of its header; all but the first are extensions.

    Numbers are written as wide as they are: of four bytes or of eight.
    """
    parts = [_unit(cards, image, first=not place) for place, (cards, image) in enumerate(images)]
    return b"".join(parts)


def card(name: str, value: float | str) -> bytes:
    """Line of a header; its length does not depend on the value."""
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, int):
        text = f"{value:20d}"
    elif isinstance(value, float):
        text = f"{value:20.12f}"
    else:
        text = f"'{value:8}'"
    return f"{name:8}= {text}".ljust(CARD).encode()


def _unit(cards: Mapping[str, float | str], image: np.ndarray, *, first: bool) -> bytes:
    rows, columns = image.shape
    start: dict[str, float | str] = {"SIMPLE": True} if first else {"XTENSION": "IMAGE"}
    size = {"BITPIX": -8 * image.itemsize, "NAXIS": 2, "NAXIS1": columns, "NAXIS2": rows}
    more = {} if first else {"PCOUNT": 0, "GCOUNT": 1}
    header = b"".join(card(*each) for each in (start | size | more | dict(cards)).items())
    header = _padded(header + b"END".ljust(CARD), b" ")
    return header + _padded(image.astype(f">f{image.itemsize}").tobytes(), b"\x00")


def _padded(content: bytes, filling: bytes) -> bytes:
    return content + filling * (-len(content) % _BLOCK)
