"""A catalogue that a client sends as the text of CSV: places, names and maybe times.

Pure functions.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, cone
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 10_000
"""Sources of one catalogue."""
WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]*)?(e[+-]?[0-9]+)?", re.IGNORECASE)
"""Without zeros in front, which make a number a name."""


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Sources, in their order.

    Parameters
    ----------
    ra, dec : sequence of float
        Places, ICRS, degrees.
    times : sequence of datetime or None
        UTC; None where the catalogue has none.
    given : mapping of str to pyarrow.Array
        The columns that the header names: numbers where each is written as one, else text.
    """

    ra: Sequence[float]
    dec: Sequence[float]
    times: Sequence[datetime | None]
    given: Mapping[str, pa.Array]


def header(value: Any) -> tuple[str, ...]:
    """Read which columns of a catalogue are right ascension, declination, name, and maybe time."""
    names = tuple(part.strip() for part in str(value).split(","))
    if len(names) not in (3, 4) or "" in names or len(set(names)) < len(names):
        raise ValueError("must name three or four columns, as RA,Dec,ID or RA,Dec,ID,Time")
    return names


def read(text: str, names: Sequence[str]) -> Catalogue:
    """Read a catalogue.

    Raises
    ------
    RequestError
        A column is missing, or a value cannot be read, or there are too many sources.
    """
    try:
        lines = csv.reader(io.StringIO(text), strict=True, skipinitialspace=True)
        first = [cell.strip() for cell in next(lines, [])]
        rows = [line for _, line in zip(range(MOST + 1), filter(None, lines), strict=False)]
    except csv.Error as problem:
        raise RequestError(f"The catalogue is not CSV: {problem}.\n") from None
    if missing := [name for name in names if name not in first]:
        raise RequestError(f"The catalogue has no column {missing[0]}.\n")
    if len(rows) > MOST:
        raise RequestError(f"A catalogue has at most {MOST} sources.\n")
    at = [first.index(name) for name in names]
    if short := [k for k, row in enumerate(rows, 1) if len(row) <= max(at)]:
        raise RequestError(f"Source {short[0]} of the catalogue is cut short.\n")
    given = {name: [row[k].strip() for row in rows] for name, k in zip(names, at, strict=True)}
    ra, dec, _, *times = given.values()
    places = [_place(k, *place) for k, place in enumerate(zip(ra, dec, strict=True), 1)]
    return Catalogue(
        ra=[place[0] for place in places],
        dec=[place[1] for place in places],
        times=[_time(k, t) for k, t in enumerate(times[0], 1)] if times else [None] * len(rows),
        given={name: _typed(values) for name, values in given.items()},
    )


def _place(number: int, ra: str, dec: str) -> tuple[float, float]:
    try:
        place = float(ra), float(dec)
    except ValueError:
        try:
            place = cone.position(ra, dec)
        except RequestError:
            told = f"The place of source {number} of the catalogue cannot be read.\n"
            raise RequestError(told) from None
    if not (math.isfinite(place[0]) and -90 <= place[1] <= 90):
        raise RequestError(f"The place of source {number} of the catalogue is not on the sky.\n")
    return place[0] % 360, place[1]


def _time(number: int, written: str) -> datetime:
    try:
        return arguments.moment(written)
    except (ValueError, OverflowError):
        told = f"The time of source {number} of the catalogue cannot be read.\n"
        raise RequestError(told) from None


def _typed(values: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    for pattern, kind, read_ in ((WHOLE, pa.int64(), int), (NUMBER, pa.float64(), float)):
        if all(pattern.fullmatch(value) for value in values):
            return pa.array([read_(value) for value in values], kind)
    return pa.array(values, pa.string())
