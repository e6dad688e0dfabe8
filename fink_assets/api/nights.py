"""Numbers of nights, read from the table of statistics: shared by both flavours."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql
from fink_assets.api.errors import RequestError
from fink_assets.lake.contracts import STATISTICS

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.api.archive import Archive

Night = dict[str, Any]


def counted(archive: Archive, date: str) -> list[Night]:
    """Numbers of the nights of a year, a month, or of one, oldest first; maps as dicts."""
    there = archive.fields("statistics")  # those of an older version have fewer columns
    columns = {c.name: sql.name(c.name) for c in STATISTICS if c.name in there}
    rows = archive.rows("statistics", columns, where=[_of(date)], order=("night",))
    return [
        {k: dict(v) if isinstance(v, list) else v for k, v in r.items()} for r in rows.to_pylist()
    ]


def number(night: Night, place: str) -> int | None:
    """Take one number of a night: a column, or an entry of a map, 0 where the map has none."""
    column, _, entry = place.partition(".")
    found: int | None = night[column].get(entry, 0) if entry else night[column]
    return found


def listed(night: Night, column: str) -> str | None:
    """Name the entries of a map of a night, in order; None where it has none."""
    return ", ".join(sorted(night.get(column) or ())) or None


def compact(night: str) -> str:
    """Write a night in digits, as the reference does."""
    return night.replace("-", "")


def table(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], *, texts: Collection[str]
) -> pa.Table:
    """Make a table of numbers and, in some columns, text."""
    import pyarrow as pa

    schema = pa.schema([(n, pa.string() if n in texts else pa.int64()) for n in names])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def _is_of_a_calendar(day: str) -> bool:
    try:
        return bool(datetime.fromisoformat(day))
    except ValueError:
        return False


def _of(date: str) -> str:
    if not re.fullmatch(r"(\d{4}(\d{2}(\d{2})?)?)?", date, re.ASCII):
        raise RequestError("`date` must be YYYYMMDD, YYYYMM, YYYY, or empty.\n")
    parts = [p for p in (date[:4], date[4:6], date[6:]) if p]
    if parts and not _is_of_a_calendar("-".join([*parts, "01", "01"][:3])):
        raise RequestError(f"`date`: there is no {date}.\n")
    return f"night like {sql.text(sql.likes('-'.join(parts)))}"
