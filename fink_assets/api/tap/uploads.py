"""Which tables come with a query: the parameter UPLOAD of TAP, and the parts of a form.

Addresses are fetched by `fetch`, as far as `hosts` lets it, and what is in the tables is read by
`uploaded`: both in the process of the query.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import hosts

SCHEMA = "tap_upload"
MOST = 5
"""Tables that come with one query."""
MOST_BYTES = 10_000_000
"""Of them together, as they come."""
MOST_ROWS = 50_000
"""Of each."""
INLINE = "ivo://ivoa.net/std/TAPRegExt#upload-inline"
PART = "param:"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def named(text: str) -> dict[str, str]:
    """Read UPLOAD, ``mine,param:part;other,https://host/path``: places by the names of tables.

    Raises
    ------
    RequestError
        It is not of this form.
    """
    found: dict[str, str] = {}
    for each in filter(None, (piece.strip() for piece in text.split(";"))):
        name, comma, place = (part.strip() for part in each.partition(","))
        name = name.rpartition(".")[2] if name.lower().startswith(f"{SCHEMA}.") else name
        if not comma or not NAME.fullmatch(name):
            told = "NAME is of letters, digits and _, and a ; in an address is %3B"
            raise RequestError(f"UPLOAD is NAME,param:PART or NAME,ADDRESS, where {told}.\n")
        found[name.lower()] = place
    if len(found) > MOST:
        raise RequestError(f"At most {MOST} tables come with a query.\n")
    return found


def found(text: str, files: Mapping[str, Path]) -> dict[str, Path]:
    """Find the file of each table that UPLOAD names as a part of the form.

    Raises
    ------
    RequestError
        There is no such part.
    """
    known = {
        name: place.removeprefix(PART)
        for name, place in named(text).items()
        if place.startswith(PART)
    }
    if missing := [part for part in known.values() if part not in files]:
        raise RequestError(f"UPLOAD: the form has no part {missing[0][:100]}.\n")
    return {name: files[part] for name, part in known.items()}


def addresses(text: str, reach: hosts.Reach) -> dict[str, str]:
    """Find the address of each table that UPLOAD names by one; nobody is asked yet.

    Raises
    ------
    RequestError
        It is none that is fetched, or none is.
    """
    found = {name: place for name, place in named(text).items() if not place.startswith(PART)}
    if found and not reach.on:
        told = "a table comes as a part of the form, NAME,param:PART; addresses are not fetched"
        raise RequestError(f"UPLOAD: {told} by this server.\n")
    for name, address in found.items():
        try:
            hosts.target(address)
        except hosts.FetchError as problem:
            raise RequestError(f"UPLOAD: {name} cannot be fetched: {problem}.\n") from None
    return found


def methods(reach: hosts.Reach) -> tuple[str, ...]:
    """How tables may come, in the words of TAPRegExt."""
    return (INLINE, *(hosts.METHODS.values() if reach.on else ()))


def parts(text: str) -> Collection[str]:
    """Parts of the form that UPLOAD names; none if it cannot be read."""
    return re.findall(rf"(?:^|;)[^,;]*,\s*{PART}([^;,\s]+)", text)


def saved(files: Mapping[str, bytes], folder: Path, name: str) -> dict[str, Path]:
    """Write files into a folder, under names that are not those of the request."""
    told = {part: folder / f"{name}.{k}" for k, part in enumerate(files)}
    for part, file in told.items():
        file.write_bytes(files[part])
    return told
