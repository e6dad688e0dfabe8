"""A schema registry on loopback that answers, refuses, talks nonsense, breaks off or hangs."""

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fink_assets.settings import Settings
from fink_assets.surveys.base import UnknownSchemaError
from resources.schema_registry import RegistryError, SchemaRegistry, schema_source

SCHEMA = {"type": "record", "name": "alert", "namespace": "lsst.v9_0", "fields": []}
FOUND = json.dumps({"schema": json.dumps(SCHEMA)})
UNKNOWN = json.dumps({"error_code": 40403, "message": "Schema not found"})


class Answers(ThreadingHTTPServer):
    """What the server answers to whom; `asked` lists path and authorization of each request."""

    daemon_threads = True

    def __init__(self, status, body, *, length=None, hang=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.hang = status, body.encode(), hang
        self.length = len(self.body) if length is None else length
        self.asked, self.closing = [], threading.Event()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        if self.server.hang:
            self.server.closing.wait()
            return
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(self.server.length))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@contextmanager
def registry(status=200, body=FOUND, *, user="", **more):
    server = Answers(status, body, **more)
    # Looks often whether it is to end, which would else take half a second each time.
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield server, SchemaRegistry(address, user=user, password="ß:word", timeout_seconds=0.5)
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()


def test_a_schema_is_had_by_its_id():
    with registry() as (server, client):
        assert client.schema(900) == SCHEMA
    assert server.asked == [("/schemas/ids/900", None)]


def test_a_user_is_named_where_one_is_configured_and_the_password_is_not_shown():
    with registry(user="fink") as (server, client):
        client.schema(900)
    token = server.asked[0][1].removeprefix("Basic ")
    assert base64.b64decode(token).decode() == "fink:ß:word"
    assert "word" not in repr(client)


def test_an_id_that_the_registry_does_not_have_is_unknown():
    with (
        registry(404, UNKNOWN) as (_, client),
        pytest.raises(UnknownSchemaError, match="unknown schema id 4242: not in the registry"),
    ):
        client.schema(4242)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"status": 404, "body": "<html>no such page</html>"}, "HTTP 404"),
        ({"status": 404, "body": '{"error_code": 404}'}, "HTTP 404"),
        ({"status": 500, "body": '{"error_code": 50001}'}, "HTTP 500"),
        ({"status": 401, "body": ""}, "HTTP 401"),
        ({"body": "<html>"}, "no JSON"),
        ({"body": "\xff\xfe"}, "no JSON"),
        ({"body": "[]"}, "no object"),
        ({"body": "{}"}, "no schema in the answer"),
        ({"body": '{"schema": "{"}'}, "no schema in the answer"),
        ({"body": '{"schema": null}'}, "no schema in the answer"),
        ({"body": FOUND, "length": 10 * len(FOUND)}, "IncompleteRead"),
        ({"hang": True}, "timed out"),
    ],
)
def test_a_registry_that_gives_no_answer_says_nothing_about_the_id(answer, reason):
    with registry(**answer) as (_, client), pytest.raises(RegistryError, match=reason) as problem:
        client.schema(900)
    assert not isinstance(problem.value, ValueError)
    assert client.url in str(problem.value)


def test_a_registry_that_is_not_there_says_nothing_about_the_id(make_ports):
    client = SchemaRegistry(f"http://127.0.0.1:{make_ports(1)[0]}")
    with pytest.raises(RegistryError, match="refused"):
        client.schema(900)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"schema": "{}", "schemaType": "PROTOBUF"}),
        json.dumps({"schema": '"string"'}),
    ],
)
def test_a_schema_that_is_no_avro_record_is_the_fault_of_the_id(body):
    with registry(body=body) as (_, client), pytest.raises(ValueError, match="schema id 900 is"):
        client.schema(900)


def test_a_registry_is_asked_only_where_one_is_configured():
    assert schema_source(Settings(schema_registry="")) is None
    with registry() as (server, client):
        assert schema_source(Settings(schema_registry=client.url))(1101) == SCHEMA
    assert server.asked == [("/schemas/ids/1101", None)]
