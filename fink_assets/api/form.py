"""A body of several parts (RFC 7578), as browsers and ``requests.post(files=...)`` send files."""

from __future__ import annotations

from email.message import Message
from typing import Any

from fink_assets.api.errors import RequestError

MEDIA = "multipart/form-data"
MOST_PARTS = 50
BROKEN = "The parts of the body cannot be told apart.\n"


def is_form(content_type: str) -> bool:
    """Tell whether a body says that it has several parts."""
    return content_type.strip().lower().startswith(MEDIA)


def parts(body: bytes, content_type: str) -> dict[str, Any]:
    """Read the parts by name, of two of one name the last; see `listed`."""
    return dict(listed(body, content_type))


def listed(body: bytes, content_type: str) -> list[tuple[str, Any]]:
    """Read the parts: names, and files as bytes, others as text.

    Raises
    ------
    RequestError
        It is no such body.
    """
    boundary = _header("content-type", content_type).get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise RequestError(BROKEN)
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(), MOST_PARTS + 1)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise RequestError(BROKEN)
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> tuple[str, Any]:
    head, ended, content = piece.partition(b"\r\n\r\n")
    disposition = ""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            disposition = value.strip()
    told = _header("content-disposition", disposition)
    called = told.get_param("name", header="content-disposition")
    if not ended or not isinstance(called, str):
        raise RequestError(BROKEN)
    if told.get_param("filename", header="content-disposition") is not None:
        return called, content
    try:
        return called, content.decode()
    except UnicodeDecodeError:
        raise RequestError(f"`{called[:40]!r}` is no text.\n") from None


def _header(name: str, value: str) -> Message:
    message = Message()
    message[name] = value.replace("\r", " ").replace("\n", " ")
    return message
