"""What one client, one request and all of them together may cost.

Reading a body no further than its limit, turning away who asks too often, running queries a few at
a time and not for ever.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from fink_assets.api import form
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    from starlette.requests import Request

Found = TypeVar("Found")
CLIENTS_REMEMBERED = 10_000
LARGE = 1_000_000
"""Bytes of a body from which on it is read beside the loop that serves others."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of one server.

    Parameters
    ----------
    body_bytes : int
        Largest body of a request.
    seconds : float
        Longest time of a query; then the answer is 504.
    at_once : int
        Queries that run at the same time.
    waiting : int
        Requests that may wait for them; more are answered by 503.
    large_at_once : int
        Requests with a large body, or a large answer, that are in memory at the same time.
    per_second : float
        Requests of one client per second, in the mean of ten; 0 for no limit.
    """

    body_bytes: int = 1_000_000
    seconds: float = 120.0
    at_once: int = 4
    waiting: int = 64
    large_at_once: int = 2
    per_second: float = 0.0


BODY_SECONDS, BODY_BYTES_PER_SECOND = 10.0, 50_000.0
"""In which a body begins to come, and how fast it goes on in the mean."""


class BusyError(Exception):
    """The server does not answer now.

    Parameters
    ----------
    text : str
        Why.
    status : int
        503 or 504.
    after : float
        Seconds after which asking again makes sense.
    """

    def __init__(self, text: str, status: int, *, after: float = 10.0) -> None:
        super().__init__(text)
        self.text, self.status, self.headers = text, status, retry(after)


RETRY = "Retry-After"


def retry(seconds: float) -> dict[str, str]:
    """Say after how many seconds to ask again, as RFC 9110 (10.2.3) has it: whole ones."""
    return {RETRY: str(max(1, math.ceil(seconds)))}


@dataclass
class Pace:
    """How many seconds something takes: in the mean, in which recent ones count more."""

    seconds: float = 1.0

    def took(self, seconds: float) -> None:
        """Count one."""
        self.seconds += 0.1 * (seconds - self.seconds)


@dataclass
class Turnstile:
    """Counts the requests of clients: each has a bucket of ten that fills again over time."""

    per_second: float
    burst: float = 10.0
    clock: Callable[[], float] = time.monotonic
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def admits(self, client: str) -> bool:
        """Tell whether a client may ask now, and count it if so."""
        if not self.per_second:
            return True
        now = self.clock()
        left, since = self._left.pop(client, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.per_second)
        self._left[client] = (left - 1 if left >= 1 else left, now)
        while len(self._left) > CLIENTS_REMEMBERED:
            self._left.popitem(last=False)
        return left >= 1

    def seconds_left(self, client: str) -> float:
        """Seconds after which a client that was turned away may ask."""
        left, since = self._left.get(client, (self.burst, 0.0))
        return max(0.0, (1 - left) / self.per_second - (self.clock() - since))


class Queue:
    """Runs queries in threads, a few at a time.

    The threads are the same as long as the server runs: each has open what it read before.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self._inside, self._pace = limits, 0, Pace()
        self._threads = ThreadPoolExecutor(limits.at_once, thread_name_prefix="query")

    async def run(self, query: Callable[[], Found]) -> Found:
        """Run a query.

        Raises
        ------
        BusyError
            Too many are waiting, or it takes too long.
        """
        if self._inside >= self.limits.at_once + self.limits.waiting:
            told = "Too many requests at once: try again later.\n"
            raise BusyError(told, 503, after=self._seconds_of_waiting())
        self._inside += 1
        try:
            found = asyncio.wrap_future(self._threads.submit(self._timed, query))
            return await asyncio.wait_for(found, self.limits.seconds)
        except TimeoutError:
            told = f"The query took longer than {self.limits.seconds:g} s: ask for less.\n"
            # Its thread goes on with it, as long again for all that is known.
            raise BusyError(told, 504, after=self.limits.seconds) from None
        finally:
            self._inside -= 1

    def _timed(self, query: Callable[[], Found]) -> Found:
        started = time.monotonic()
        try:
            return query()
        finally:
            self._pace.took(time.monotonic() - started)

    def _seconds_of_waiting(self) -> float:
        """Seconds until those that are inside now are answered, if they take as long as others."""
        return min(self._inside * self._pace.seconds / self.limits.at_once, self.limits.seconds)


async def given(
    request: Request, most_bytes: int, *, files: Collection[str] = ()
) -> dict[str, Any]:
    """Read the arguments of a request: of its address, else of its body.

    The body is a JSON object; where some arguments may be files, it may be a form of several parts.

    Raises
    ------
    RequestError
        The body is too large, or neither.
    """
    if request.query_params or request.method == "GET":
        return dict(request.query_params)
    content = await body(request, most_bytes)
    kind = request.headers.get("content-type", "")
    if files and form.is_form(kind):
        return form.parts(content, kind)
    if len(content) <= LARGE:
        return _object(content)
    import anyio

    return await anyio.to_thread.run_sync(_object, content)


async def body(request: Request, most_bytes: int) -> bytes:
    """Read the body of a request, no further than its limit, and no longer.

    Who sends nothing must not hold what others wait for.

    Raises
    ------
    RequestError
        It is too large, comes too slowly, or ends before its end.
    """
    import asyncio

    from starlette.requests import ClientDisconnect

    content, begun = bytearray(), time.monotonic()
    chunks = aiter(request.stream())
    while True:
        left = begun + BODY_SECONDS + len(content) / BODY_BYTES_PER_SECOND - time.monotonic()
        try:
            content += await asyncio.wait_for(anext(chunks), max(left, 0.0))
        except StopAsyncIteration:
            return bytes(content)
        except TimeoutError:
            raise RequestError("The body of the request comes too slowly.\n", 408) from None
        except ClientDisconnect:
            raise RequestError("The body of the request ended too early.\n") from None
        if len(content) > most_bytes:
            raise RequestError(f"A body has at most {most_bytes} bytes.\n", 413)


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        read = json.loads(body, parse_constant=_refused)
    except (ValueError, RecursionError):
        raise RequestError("The body of the request is not JSON.\n") from None
    if not isinstance(read, dict):
        raise RequestError("The body of the request is no JSON object.\n")
    return read


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
