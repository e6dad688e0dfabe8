"""Tables that a query names by address: what is fetched, what is not, and for how long."""

import gzip
import itertools
import socket
import ssl
import subprocess
import time

import pytest
from web_of_tables import page, status, web

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import fetch, hosts
from fink_assets.api.tap.hosts import FetchError, Reach

CONTENT = b"<VOTABLE/>"
LOOPBACK = Reach(hosts=("127.0.0.1", "localhost"))


def endless(head, piece):
    return itertools.chain([head], itertools.repeat(piece))


def drip(head, piece, seconds=0.1):
    """Send something now and then, and never an end."""
    for each in endless(head, piece):
        yield each
        time.sleep(seconds)


PAGES = {
    "/t": page(CONTENT),
    "/t;a,b?x=1": page(b"query"),
    "/chunks": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
    "/until-closed": [b"HTTP/1.0 200 OK\r\n\r\nabc"],
    "/once": status(302, "Location: /t"),
    "/three": status(307, "Location: /two"),
    "/two": status(301, "Location: once"),
    "/four": status(308, "Location: /three"),
    "/round": status(302, "Location: /round"),
    "/nowhere": status(302),
    "/file": status(302, "Location: file:///etc/passwd"),
    "/user": status(302, "Location: http://a:b@127.0.0.1/"),
    "/broken": status(302, "Location: http://[::1/"),
    "/gone": status(404),
    "/keys": status(401, 'WWW-Authenticate: Basic realm="x"'),
    "/broke": status(500),
    "/half": page(b"abc", length=10),
    "/half-chunk": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc"],
    "/bad-chunk": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"],
    "/packed": page(gzip.compress(b"x" * 100_000), "Content-Encoding: gzip"),
    "/no-http": [b"220 mail.example ESMTP\r\n"],
    "/nothing": [],
    "/says-huge": page(b"", length=10**12),
    "/is-huge": [b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 2000],
}


@pytest.fixture
def server():
    more = {
        "/endless": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        "/endless-chunks": endless(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8\r\nabcdefgh\r\n"
        ),
        "/drip": drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        "/drip-head": drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.5),
        "/drip-start": drip(b"H", b"T"),
        "/silent": drip(b"", b"", 30),
        "/endless-head": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        "/long-line": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
        "/early-hints": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    }
    with web({**PAGES, **more}) as made:
        yield made


def got(server, path, reach=LOOPBACK, most_bytes=1000, seconds=20.0, host="127.0.0.1"):
    address = f"http://{host}:{server.port}{path}"
    return fetch.contents({"t": address}, reach, most_bytes, seconds)["t"]


def refused(server, path, **how):
    with pytest.raises(RequestError) as problem:
        got(server, path, **how)
    assert "uploaded table t cannot be fetched" in problem.value.text
    assert problem.value.status == 400
    return problem.value.text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        *(("/t", CONTENT), ("/t#there", CONTENT), ("/t;a,b?x=1", b"query"), ("/chunks", b"abc")),
        *(("/until-closed", b"abc"), ("/once", CONTENT), ("/three", CONTENT)),
    ],
)
def test_a_table_is_fetched_as_it_is(server, path, content):
    assert got(server, path) == content


def test_nothing_is_said_but_what_is_asked_for(server):
    got(server, "/once", host="localhost")
    assert [text.split("\r\n")[0] for text in server.asked] == [
        "GET /once HTTP/1.1",
        "GET /t HTTP/1.1",
    ]
    heads = [dict(line.split(": ", 1) for line in t.split("\r\n")[1:-2]) for t in server.asked]
    for head in heads:
        assert head == {"Host": f"localhost:{server.port}", **fetch.HEADERS}


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"])
def test_no_proxy_of_the_environment_is_asked(monkeypatch, server, name):
    with web({}) as proxy:
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert got(server, "/t") == CONTENT
        assert not proxy.asked


@pytest.mark.parametrize(
    ("path", "told"),
    [
        *(("/gone", "status 404"), ("/keys", "status 401"), ("/broke", "status 500")),
        *(("/four", "redirected more than 3"), ("/round", "redirected more than 3")),
        *(("/nowhere", "redirected more"), ("/file", "does not begin with http")),
        *(("/user", "user or a password"), ("/broken", "no address")),
        *(("/half", "ends before its end"), ("/half-chunk", "HTTP"), ("/bad-chunk", "HTTP")),
        *(("/packed", "packed by 'gzip'"), ("/no-http", "HTTP"), ("/nothing", "HTTP")),
        *(("/says-huge", "bytes"), ("/is-huge", "bytes"), ("/endless", "bytes")),
        *(("/endless-chunks", "bytes"), ("/endless-head", "HTTP"), ("/long-line", "HTTP")),
    ],
)
def test_what_cannot_be_fetched_is_refused_with_the_reason(server, path, told):
    assert told in refused(server, path)


@pytest.mark.parametrize("path", ["/drip", "/drip-head", "/drip-start", "/silent", "/early-hints"])
def test_who_answers_slowly_is_left_when_the_time_is_over(server, path):
    """None of them would ever end by itself."""
    told = refused(server, path, seconds=0.7, most_bytes=10_000_000)
    assert "not come whole within 0.7 s" in told


def test_a_name_that_takes_long_to_find_is_left_too(monkeypatch, server):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5))
    assert "within 0.5 s" in refused(server, "/t", seconds=0.5)


