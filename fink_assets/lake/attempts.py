"""Writes that others may cross are done again, those of Spark and those of delta-rs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

logger = logging.getLogger(__name__)

ATTEMPTS = 10
CONFLICT = re.compile(r"DELTA_CONCURRENT_(APPEND|DELETE_READ|DELETE_DELETE|TRANSACTION)")


def insist(write: Callable[[], None]) -> None:
    """Repeat a write that lost against a concurrent one; what it reads, it reads anew.

    Delta refuses the later of two commits to the same nights even where their rows differ, as those
    of a backfill and of the live stream do.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return write()
        except Exception as problem:  # Spark Connect knows Delta's errors by their text only
            if not CONFLICT.search(str(problem)) or attempt == ATTEMPTS:
                raise
            logger.info("a concurrent write came first, attempt %d of %d", attempt, ATTEMPTS)


def retried(write: Callable[[], None]) -> None:
    """Repeat a write of delta-rs that failed; what it reads, it reads anew.

    It is refused for what others wrote meanwhile, be it that they made the table.
    """
    from deltalake.exceptions import DeltaError

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return write()
        except DeltaError:
            if attempt == ATTEMPTS:
                raise
