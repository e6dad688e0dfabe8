"""Which nights an event concerns: alerts within `WINDOW_DAYS` after it may be of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fink_assets.gcn.associate import WINDOW_DAYS

_DAY = timedelta(days=1)
"""A night begins up to a day before its date is over, and ends up to one after."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """When an event was said to be, and when that was received (UTC, aware)."""

    trigger_time: datetime
    received: datetime


def times_of(first: str, last: str) -> tuple[datetime, datetime]:
    """Give the times between which events concern nights, from the first to the last of them."""
    begin, end = (datetime.fromisoformat(night).replace(tzinfo=UTC) for night in (first, last))
    return begin - timedelta(days=WINDOW_DAYS) - _DAY, end + 2 * _DAY


def concerned(nights: Collection[str], events: Iterable[Told]) -> set[str]:
    """Choose the nights (YYYY-MM-DD) that any of some events concerns."""
    times = sorted({event.trigger_time for event in events})
    return {night for night in nights if _any_between(times, *times_of(night, night))}


def _any_between(times: list[datetime], begin: datetime, end: datetime) -> bool:
    from bisect import bisect_left

    first = bisect_left(times, begin)
    return first < len(times) and times[first] <= end
