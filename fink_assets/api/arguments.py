"""Arguments of an endpoint: declared as data, read from text or JSON, typed or refused.

Pure functions. Fetching them from a request belongs to `server`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from fink_assets.api.errors import RequestError
from fink_assets.astro.time import LAST_MJD, UNIX_EPOCH_JD, UNIX_EPOCH_MJD, time_of_jd

MOST_ROWS = 10_000
"""Rows of one answer; the limit that the reference's database sets to a client."""
MOST_NAMES = 100
"""Objects that one request may name."""
LONGEST = 10_000
"""Characters of one argument, unless it says otherwise."""
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Argument:
    """An argument as it is documented and read.

    Parameters
    ----------
    name : str
        Its name, with the spelling of the reference.
    read : callable
        Gives the typed value of a text, number or boolean; raises `ValueError`.
    doc : str
        What it means.
    required : bool
        Whether the endpoint refuses a request without it, or with nothing in it.
    blank : bool
        Whether nothing in it has a meaning.
    default : object
        Value of a request without it.
    type : str
        Type as OpenAPI has it.
    longest : int
        Characters of a text that it may have.
    file : bool
        Whether it may be sent as a file, whose content is then read as bytes.
    """

    name: str
    read: Callable[[Any], Any]
    doc: str
    required: bool = False
    blank: bool = False
    default: Any = None
    type: str = "string"
    longest: int = LONGEST
    file: bool = False


def typed(arguments: Sequence[Argument], given: Mapping[str, Any]) -> dict[str, Any]:
    """Read what was given; unknown names are ignored, as the reference does.

    Raises
    ------
    RequestError
        A required one is missing, or a value cannot be read.
    """
    values: dict[str, Any] = {}
    for argument in arguments:
        value = given.get(argument.name)
        empty = isinstance(value, str) and not value.strip() and not argument.blank
        if value is None or (argument.required and empty):
            if argument.required:
                raise missing(argument.name)
            values[argument.name] = argument.default
            continue
        values[argument.name] = _value(argument, value)
    return values


def missing(name: str) -> RequestError:
    """Say that a request lacks an argument, and which page lists all of them."""
    return RequestError(f"A value for `{name}` is required. See / for all arguments.\n")


def _value(argument: Argument, value: Any) -> Any:
    if isinstance(value, bytes) and argument.file:
        return value
    if not isinstance(value, str | int | float | bool):
        raise RequestError(f"`{argument.name}` must be a text, a number or a boolean.\n")
    if isinstance(value, str) and (len(value) > argument.longest or not _is_clean(value)):
        raise RequestError(f"`{argument.name}` is too long or holds characters of control.\n")
    try:
        return argument.read(value)
    except RequestError:
        raise
    except (ValueError, OverflowError) as problem:
        raise RequestError(f"`{argument.name}`: {problem}\n") from None


def _is_clean(value: str) -> bool:
    return "\0" not in value and (value.isascii() or not SURROGATE.search(value))


def text(value: Any) -> str:
    """Read a text without the blanks around it."""
    return str(value).strip()


def names(value: Any) -> tuple[str, ...]:
    """Read a comma-separated list without blanks; each name once."""
    found = tuple(dict.fromkeys(part.strip() for part in str(value).split(",") if part.strip()))
    if len(found) > MOST_NAMES:
        raise ValueError(f"more than {MOST_NAMES} names")
    return found


def columns(value: Any) -> tuple[str, ...]:
    """Read the columns asked for; none means all."""
    found = tuple(dict.fromkeys(c for c in str(value).replace(" ", "").split(",") if c))
    return () if "*" in found else found


def flag(value: Any) -> bool:
    """Read a boolean, or its text with a capital letter as Python writes it; nothing is false."""
    written = str(value).strip().lower()
    if written not in ("true", "false", ""):
        raise ValueError(f"{_quoted(value)} is neither true nor false")
    return written == "true"


def switch(name: str, doc: str) -> Argument:
    """Argument that is true or, unless it is given, false."""
    return Argument(name=name, read=flag, default=False, type="boolean", doc=doc)


def finite(value: Any) -> float:
    """Read a finite number."""
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{_quoted(value)} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a finite number")
    return number


def whole(value: Any) -> int:
    """Read a whole number of 64 bits."""
    refused = ValueError(f"{_quoted(value)} is not a whole number")
    try:
        number = int(value.strip()) if isinstance(value, str) else int(value)
    except (ValueError, OverflowError):
        raise refused from None
    fraction = isinstance(value, float) and number != value
    if isinstance(value, bool) or fraction or not -(2**63) <= number < 2**63:
        raise refused
    return number


def rows(value: Any) -> int:
    """Read a number of rows."""
    number = whole(value)
    if not 1 <= number <= MOST_ROWS:
        raise ValueError(f"must be from 1 to {MOST_ROWS}")
    return number


def one_of(*choices: str) -> Callable[[Any], str]:
    """Read one of some words."""

    def read(value: Any) -> str:
        found = text(value)
        if found not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return found

    return read


def moment(value: Any) -> datetime:
    """Read a date: ISO 8601 (UTC unless it says otherwise), JD or MJD (UTC, days)."""
    written = text(value)
    try:
        number = float(written)
    except ValueError:
        return _iso(written)
    return time_of_days(number)


def time_of_days(number: float) -> datetime:
    """Convert a JD or an MJD (UTC), told apart by their size."""
    days = number + UNIX_EPOCH_JD - UNIX_EPOCH_MJD if number <= LAST_MJD else number
    last = LAST_MJD + UNIX_EPOCH_JD - UNIX_EPOCH_MJD
    if not UNIX_EPOCH_JD <= days <= last:
        raise ValueError(f"{number} is no date from 1970 to 2100")
    return time_of_jd(days)


def _iso(written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{_quoted(written)} is no date: ISO 8601, JD or MJD") from None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    if not 1970 <= found.year < 2100:
        raise ValueError(f"{written} is no date from 1970 to 2100")
    return found.astimezone(UTC)


def _quoted(value: Any) -> str:
    """Write a value as it was given, its beginning if it is long."""
    written = str(value)
    return f"`{written if len(written) <= 40 else written[:40] + '...'}`"


def as_of(value: Any) -> datetime | int:
    """Read a past state: a version of the table `alerts`, or a date."""
    written = text(value)
    return int(written) if written.isdecimal() and len(written) < 7 else moment(written)


def shown(default: Any) -> Any:
    """Write a default as a client would give it; None where nothing is like giving nothing."""
    if isinstance(default, datetime):
        return default.date().isoformat() if default.time() == time(0) else default.isoformat()
    return default if isinstance(default, bool | int | float) else default or None


FORMAT = Argument(
    name="output-format", read=text, default="json", doc="json, csv, votable, parquet"
)
COMMON = (
    Argument(name="as_of", read=as_of, doc="State of the archive: a time (UTC) or a version"),
    Argument(
        name="id-format",
        read=one_of("number", "string"),
        default="number",
        doc="string: whole numbers of 64 bits as text, for readers that would round them",
    ),
)
COLUMNS = Argument(
    name="columns", read=columns, default=(), doc="Comma-separated columns; default: all"
)
