"""Values of a notice, each checked: what is missing or absurd is an error that names it."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from fink_assets.gcn.notice import NoticeError

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
LONGEST_NAME = 200


def moment(value: Any, name: str) -> datetime:
    """Read a time of ISO 8601, UTC unless it says otherwise.

    A leap second itself, which no datetime can name, is an error.
    """
    try:
        read = datetime.fromisoformat(str(value).strip())
        found = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise NoticeError(f"{name} is no time: {str(value)[:40]!r}") from problem
    if not EARLIEST <= found < LATEST:
        raise NoticeError(f"{name} is not in this age: {found.isoformat()}")
    return found


def number(value: Any, name: str, low: float, high: float) -> float:
    """Read a number between bounds."""
    try:
        found = float(value)
    except (TypeError, ValueError) as problem:
        raise NoticeError(f"{name} is no number: {str(value)[:40]!r}") from problem
    if not (math.isfinite(found) and low <= found <= high):
        raise NoticeError(f"{name} is not within {low:g} and {high:g}: {found!r}")
    return found


def text(value: Any, name: str) -> str:
    """Read a name, which may not be empty or endless."""
    if not isinstance(value, str) or not value.strip():
        raise NoticeError(f"{name} is missing")
    if len(value) > LONGEST_NAME or not value.isprintable():
        raise NoticeError(f"{name} is no name: {value[:40]!r}")
    return value.strip()
