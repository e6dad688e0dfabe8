"""Fetches tables that UPLOAD names by address, in the process of the query.

Each step, redirects too, connects to an address that `hosts` has looked at, and to no other: no
name is resolved twice, and no proxy of the environment is asked, as it would resolve names itself
(why `services.client` does not serve here). Nothing of who asks is passed on.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urljoin

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import hosts
from fink_assets.api.tap.hosts import FetchError, Reach, Target
from fink_assets.api.tap.uploads import MOST_BYTES
from fink_assets.services.client import AGENT, PIECE
from fink_assets.services.patience import LateError, within

SECONDS = 30.0
"""For all tables of a query together; less if its own time is over before."""
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
"""To be connected to one address; between two pieces."""
REDIRECTS = 3
REDIRECTED = (301, 302, 303, 307, 308)
HEADERS = {
    "User-Agent": AGENT,
    "Accept": "application/x-votable+xml, text/xml;q=0.9, */*;q=0.5",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
NO_CONNECTION = "there is no connection to its host"


def contents(
    addresses: Mapping[str, str], reach: Reach, most_bytes: int, seconds: float = SECONDS
) -> dict[str, bytes]:
    """Fetch tables, one after another.

    Parameters
    ----------
    addresses : mapping of str to str
        By names of tables.
    reach : Reach
        What may be fetched.
    most_bytes : int
        Of all tables together.
    seconds : float
        For all together.

    Raises
    ------
    RequestError
        One cannot be fetched, and why.
    """
    end, found = time.monotonic() + seconds, dict[str, bytes]()
    for name, address in addresses.items():
        left = most_bytes - sum(map(len, found.values()))
        try:
            found[name] = _in_time(address, reach, left, end)
        except LateError:
            told = f"it did not come whole within {seconds:g} s"
        except FetchError as problem:
            told = str(problem)
        else:
            continue
        raise RequestError(f"The uploaded table {name} cannot be fetched: {told}.\n")
    return found


def _in_time(address: str, reach: Reach, most_bytes: int, end: float) -> bytes:
    left = end - time.monotonic()
    if left <= 0:
        raise LateError
    return within(left, lambda: fetched(address, reach, most_bytes, end))


def fetched(address: str, reach: Reach, most_bytes: int, end: float) -> bytes:
    """Fetch an address, and what it redirects to.

    Raises
    ------
    FetchError
        It cannot be fetched.
    LateError
        The time is over.
    """
    for _ in range(REDIRECTS + 1):
        target = hosts.target(address)
        places = hosts.resolved(target, reach)
        try:
            found = _exchange(target, connected(places, end), most_bytes, end)
        except ssl.SSLCertVerificationError:
            raise FetchError("its host has no certificate that is valid for its name") from None
        except TimeoutError:
            raise FetchError("its host does not answer in time") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise FetchError("its host does not answer as HTTP has it") from None
        if isinstance(found, bytes):
            return found
        address = _joined(address, found)
    raise FetchError(f"it is redirected more than {REDIRECTS} times")


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError:
        raise FetchError("it is redirected to what is no address") from None


def connected(places: Iterable[tuple[int, Any]], end: float) -> socket.socket:
    """Connect to the first of some places that lets us, and to no other.

    Raises
    ------
    FetchError
        None does.
    """
    for family, place in places:
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.settimeout(_left(end, CONNECT_SECONDS))
            line.connect(place)
        except BaseException as problem:
            line.close()
            if not isinstance(problem, OSError):
                raise
        else:
            return line
    raise FetchError(NO_CONNECTION)


def _left(end: float, most: float) -> float:
    """Seconds for the next step."""
    left = end - time.monotonic()
    if left <= 0:
        raise LateError
    return min(left, most)


@cache
def trusted() -> ssl.SSLContext:
    """Certificates that are trusted: those that `requests` trusts, and the system."""
    import requests

    context = ssl.create_default_context(cafile=requests.certs.where())
    context.load_default_certs()
    return context


def _exchange(target: Target, line: socket.socket, most_bytes: int, end: float) -> bytes | str:
    """Ask over a line: what comes back, or where it is instead."""
    asking: http.client.HTTPConnection
    with line:
        line.settimeout(_left(end, READ_SECONDS))
        if target.scheme == "https":
            asking = http.client.HTTPSConnection(target.host, target.port, context=trusted())
            asking.sock = trusted().wrap_socket(line, server_hostname=target.host)
        else:
            asking = http.client.HTTPConnection(target.host, target.port)
            asking.sock = line
        try:
            asking.request("GET", target.path, headers=HEADERS)
            with asking.getresponse() as response:
                return _read(response, most_bytes, end)
        finally:
            asking.close()


def _read(response: http.client.HTTPResponse, most_bytes: int, end: float) -> bytes | str:
    if response.status in REDIRECTED:
        return response.headers.get("Location", "")
    if response.status != 200:
        raise FetchError(f"its host answers with status {response.status}")
    if (packed := response.headers.get("Content-Encoding", "identity").lower()) != "identity":
        raise FetchError(f"it is packed by {packed[:20]!r}, which is not read")
    too_large = FetchError(f"the tables of a query have at most {MOST_BYTES} bytes together")
    if (response.length or 0) > most_bytes:
        raise too_large
    body = bytearray()
    while piece := response.read1(PIECE):
        body += piece
        if len(body) > most_bytes:
            raise too_large
        _left(end, READ_SECONDS)
    if response.length:
        raise FetchError("it ends before its end")
    return bytes(body)
