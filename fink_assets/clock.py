"""What time it is, for all that is made with a clock of its own in tests."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the time now, with its zone."""


def utc_now() -> datetime:
    """Give the time of this machine, UTC."""
    return datetime.now(UTC)
