"""Which hosts a server asks because a stranger says so, and that it asks no other."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.api.tap import hosts
from fink_assets.api.tap.hosts import FetchError, Reach, is_public, resolved, target

INSIDE = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    "168.63.129.16/32",
]
INSIDE_6 = [
    *("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32"),
    *("3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "4000::/3"),
]
PUBLIC = "93.184.215.14"


def forms(address):
    """IPv6 that stands for an address of IPv4: mapped, NAT64, 6to4."""
    return [
        IPv6Address(f"::ffff:{address}"),
        IPv6Address((0x64FF9B << 96) | int(address)),
        IPv6Address((0x2002 << 112) | (int(address) << 80) | 1),
    ]


@st.composite
def of_network(draw, names):
    network = ip_network(draw(st.sampled_from(names)))
    last = network.num_addresses - 1
    return network[draw(st.one_of(st.integers(0, last), st.sampled_from([0, last])))]


def answering(monkeypatch, *answers):
    """Let names be where the test says: one answer after another; gives what was asked."""
    asked, left = [], list(answers)

    def look(host, port, *_, **__):
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [
            (socket.AF_INET6, 1, 6, "", (one, port, 0, 0))
            if ":" in one
            else (socket.AF_INET, 1, 6, "", (one, port))
            for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


@given(address=of_network(INSIDE))
def test_no_address_of_a_network_inside_is_public_in_any_form(address):
    assert not is_public(address)
    assert not any(map(is_public, forms(address)))


@given(address=of_network(INSIDE_6))
def test_no_address_of_ipv6_that_is_not_of_the_world_is_public(address):
    assert not is_public(address)


@given(number=st.integers(0, 2**32 - 1))
def test_ipv6_that_stands_for_ipv4_is_as_public_as_that(number):
    address = IPv4Address(number)
    assert {is_public(form) for form in forms(address)} == {is_public(address)}
    assert is_public(address) <= address.is_global


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2001:4860:4860::8888", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_addresses_of_the_world_are_public(address):
    assert is_public(ip_address(address))


HIDDEN = [
    *("127.0.0.1", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("169.254.169.254", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "[fe80::1]"),
    *("[fc00::1]", "[fd00:ec2::254]", "localhost", "LOCALHOST", "localhost.", "224.0.0.1"),
    *("2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "017700000001", "0"),
    *("127.0.0.1.", "0x7f.1", "127.0.0.01", "[127.0.0.1]", "[fe80::1%25lo]", "255.255.255.255"),
]


@pytest.mark.parametrize("host", HIDDEN)
@pytest.mark.parametrize("rest", ["/t.xml", ":8080/t.xml"])
def test_a_host_inside_is_refused_however_it_is_spelt(host, rest):
    with pytest.raises(FetchError):
        resolved(target(f"http://{host}{rest}"), Reach())


@pytest.mark.parametrize("hidden", ["127.0.0.1", "10.1.2.3", "::1", "::ffff:10.0.0.1", "fd00::1"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_name_with_a_public_and_a_private_address_is_refused(monkeypatch, hidden, order):
    answering(monkeypatch, [PUBLIC, hidden][::order])
    with pytest.raises(FetchError):
        resolved(target("http://both.example/"), Reach())


def test_names_that_are_not_known_and_names_inside_are_told_alike(monkeypatch):
    answering(monkeypatch, [], ["10.0.0.1"])
    told = set()
    for _ in range(2):
        with pytest.raises(FetchError) as problem:
            resolved(target("http://name.example/"), Reach())
        told.add(str(problem.value))
    assert told == {hosts.NOT_PUBLIC}


def test_an_address_of_this_machine_is_refused_though_it_be_public(monkeypatch):
    """Its firewall stands before others, not before itself."""
    monkeypatch.setattr(hosts, "is_public", lambda address: True)
    with pytest.raises(FetchError, match="not public"):
        resolved(target("http://127.0.0.1:8080/"), Reach())


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("file:///etc/passwd", "http"),
        ("ftp://host.example/t", "http"),
        ("vos://host.example/t", "http"),
        ("gopher://host.example:70/t", "http"),
        ("//host.example/t", "http"),
        ("t.xml", "http"),
        ("http:///t", "host"),
        ("http://user@host.example/t", "user"),
        ("http://user:word@host.example/t", "user"),
        ("http://host.example@127.0.0.1/t", "user"),
        ("http://host.example\\@127.0.0.1/t", "%XX"),
        ("http://host.example/a b", "%XX"),
        ("http://host.example/\r\nX-More: 1", "%XX"),
        ("http://höst.example/", "%XX"),
        ("http://host.example/" + "x" * 3000, "2000"),
        ("http://host.example:22/", "port"),
        ("http://host.example:0/", "port"),
        ("http://host.example:1023/", "port"),
        ("http://host.example:99999/", "read"),
        ("http://host.example:x/", "read"),
        ("http://[::1/", "read"),
        ("http://ho%73t.example/", "name"),
        ("http://a..b/", "name"),
        ("http://" + "a." * 200 + "b/", "name"),
        ("http://1.2.3.4.5/", "usual"),
    ],
)
def test_an_address_that_is_not_of_the_web_is_refused_before_anybody_is_asked(address, told):
    with pytest.raises(FetchError, match=told):
        target(address)


@given(text=st.text(max_size=60))
def test_whatever_the_address_it_is_taken_apart_or_refused(text):
    for address in (text, f"http://{text}", f"http://a.example{text}"):
        try:
            found = target(address)
        except FetchError:
            continue
        assert found.scheme in hosts.METHODS
        assert found.port in (80, 443) or found.port >= 1024
        assert found.path.startswith("/")
        assert found.path.isprintable()


def test_an_address_in_parts():
    found = target("HTTPS://Data.Example.:8443/a/b;c,d?x=1&y=%3B#there")
    assert (found.scheme, found.host, found.port) == ("https", "data.example", 8443)
    assert found.path == "/a/b;c,d?x=1&y=%3B"
    assert target("http://h.example?x").path == "/?x"
    assert (target("http://h.example").port, target("https://h.example").port) == (80, 443)


def test_hosts_that_the_operator_excepts_may_be_asked_by_that_name_alone(monkeypatch):
    answering(monkeypatch, ["10.0.0.1"])
    named, one_port = Reach(hosts=("Data.Inside",)), Reach(hosts=("data.inside:8080", "[::1]:8080"))
    for port in (80, 8080):
        place = [(socket.AF_INET, ("10.0.0.1", port))]
        assert resolved(target(f"http://data.inside:{port}/"), named) == place
    assert resolved(target("http://data.inside:8080/"), one_port)
    assert one_port.excepts(target("http://[::1]:8080/"))
    for address in ("http://data.inside/", "http://data.inside:8081/"):
        with pytest.raises(FetchError):
            resolved(target(address), one_port)
    for address in ("http://10.0.0.1/", "http://other.inside/", "http://x.data.inside/"):
        with pytest.raises(FetchError):
            resolved(target(address), named)
