"""Tables that are asked for by month: as they stood when it ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fink_assets.api.arguments import Argument, flag, text
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

FIRST = "2023.07"


def version(value: Any) -> str:
    """Read a month, ``YYYY.MM``."""
    written = text(value)
    if isinstance(value, float) and re.fullmatch(r"\d{4}\.\d", written):
        written += "0"  # the month 10 as a number of JSON
    if not re.fullmatch(r"\d{4}\.(0[1-9]|1[0-2])", written, re.ASCII):
        raise RequestError("version needs to be YYYY.MM\n")
    if written < FIRST:
        raise RequestError(f"version starts on {FIRST}\n")
    if written > named(datetime.now(UTC)):
        raise RequestError(f"version {written} is not over yet\n")
    return written


VERSION = Argument(name="version", read=version, doc="Month, YYYY.MM; default: now")
SCHEMA = Argument(name="schema", read=flag, default=False, type="boolean", doc="Columns only")


def written(doc: str) -> Argument:
    """Make the argument that says how a table is written: as Parquet, unless others are asked."""
    return Argument(name="output-format", read=text, default="parquet", doc=doc)


def named(moment: datetime) -> str:
    """Name the month of a time."""
    return f"{moment.year:04d}.{moment.month:02d}"


def as_it_was(archive: Archive, month: str | None, noun: str) -> tuple[Archive, str]:
    """Show the archive as it stood at the end of a month, and name the month that it shows.

    Raises
    ------
    RequestError
        There was no such table yet, or it is not kept any more.
    """
    now = archive.as_of or datetime.now(UTC)
    if month is None or month == named(now):
        return archive, named(now)
    year, number = map(int, month.split("."))
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    then = archive.at(end)
    if not then.there(noun):
        raise RequestError(f"There is no table of {month}: it began later.\n")
    return then, month
