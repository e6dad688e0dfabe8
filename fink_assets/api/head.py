"""HEAD for all that answers GET: the same headers, nothing after them.

Knows nothing of what is asked. An answer that is made while it is sent need not be made: whoever
sends one looks at `is_asked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ASKED = "fink.head"


class Head:
    """Passes a HEAD on as a GET, and its answer back without the body.

    Parameters
    ----------
    app : callable
        What answers GET.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            return await self.app(scope, receive, send)

        async def without_body(message: Message) -> None:
            is_body = message["type"] == "http.response.body"
            if is_body and message.get("more_body"):
                return
            await send({"type": message["type"]} if is_body else message)

        return await self.app({**scope, "method": "GET", _ASKED: True}, receive, without_body)


def is_asked(scope: Scope) -> bool:
    """Whether only the headers of an answer are wanted."""
    return bool(scope.get(_ASKED))


def method(scope: Scope) -> str:
    """Name the method that the client used."""
    return "HEAD" if is_asked(scope) else str(scope["method"])


def allowed(routes: Sequence[Any], scope: Scope) -> str:
    """Methods that the routes of a path answer, as the header ``Allow`` has them."""
    from starlette.routing import Match

    there = [route for route in routes if route.matches(scope)[0] != Match.NONE]
    found = {method for route in there for method in getattr(route, "methods", None) or ()}
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))
