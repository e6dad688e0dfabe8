"""Which tables come with a query: the parameter UPLOAD of TAP, and the parts of a form.

Addresses are not fetched: a server that fetches what it is told to is one that others use to look
where they cannot. What is in the files is read by `uploaded`, in the process of the query.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from fink_assets.api.errors import RequestError

SCHEMA = "tap_upload"
MOST = 5
"""Tables that come with one query."""
MOST_BYTES = 10_000_000
"""Of them together, as they come."""
MOST_ROWS = 50_000
"""Of each."""
METHOD = "ivo://ivoa.net/std/TAPRegExt#upload-inline"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def named(text: str) -> dict[str, str]:
    """Read UPLOAD, ``mine,param:part;…``: parts of the form by the names of tables.

    Raises
    ------
    RequestError
        It is not of this form, or names an address.
    """
    found: dict[str, str] = {}
    for each in filter(None, (piece.strip() for piece in text.split(";"))):
        name, comma, place = (part.strip() for part in each.partition(","))
        name = name.rpartition(".")[2] if name.lower().startswith(f"{SCHEMA}.") else name
        if not comma or not NAME.fullmatch(name):
            told = "UPLOAD is NAME,param:PART, where NAME is of letters, digits and _"
            raise RequestError(f"{told}.\n")
        if not place.startswith("param:"):
            told = "a table comes as a part of the form, NAME,param:PART; addresses are not fetched"
            raise RequestError(f"UPLOAD: {told}.\n")
        found[name.lower()] = place.removeprefix("param:")
    if len(found) > MOST:
        raise RequestError(f"At most {MOST} tables come with a query.\n")
    return found


def found(text: str, files: Mapping[str, Path]) -> dict[str, Path]:
    """Find the file of each table that UPLOAD names.

    Raises
    ------
    RequestError
        There is no such part.
    """
    known = named(text)
    if missing := [part for part in known.values() if part not in files]:
        raise RequestError(f"UPLOAD: the form has no part {missing[0][:100]}.\n")
    return {name: files[part] for name, part in known.items()}


def parts(text: str) -> Collection[str]:
    """Parts of the form that UPLOAD names; none if it cannot be read."""
    return re.findall(r"param:([^;,\s]+)", text)


def saved(files: Mapping[str, bytes], folder: Path, name: str) -> dict[str, Path]:
    """Write files into a folder, under names that are not those of the request."""
    told = {part: folder / f"{name}.{k}" for k, part in enumerate(files)}
    for part, file in told.items():
        file.write_bytes(files[part])
    return told
