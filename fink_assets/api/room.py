"""Room in memory for the few requests, and answers, that are large."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fink_assets.api.limits import BusyError, Limits, Pace


@dataclass(kw_only=True)
class Room:
    """Counts the large requests and answers that are in memory.

    Parameters
    ----------
    limits : Limits
        How many there may be, and the time of a query.
    """

    limits: Limits
    _since: list[float] = field(default_factory=list, repr=False)
    _pace: Pace = field(default_factory=Pace, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold room for a request, which has the time of a query to arrive.

        Raises
        ------
        BusyError
            There is none, or it takes too long.
        """
        import anyio

        self.hold()
        try:
            with anyio.fail_after(2 * self.limits.seconds):
                yield
        except TimeoutError:
            told = "The request took too long to arrive and to be answered.\n"
            raise BusyError(told, 504, after=self.limits.seconds) from None
        finally:
            self.release()

    def hold(self) -> None:
        """Take room.

        Raises
        ------
        BusyError
            There is none.
        """
        with self._lock:
            if len(self._since) >= self.limits.large_at_once:
                told = "Too many large requests at once: try again later.\n"
                raise BusyError(told, 503, after=self._seconds_of_waiting())
            self._since.append(time.monotonic())

    def release(self) -> None:
        """Give it back."""
        with self._lock:
            self._pace.took(time.monotonic() - self._since.pop(0))

    def _seconds_of_waiting(self) -> float:
        """Seconds until the first of those inside is out, if it takes as long as others."""
        begun = min(self._since, default=0.0)
        left = begun + self._pace.seconds - time.monotonic()
        return min(max(left, 1.0), self.limits.seconds)
