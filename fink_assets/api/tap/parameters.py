"""Parameters of TAP and UWS, of an address or a form: names are in any case of letters.

All but `given` takes them by their names in upper case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fink_assets.api import form
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import body
from fink_assets.api.tap.runner import FORMATS, NAMES, Asked

if TYPE_CHECKING:
    from starlette.requests import Request

ROWS, MOST_ROWS = 10_000, 100_000
"""Rows of a result, unless more are asked for, and at all."""
BODY_BYTES = 200_000


def asked(told: Mapping[str, str]) -> Asked:
    """Read the parameters of a query.

    Raises
    ------
    RequestError
        One is missing, or not known.
    """
    if told.get("REQUEST", "doQuery").lower() != "doquery":
        raise RequestError("REQUEST is doQuery.\n")
    if told.get("LANG", "ADQL").upper().split("-")[0] != "ADQL":
        raise RequestError("LANG is ADQL.\n")
    if told.get("UPLOAD"):
        raise RequestError("Tables cannot be uploaded; /api/v1/xmatch takes catalogues.\n")
    if not told.get("QUERY", "").strip():
        raise RequestError("QUERY is missing.\n")
    wanted = (told.get("RESPONSEFORMAT") or told.get("FORMAT") or "votable").strip().lower()
    if wanted not in NAMES:
        raise RequestError(f"RESPONSEFORMAT is one of {', '.join(FORMATS)}.\n")
    return Asked(query=told["QUERY"], most_rows=_rows(told), format=NAMES[wanted])


def _rows(told: Mapping[str, str]) -> int:
    text = told.get("MAXREC", "").strip() or str(ROWS)
    if not (text.isascii() and text.isdigit()):
        raise RequestError("MAXREC is a whole number.\n")
    return min(int(text[:9]), MOST_ROWS)


def phase(given: Mapping[str, str]) -> str:
    """Read what is to become of a job."""
    return given.get("PHASE", "").upper()


async def given(request: Request) -> dict[str, str]:
    """Read parameters, of the address and of a form; give their names in upper case.

    Raises
    ------
    RequestError
        The body is too large, or no form.
    """
    content = await body(request, BODY_BYTES)
    kind = request.headers.get("content-type", "")
    if form.is_form(kind):
        told = [(k, v) for k, v in form.parts(content, kind).items() if isinstance(v, str)]
    else:
        try:
            told = parse_qsl(content.decode(), max_num_fields=100)
        except ValueError:
            raise RequestError("The body is no form.\n") from None
    return {name.upper(): value for name, value in (*request.query_params.items(), *told)}
