"""Values and names as DataFusion reads them.

Pure functions. Whatever comes from a request enters a query through these or not at all: values are
of a known type, names are of columns that exist.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime


def text(value: str) -> str:
    """Write a string literal.

    Raises
    ------
    ValueError
        It holds a character that no name or identifier has (NUL, a lone surrogate).
    """
    if "\0" in value:
        raise ValueError("a text with the character NUL")
    value.encode()  # a lone surrogate raises UnicodeEncodeError, a ValueError
    return "'" + value.replace("'", "''") + "'"


def number(value: float) -> str:
    """Write a number, which must be finite."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    return repr(int(value)) if isinstance(value, int) else f"cast('{float(value)!r}' as double)"


def moment(value: datetime) -> str:
    """Write a timestamp, to the microsecond."""
    return f"timestamp '{value.astimezone(UTC).isoformat(timespec='microseconds')}'"


def name(identifier: str) -> str:
    """Quote a name, so that its case counts and nothing in it is syntax."""
    return '"' + identifier.replace('"', '""') + '"'


def field(path: str, table: str = "") -> str:
    """Write a column or a field of a struct by its dotted path, ``candidate.jd``."""
    column, *inside = path.split(".")
    start = f"{table}.{name(column)}" if table else name(column)
    return start + "".join(f"[{text(step)}]" for step in inside)


def among(expression: str, values: Iterable[str]) -> str:
    """Condition that an expression is one of some texts; false for none."""
    chosen = ", ".join(text(value) for value in values)
    return f"{expression} in ({chosen})" if chosen else "false"


def numbered(expression: str, values: Iterable[int]) -> str:
    """Condition that an expression is one of some whole numbers; false for none."""
    chosen = ", ".join(str(int(value)) for value in values)
    return f"{expression} in ({chosen})" if chosen else "false"


def likes(prefix: str) -> str:
    """Write the prefix of a text as the pattern of ``like``, escaped by a backslash."""
    return prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
