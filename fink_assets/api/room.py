"""Room in memory for the few requests, and answers, that are large."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fink_assets.api.limits import BusyError, Limits


@dataclass(kw_only=True)
class Room:
    """Counts the large requests and answers that are in memory.

    Parameters
    ----------
    limits : Limits
        How many there may be, and the time of a query.
    """

    limits: Limits
    _inside: int = 0
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
            raise BusyError(told, 504) from None
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
            if self._inside >= self.limits.large_at_once:
                raise BusyError("Too many large requests at once: try again later.\n", 503)
            self._inside += 1

    def release(self) -> None:
        """Give it back."""
        with self._lock:
            self._inside -= 1
