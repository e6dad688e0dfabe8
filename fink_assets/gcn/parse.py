"""Read a notice, whichever kind it is."""

from __future__ import annotations

from fink_assets.gcn import lvk, voevent
from fink_assets.gcn.notice import Notice, NoticeError


def parse(message: bytes) -> Notice:
    """Read a VOEvent or a JSON of LVK, told apart by their first character.

    Raises
    ------
    NoticeError
        It is neither, or a broken one.
    """
    begin = message[:1000].removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begin == b"<":
        return voevent.read(message)
    if begin == b"{":
        return lvk.read(message)
    raise NoticeError("the message is neither XML nor JSON" if message else "the message is empty")
