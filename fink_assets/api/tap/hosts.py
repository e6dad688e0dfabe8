"""Which addresses a server may ask for a table because a stranger says so: those of everybody.

A server stands where strangers do not: behind a firewall, beside databases, in a cloud whose
machines tell their keys to who asks from inside. So the host of an address is resolved once, and
each of its addresses must be one that the stranger could have asked as well; `fetch` connects to
these and no others. Names of operators may be excepted.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

IP = IPv4Address | IPv6Address
METHODS = {
    "http": "ivo://ivoa.net/std/TAPRegExt#upload-http",
    "https": "ivo://ivoa.net/std/TAPRegExt#upload-https",
}
"""Schemes that are fetched, and what TAPRegExt calls them."""
PORTS = {"http": 80, "https": 443}
LOWEST_PORT = 1024
"""Lower ones but those of the web are of mail, shells and the like, which a request may confuse."""
LONGEST = 2_000
"""Characters of an address."""
MOST_PLACES = 4
"""Addresses of one host that are tried; all are looked at."""
LABEL = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}")
LONGEST_NAME = 253
NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
GLOBAL_6 = ip_network("2000::/3")
"""All of IPv6 that is given to networks of the world."""
NAT64 = ip_network("64:ff9b::/96")
"""IPv4 for who has IPv6 alone (RFC 6052)."""
SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocols (RFC 6890); some clouds have their metadata there
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "168.63.129.16/32",  # Azure tells its own machines from there
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
"""What `ipaddress` takes for global and strangers cannot, or should not, ask."""
NOT_PUBLIC = "its host is not known, or has an address that is not public"
"""Of both, so that nobody learns which names a network has inside."""


class FetchError(Exception):
    """A table cannot be fetched; says why, in a few words."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What may be fetched.

    Parameters
    ----------
    on : bool
        Whether anything may.
    hosts : tuple of str
        Hosts that may be asked though they are not public: names or addresses as requests spell
        them, of one port (`name:8080`) or all.
    """

    on: bool = True
    hosts: tuple[str, ...] = ()

    def excepts(self, target: Target) -> bool:
        """Tell whether a host may be asked whatever its addresses are."""
        names = {re.sub(r"[\[\]\s]", "", name).lower() for name in self.hosts}
        return bool({target.host, f"{target.host}:{target.port}"} & names)


@dataclass(frozen=True, kw_only=True)
class Target:
    """An address in parts: the host in lower case and without brackets, path and query."""

    scheme: str
    host: str
    port: int
    path: str


def target(address: str) -> Target:
    """Take an address apart, without asking anybody.

    Raises
    ------
    FetchError
        It is none that is fetched.
    """
    if not re.fullmatch(r"[!-~]+", address) or "\\" in address or len(address) > LONGEST:
        told = f"its address has characters that must be written as %XX, or more than {LONGEST}"
        raise FetchError(told)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise FetchError("its address cannot be read") from None
    if parts.scheme not in METHODS:
        raise FetchError("its address does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise FetchError("its address has a name of a user or a password")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port < LOWEST_PORT:
        raise FetchError(f"its port is neither 80 nor 443, nor at least {LOWEST_PORT}")
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    return Target(scheme=parts.scheme, host=_host(parts.netloc), port=port, path=path)


def _host(netloc: str) -> str:
    """Read a host: a name, four numbers, or IPv6 in brackets; no other spelling of numbers."""
    inside = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](:\d*)?", netloc)
    host = (inside[1] if inside else netloc.partition(":")[0].removesuffix(".")).lower()
    is_number = inside or NUMBER.fullmatch(host.rpartition(".")[2])
    try:
        if is_number:
            return str(ip_address(host))
    except ValueError:
        raise FetchError("its host is no address that is written as usual") from None
    if len(host) > LONGEST_NAME or not all(map(LABEL.fullmatch, host.split("."))):
        raise FetchError("its host is no name")
    return host


def resolved(asked: Target, reach: Reach) -> list[tuple[int, Any]]:
    """Find where a host is, once: families and addresses of sockets.

    Raises
    ------
    FetchError
        It is nowhere, or one of its addresses is not public.
    """
    try:
        found = socket.getaddrinfo(asked.host, asked.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchError(NOT_PUBLIC) from None
    places = list(dict.fromkeys((int(family), place) for family, *_, place in found))
    if not reach.excepts(asked) and not all(_may_be_asked(*place) for place in places):
        raise FetchError(NOT_PUBLIC)
    return places[:MOST_PLACES]


def _may_be_asked(family: int, place: Any) -> bool:
    try:
        address = ip_address(place[0])
    except ValueError:
        return False
    return is_public(address) and not is_own(family, place)


def is_public(address: IP) -> bool:
    """Tell whether anybody in the world may ask an address.

    Of IPv6 that stands for IPv4 (mapped, NAT64, 6to4) the IPv4 counts; Teredo and whatever else is
    not given to networks of the world is not public, as are multicast and reserved addresses.
    """
    within = inner(address)
    if within is not None:
        return is_public(within)
    if isinstance(address, IPv6Address) and address not in GLOBAL_6:
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in SPECIAL)


def inner(address: IP) -> IPv4Address | None:
    """IPv4 that an address of IPv6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def is_own(family: int, place: Any) -> bool:
    """Tell whether an address is one of this machine, before which no firewall stands.

    Connecting a socket of datagrams sends nothing: it chooses from where one would.
    """
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(place)
            return bool(probe.getsockname()[0] == place[0])
    except OSError:
        return False  # it cannot be reached at all