def test_tables_of_one_query_share_bytes_and_time(server):
    address = f"http://127.0.0.1:{server.port}"
    two = {"a": f"{address}/t", "b": f"{address}/t"}
    assert fetch.contents(two, LOOPBACK, 2 * len(CONTENT)) == {"a": CONTENT, "b": CONTENT}
    with pytest.raises(RequestError, match=r"table b .* bytes"):
        fetch.contents(two, LOOPBACK, 2 * len(CONTENT) - 1)
    slow = {"a": f"{address}/drip", "b": f"{address}/t"}
    with pytest.raises(RequestError, match="table a "):
        fetch.contents(slow, LOOPBACK, 1000, 0.5)
    assert fetch.contents({}, LOOPBACK, 0) == {}


def nobody():
    """Give a place of this machine where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place: tuple[str, int] = closed.getsockname()
    return place


@pytest.fixture
def connections(monkeypatch):
    """Places that were connected to, but to none really."""
    made = []

    def connected(places, end):
        made.extend(places)
        raise FetchError(fetch.NO_CONNECTION)

    monkeypatch.setattr(fetch, "connected", connected)
    return made


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433"),
        *("0177.0.0.1", "0x7f.1", "127.1", "169.254.169.254", "10.0.0.1", "192.168.0.1"),
        *("172.16.0.1", "100.64.0.1", "[fe80::1]", "[fc00::1]", "[64:ff9b::7f00:1]"),
    ],
)
def test_a_host_inside_is_never_connected_to(connections, server, host):
    refused(server, "/t", host=host, reach=Reach())
    assert not connections
    assert not server.asked


def test_a_name_is_resolved_once_and_what_was_looked_at_is_connected_to(monkeypatch, connections):
    """A second answer, of a host inside, comes too late."""
    public, asked = ("93.184.215.14", 80), []

    def look(host, *_, **__):
        place = ("127.0.0.1", 80) if asked else public
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    with pytest.raises(RequestError, match="no connection"):
        fetch.contents({"t": "http://turns.example/"}, Reach(), 1000)
    assert asked == ["turns.example"]
    assert connections == [(socket.AF_INET, public)]
    with pytest.raises(RequestError, match="not public"):
        fetch.contents({"t": "http://turns.example/"}, Reach(), 1000)
    assert len(connections) == 1


@pytest.mark.parametrize("host", ["localhost", "[::1]", "10.0.0.1", "169.254.169.254", "127.1"])
def test_a_redirect_to_a_host_inside_is_not_followed(host):
    with web({}) as inside:
        pages = {"/t": status(302, f"Location: http://{host}:{inside.port}/secret")}
        with web(pages) as outside:
            told = refused(outside, "/t", reach=Reach(hosts=("127.0.0.1",)))
        assert "not public" in told or "as usual" in told
        assert len(outside.asked) == 1
        assert not inside.asked


def test_closed_and_open_ports_of_hosts_inside_are_told_alike(server):
    port, told = nobody()[1], set()
    for each in (server.port, port):
        with pytest.raises(RequestError) as problem:
            fetch.contents({"t": f"http://127.0.0.1:{each}/"}, Reach(), 1000)
        told.add(problem.value.text)
    assert len(told) == 1


def test_a_host_that_does_not_listen_is_told():
    with pytest.raises(RequestError, match="no connection"):
        fetch.contents({"t": f"http://127.0.0.1:{nobody()[1]}/"}, LOOPBACK, 1000)


def test_the_next_address_of_a_host_is_tried_where_one_does_not_answer(server):
    places = [(socket.AF_INET, nobody()), (socket.AF_INET, ("127.0.0.1", server.port))]
    with fetch.connected(places, time.monotonic() + 5) as line:
        assert line.getpeername()[1] == server.port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """One for `localhost` alone, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    key, file = folder / "key.pem", folder / "cert.pem"
    told = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
    told += [
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    subprocess.run([*told, "-keyout", key, "-out", file], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    return file, context


def test_over_tls_the_certificate_must_be_of_the_name_that_was_asked(monkeypatch, certificate):
    file, context = certificate
    with web(PAGES, context) as server:
        address = f"https://{{}}:{server.port}/once"
        with pytest.raises(RequestError, match="certificate"):
            fetch.contents({"t": address.format("localhost")}, LOOPBACK, 1000)
        trusted = ssl.create_default_context(cafile=str(file))
        monkeypatch.setattr(fetch, "trusted", lambda: trusted)
        found = fetch.contents({"t": address.format("localhost")}, LOOPBACK, 1000)
        assert found == {"t": CONTENT}
        assert f"Host: localhost:{server.port}\r\n" in server.asked[0]
        with pytest.raises(RequestError, match="certificate"):
            fetch.contents({"t": address.format("127.0.0.1")}, LOOPBACK, 1000)


def test_certificates_are_checked_as_requests_checks_them():
    context = fetch.trusted()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_host_that_speaks_no_tls_is_told(server):
    with pytest.raises(RequestError, match="HTTP"):
        fetch.contents({"t": f"https://127.0.0.1:{server.port}/t"}, LOOPBACK, 1000)


def test_every_scheme_that_is_fetched_is_declared_by_its_own_name():
    assert {method.rpartition("-")[2] for method in hosts.METHODS.values()} == set(hosts.PORTS)
