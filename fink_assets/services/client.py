"""Ask a service over HTTP, so that nothing it does harms who asks.

Connecting, reading and the whole have limits of time, answers one of size; failures are repeated a
few times, later and later; who fails again and again is left alone for a while. Whatever goes wrong
is a `ServiceError`. What is asked, and what an answer must look like, belongs to `cds`, `tns` and
`ssodnet`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from fink_assets.services.breaker import Breaker, State
from fink_assets.services.patience import LateError, within

Read = TypeVar("Read")
AGENT = "fink-assets"
PIECE = 65_536
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class ServiceError(Exception):
    """A service did not answer, or not as it should; `reason` says how, in a few words."""

    def __init__(self, reason: str, *, passing: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        """Whether the same question may be answered a moment later."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How patient a client is.

    Parameters
    ----------
    connect_seconds, read_seconds : float
        To be connected; between two pieces of an answer.
    attempts : int
        Exchanges for one question.
    backoff_seconds, backoff_most_seconds : float
        Mean wait before the second exchange; it doubles from one to the next, up to the most.
    most_bytes : int
        Size of an answer.
    positions : int
        Most positions of one question.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    attempts: int = 3
    backoff_seconds: float = 0.5
    backoff_most_seconds: float = 8.0
    most_bytes: int = 64_000_000
    positions: int = 2000


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is sent: fields and files of a form (POST), or parameters (GET), to a path below."""

    method: str = "POST"
    path: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret: bool = False
    """Whether it holds a key, which never goes over a line that others can read."""


@dataclass(frozen=True, kw_only=True)
class Client:
    """One address, and how it is asked.

    Parameters
    ----------
    address : str
        Where; https, but for a service on this machine or one that needs no key.
    limits : Limits
        How patiently.
    breaker : callable
        Makes the breaker of each name under which is asked.
    clock, sleep, chance : callable
        Seconds of a clock that does not go back, a pause, a number in [0, 1).
    """

    address: str
    limits: Limits = field(default_factory=Limits)
    breaker: Callable[[], Breaker] = Breaker
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    _breakers: dict[str, Breaker] = field(default_factory=dict, init=False, repr=False)

    def states(self) -> dict[str, State]:
        """How the breakers stand, by the name under which was asked."""
        now = self.clock()
        return {name: breaker.state(now) for name, breaker in self._breakers.items()}

    def ask(
        self, name: str, question: Question, read: Callable[[bytes], Read], *, deadline: float
    ) -> Read:
        """Ask until an answer can be read, some times, up to a deadline.

        Parameters
        ----------
        name
            Who is asked, for the breaker: of two tables at one address one may fail alone.
        question
            What is sent.
        read
            Makes something of the answer, or raises a ServiceError, which counts as any other.
        deadline
            On the client's clock.

        Raises
        ------
        ServiceError
            The last one.
        """
        breaker = self._breakers.setdefault(name, self.breaker())
        wait, last = self.limits.backoff_seconds, None
        for attempt in range(1, self.limits.attempts + 1):
            if not breaker.enter(self.clock()):
                raise last or ServiceError(f"left alone after {breaker.failures} failures in a row")
            try:
                answer = read(self._exchange(question, deadline - self.clock()))
            except ServiceError as problem:
                breaker.failed(self.clock())
                last = problem
            except BaseException:
                breaker.failed(self.clock())
                raise
            else:
                breaker.succeeded()
                return answer
            pause = min(wait, self.limits.backoff_most_seconds) * (0.5 + self.chance())
            late = self.clock() + pause >= deadline
            if not last.passing or late or attempt == self.limits.attempts:
                break
            self.sleep(pause)
            wait *= 2
        raise last or ServiceError("never asked")

    def _exchange(self, question: Question, seconds: float) -> bytes:
        """One exchange, in time."""
        parts = urlsplit(self.address)
        if question.secret and parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ServiceError("a key is sent over https only", passing=False)
        if seconds <= 0:
            raise ServiceError("no time left")
        end = time.monotonic() + seconds
        try:
            return within(seconds, lambda: self._send(question, end))
        except LateError:
            raise ServiceError(f"no whole answer within {seconds:.1f} s") from None
        except Exception as problem:
            raise _error(problem) from None

    def _send(self, question: Question, end: float) -> bytes:
        import requests

        limits = self.limits
        with requests.request(
            question.method,
            self.address.rstrip("/") + question.path,
            params=dict(question.parameters),
            data=dict(question.fields),
            files=dict(question.files) or None,
            headers={"User-Agent": AGENT, "Accept-Encoding": "identity", **question.headers},
            timeout=(limits.connect_seconds, limits.read_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != 200:
                passing = response.status_code >= 500 or response.status_code in (408, 429)
                raise ServiceError(_status(response), passing=passing)
            return self._body(response, end)

    def _body(self, response: Any, end: float) -> bytes:
        body, told = bytearray(), response.headers.get("Content-Length", "")
        while piece := response.raw.read1(PIECE, decode_content=True):
            body += piece
            if len(body) > self.limits.most_bytes:
                raise ServiceError(f"more than {self.limits.most_bytes} bytes", passing=False)
            if time.monotonic() > end:
                raise ServiceError("no whole answer in time")
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        if told.isdigit() and not encoded and len(body) != int(told):
            raise ServiceError(f"truncated: {len(body)} bytes of {told}")
        return bytes(body)


def _status(response: Any) -> str:
    if response.is_redirect:
        return f"status {response.status_code}: redirected to {response.headers['Location'][:200]}"
    return f"status {response.status_code}"


def _error(problem: Exception) -> ServiceError:
    """What went wrong in an exchange, in a few words; an error in this code stays what it is."""
    import http.client

    import requests
    import urllib3

    if isinstance(problem, ServiceError):
        return problem
    known = (
        (requests.ConnectTimeout, "no connection in time"),
        (requests.Timeout, "no answer in time"),
        (requests.exceptions.SSLError, "no secure connection"),
        (requests.ConnectionError, "no connection"),
        (urllib3.exceptions.ReadTimeoutError, "no answer in time"),
        (urllib3.exceptions.HTTPError, "connection broken"),
        (http.client.HTTPException, "connection broken"),
        (requests.RequestException, "not a valid exchange"),
        (OSError, "connection broken"),
        (ValueError, "not a valid exchange"),
    )
    for kind, words in known:
        if isinstance(problem, kind):
            return ServiceError(f"{words} ({type(problem).__name__})")
    raise problem
