"""Parameters of TAP and UWS, of an address or a form: names are in any case of letters.

All but `given` take them by their names in upper case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fink_assets.api import form
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import body
from fink_assets.api.tap import uploads
from fink_assets.api.tap.hosts import Reach
from fink_assets.api.tap.runner import FORMATS, NAMES, Asked

if TYPE_CHECKING:
    from starlette.requests import Request

    from fink_assets.api.room import Room

ROWS, MOST_ROWS = 10_000, 100_000
"""Rows of a result, unless more are asked for, and at all."""
BODY_BYTES = 200_000
"""Of a body without the tables that come with it."""
REAL = (
    "QUERY",
    "LANG",
    "REQUEST",
    "UPLOAD",
    "MAXREC",
    "FORMAT",
    "RESPONSEFORMAT",
    "RUNID",
    "PHASE",
)
"""What no table is."""


def asked(told: Mapping[str, str], files: Mapping[str, Path], reach: Reach) -> Asked:
    """Read the parameters of a query, and find the tables that come with it.

    Raises
    ------
    RequestError
        One is missing, or not known.
    """
    if told.get("REQUEST", "doQuery").lower() != "doquery":
        raise RequestError("REQUEST is doQuery.\n")
    if told.get("LANG", "ADQL").upper().split("-")[0] != "ADQL":
        raise RequestError("LANG is ADQL.\n")
    if not told.get("QUERY", "").strip():
        raise RequestError("QUERY is missing.\n")
    wanted = (told.get("RESPONSEFORMAT") or told.get("FORMAT") or "votable").strip().lower()
    if wanted not in NAMES:
        raise RequestError(f"RESPONSEFORMAT is one of {', '.join(FORMATS)}.\n")
    return Asked(
        query=told["QUERY"],
        most_rows=_rows(told),
        format=NAMES[wanted],
        uploads=uploads.found(told.get("UPLOAD", ""), files),
        addresses=uploads.addresses(told.get("UPLOAD", ""), reach),
    )


def _rows(told: Mapping[str, str]) -> int:
    text = told.get("MAXREC", "").strip() or str(ROWS)
    if not (text.isascii() and text.isdigit()):
        raise RequestError("MAXREC is a whole number.\n")
    return min(int(text[:9]), MOST_ROWS)


def phase(given: Mapping[str, str]) -> str:
    """Read what is to become of a job; how long it may take and is kept is the same for all.

    Raises
    ------
    RequestError
        It cannot become that, or a time is none.
    """
    found = given.get("PHASE", "").strip().upper()
    if found not in ("", "RUN", "ABORT"):
        raise RequestError("PHASE is RUN or ABORT.\n")
    if given.get("ACTION", "DELETE").strip().upper() != "DELETE":
        raise RequestError("ACTION is DELETE.\n")
    if not given.get("EXECUTIONDURATION", "0").strip().isdecimal():
        raise RequestError("EXECUTIONDURATION is a whole number of seconds.\n")
    try:
        datetime.fromisoformat(given.get("DESTRUCTION", "2000-01-01").strip())
    except ValueError:
        raise RequestError("DESTRUCTION is a time in ISO 8601.\n") from None
    return found


@dataclass(frozen=True, kw_only=True)
class Given:
    """Parameters of a request by names in upper case, and the files that UPLOAD names."""

    told: dict[str, str]
    files: dict[str, bytes]


async def given(request: Request, room: Room) -> Given:
    """Read parameters, of the address and of a form. Of those of one name the last counts.

    UPLOAD is told as often as there are tables, and may be added to. A form with files is large,
    and is read while there is room.

    Raises
    ------
    RequestError
        The body is too large, or no form.
    BusyError
        There is no room.
    """
    kind = request.headers.get("content-type", "")
    if not form.is_form(kind):
        try:
            sent = (await body(request, BODY_BYTES)).decode()
            return _given([*request.query_params.items(), *parse_qsl(sent, max_num_fields=100)])
        except ValueError as problem:
            if isinstance(problem, RequestError):
                raise
            raise RequestError("The body is no form.\n") from None
    async with room.held():
        content = await body(request, uploads.MOST_BYTES + BODY_BYTES)
    return _given([*request.query_params.items(), *form.listed(content, kind)])


def _given(pairs: Sequence[tuple[str, Any]]) -> Given:
    texts = [(name.upper(), value) for name, value in pairs if isinstance(value, str)]
    told = dict(texts)
    if many := [value for name, value in texts if name == "UPLOAD" and value.strip()]:
        told["UPLOAD"] = ";".join(many)
    wanted = set(uploads.parts(told.get("UPLOAD", "")))
    files = {
        name: value.encode() if isinstance(value, str) else value
        for name, value in pairs
        if name in wanted
    }
    for name in wanted - set(REAL):
        told.pop(name.upper(), None)
    if sum(len(value) for value in told.values()) > BODY_BYTES:
        raise RequestError(f"Parameters have at most {BODY_BYTES} characters.\n", 413)
    if sum(map(len, files.values())) > uploads.MOST_BYTES:
        raise RequestError(f"Uploaded tables have at most {uploads.MOST_BYTES} bytes.\n", 413)
    return Given(told=told, files=files)
