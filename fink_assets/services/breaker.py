"""A circuit breaker: who fails again and again is left alone for a while.

No network here, and no clock of its own: `client` gives the time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal

State = Literal["closed", "open", "half-open"]


@dataclass
class Breaker:
    """Count failures in a row, open after some, let one trial through after a pause.

    Parameters
    ----------
    failures : int
        So many in a row open it.
    pause_seconds : float
        So long it stays open; then it is half-open: the next exchange is a trial, whose success
        closes it and whose failure opens it for another pause.
    """

    failures: int = 5
    pause_seconds: float = 60.0
    _count: int = field(default=0, init=False)
    _opened: float | None = field(default=None, init=False)
    _trying: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def state(self, now: float) -> State:
        """Say how it stands at a time, seconds of any clock that does not go back."""
        if self._opened is None:
            return "closed"
        return "open" if now < self._opened + self.pause_seconds else "half-open"

    def enter(self, now: float) -> bool:
        """Ask for leave; of those who ask while it is half-open, one gets it."""
        with self._lock:
            state = self.state(now)
            if state == "open" or (state == "half-open" and self._trying):
                return False
            self._trying = state == "half-open"
            return True

    def succeeded(self) -> None:
        """Close it."""
        with self._lock:
            self._count, self._opened, self._trying = 0, None, False

    def failed(self, now: float) -> None:
        """Count a failure, which opens it if it was a trial or the last of too many."""
        with self._lock:
            self._count += 1
            if self._trying or self._count >= self.failures:
                self._opened = now
            self._trying = False
