"""Wait for something no longer than a time, whatever it waits for itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Done = TypeVar("Done")


class LateError(Exception):
    """It was not done in time."""


def within(seconds: float, work: Callable[[], Done]) -> Done:
    """Do something in a thread of its own, and give what comes of it.

    Limits of sockets start anew with each byte that arrives, and resolving a name has none: only
    who waits beside can leave in time. The thread ends with what it does, or with the process.

    Raises
    ------
    LateError
        The seconds are over.
    Exception
        What was raised by the work.
    """
    result: list[tuple[Done] | Exception] = []

    def run() -> None:
        try:
            result.append((work(),))
        except Exception as problem:  # whatever it is, it belongs to who waits
            result.append(problem)

    thread = threading.Thread(target=run, daemon=True, name="ask-service")
    thread.start()
    thread.join(seconds)
    if not result:
        raise LateError
    if isinstance(result[0], Exception):
        raise result[0]
    return result[0][0]
