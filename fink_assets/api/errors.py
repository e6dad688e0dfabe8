"""What a client is told when its request cannot be answered.

The reference sends the text of a Python dict, which published scripts compare byte for byte; who
asks for ``application/problem+json`` gets RFC 9457 instead.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

PROBLEM = "application/problem+json"


class RequestError(ValueError):
    """A request that cannot be answered, for a reason that its sender can mend.

    Parameters
    ----------
    text : str or Exception
        What is wrong; an exception is shown by its ``repr``, as the reference shows coordinates
        that cannot be read.
    status : int
        Status of the response, from 400 to 499.
    """

    def __init__(self, text: Any, status: int = 400) -> None:
        super().__init__(str(text))
        self.text, self.status = text, status


def body(text: Any) -> str:
    """Write an error as the reference does: not JSON, but the text of a dict."""
    return str({"status": "error", "text": text})


def problem(text: Any, status: int, instance: str) -> str:
    """Write an error as RFC 9457 does."""
    told = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(text).strip(),
        "instance": instance,
    }
    return json.dumps(told)


def wants_problem(accept: str) -> bool:
    """Tell whether the ``Accept`` of a request names problem documents."""
    return PROBLEM in accept.lower()
