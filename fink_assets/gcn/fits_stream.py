"""A FITS file read from its beginning, as far as it is needed: gzip or not, in bounded memory.

How much a compressed file unfolds to is never taken on trust: it is read piece by piece, and no
further than its own headers say.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fink_assets.gcn.notice import NoticeError

Values = Mapping[str, Any]
BLOCK, CARD = 2880, 80
"""Bytes of a block of FITS, and of a line of a header."""
MOST_BLOCKS = 200
"""Blocks of one header: LVK's have three."""
PIECE = 1 << 20
GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
"""What tells zlib to expect the header of gzip."""


@dataclass(kw_only=True)
class FitsStream:
    """Content of a file, from its beginning on.

    Parameters
    ----------
    content : bytes
        The file, compressed by gzip or not.
    """

    content: bytes
    _waiting: bytes = b""
    _pieces: Iterator[bytes] = field(init=False)

    def __post_init__(self) -> None:
        zipped = self.content.startswith(GZIP)
        self._pieces = unzipped(self.content) if zipped else _in_pieces(self.content)

    def take(self, number: int) -> bytes:
        """Read so many bytes.

        Raises
        ------
        NoticeError
            There are fewer.
        """
        parts, there = [self._waiting], len(self._waiting)
        while there < number:
            piece = next(self._pieces, b"")
            if not piece:
                raise NoticeError("the map is cut short")
            parts.append(piece)
            there += len(piece)
        both = parts[0] if len(parts) == 1 else b"".join(parts)
        self._waiting = both[number:]
        return both[:number]

    def header(self) -> tuple[Values, bytes]:
        """Read the header that begins here: its values, and itself.

        Raises
        ------
        NoticeError
            There is none, it does not end, or it is broken.
        """
        blocks = b""
        for _ in range(MOST_BLOCKS):
            blocks += self.take(BLOCK)
            last = blocks[-BLOCK:]
            if any(last[at : at + CARD].rstrip() == b"END" for at in range(0, BLOCK, CARD)):
                return _values(blocks), blocks
        raise NoticeError("a header of the map does not end")


def _values(blocks: bytes) -> Values:
    from astropy.io.fits import Header

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters of a card is checked where it is used
            header = Header.fromstring(blocks.decode("ascii"))
            return {card.keyword: card.value for card in header.cards}
    except Exception as problem:  # astropy raises whatever a broken card makes it stumble over
        raise NoticeError(f"a header of the map is broken: {str(problem)[:100]}") from problem


def _in_pieces(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), PIECE):
        yield content[at : at + PIECE]


def unzipped(content: bytes) -> Iterator[bytes]:
    """Unfold gzip, a piece of at most `PIECE` bytes at a time; what follows its end is ignored.

    Raises
    ------
    NoticeError
        It is broken or cut short.
    """
    unzip = zlib.decompressobj(_GZIP_WINDOW)
    waiting = memoryview(content)
    try:
        piece = unzip.decompress(waiting[:PIECE], PIECE)
        waiting = waiting[PIECE:]
        while piece or waiting or unzip.unconsumed_tail:
            if piece:
                yield piece
            if unzip.eof:
                return
            more = unzip.unconsumed_tail
            if not more:
                more, waiting = bytes(waiting[:PIECE]), waiting[PIECE:]
            piece = unzip.decompress(more, PIECE)
            if not (piece or more):
                break
    except zlib.error as problem:
        raise NoticeError(f"the map cannot be unfolded: {problem}") from problem
    raise NoticeError("the map is cut short")
