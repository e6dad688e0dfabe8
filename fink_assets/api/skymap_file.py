"""A map of the sky as clients post it: the text of Python's bytes, base64, or a file.

Fink's clients post ``str(content)``. That text is read as the literal that it is, never evaluated.
"""

from __future__ import annotations

import ast
import base64
import binascii
import re

from fink_assets.api.errors import RequestError

LITERAL = re.compile(r"""b'(?:[^'\\]++|\\.)*+'|b"(?:[^"\\]++|\\.)*+\"""", re.DOTALL)
"""One literal of bytes, and nothing beside it."""
NO_MAP = "`bayestar` is neither the text of bytes (b'...') nor base64.\n"


def content(given: str | bytes) -> bytes:
    """Read the content of the file.

    Raises
    ------
    RequestError
        It is none of the three.
    """
    if isinstance(given, bytes):
        return given
    text = given.strip()
    if text[:2] in ("b'", 'b"'):
        return _of_literal(text)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(NO_MAP) from None


def _of_literal(text: str) -> bytes:
    if not text.isascii() or not LITERAL.fullmatch(text):
        raise RequestError(NO_MAP)
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        raise RequestError(NO_MAP) from None
    if not isinstance(read, bytes):
        raise RequestError(NO_MAP)
    return read
