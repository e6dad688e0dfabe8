"""What HTTP itself promises: methods, media types, when to ask again."""

import io
import threading

import httpx
import pandas as pd
import pyarrow as pa
import pytest
import requests
from api_archive import packets, science_row, write_ztf
from api_served import serving
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.api.archive import Archive
from fink_assets.api.endpoints import Endpoint, Rows, Stream
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import BusyError, Limits, Pace, Turnstile
from fink_assets.api.room import Room
from fink_assets.api.server import application
from fink_assets.lake.tables import Tables

MEDIA = {
    "json": "application/json",
    "csv": "application/csv",
    "votable": "text/xml",
    "parquet": "parquet",
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    few = packets()[:3]
    return write_ztf(tmp_path_factory.mktemp("lake"), [science_row(p) for p in few], raw=few)


@pytest.fixture(scope="module")
def client(archive):
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


def served(root, answer, **limits):
    endpoint = Endpoint(path="slow", doc="Slow.", answer=answer, bare=True)
    archive = Archive(tables=Tables("ztf", str(root)))
    return TestClient(application(archive, [endpoint], title="x", limits=Limits(**limits)))


def test_each_format_has_the_media_type_of_the_reference_and_clients_read_it(archive):
    asked = {"objectId": packets()[0]["objectId"]}
    with serving(archive) as address:
        for post in (requests.post, httpx.post):
            for form, media in MEDIA.items():
                body = {**asked, "output-format": form}
                answer = post(f"{address}/api/v1/objects", json=body, timeout=60)
                assert (answer.status_code, answer.headers["content-type"]) == (200, media)
            found = pd.read_parquet(io.BytesIO(answer.content))
            assert set(found["i:objectId"]) == {asked["objectId"]}
        bulk = requests.post(f"{address}/api/v1/ssobulk", json={}, timeout=60)
        assert bulk.headers["content-type"] == MEDIA["parquet"]
        assert pd.read_parquet(io.BytesIO(bulk.content)).empty


def paths_of_get(client):
    found = [path for path, methods in client.get("/swagger.json").json()["paths"].items()
             if "get" in methods]  # fmt: skip
    return [*found, "/", "/swagger.json", "/health", "/metrics", "/tap/capabilities", "/tap/async"]


def test_every_route_that_answers_get_answers_head_with_the_same_headers(client):
    paths = paths_of_get(client)
    assert len(paths) > 30
    volatile = {"date", "content-length"}  # counts grow while they are asked for
    for path in paths:
        got, head = client.get(path), client.head(path)
        left_out = volatile if path == "/metrics" else {"date"}
        headers = [{k: v for k, v in a.headers.items() if k not in left_out} for a in (got, head)]
        assert (path, head.status_code, headers[1]) == (path, got.status_code, headers[0])
        assert head.content == b""


def test_head_of_rows_and_of_errors_is_that_of_get(client, archive):
    name = packets()[0]["objectId"]
    for path, status in (
        (f"objects?objectId={name}", 200),
        ("conesearch?ra=1", 400),
        ("nothing", 404),
    ):
        got, head = client.get(f"/api/v1/{path}"), client.head(f"/api/v1/{path}")
        assert (head.status_code, head.content) == (got.status_code, b"") == (status, b"")
        assert int(head.headers["content-length"]) == len(got.content)
    with serving(archive) as address:  # a server closes the connection of an answer cut short
        one = requests.Session()
        for _ in range(2):
            assert one.head(f"{address}/api/v1/objects?objectId={name}").status_code == 200
            assert one.get(f"{address}/api/v1/objects?objectId={name}").json()


def test_head_makes_nothing_of_an_answer_that_is_made_while_it_is_sent(tmp_path):
    made = []

    def pieces():
        made.append(1)
        yield b"x"

    client = served(tmp_path, lambda archive, values: Stream(pieces=pieces(), media="parquet"))
    head = client.head("/api/v1/slow")
    assert (head.status_code, head.headers["content-type"], made) == (200, "parquet", [])
    assert client.get("/api/v1/slow").content == b"x"
    assert "content-length" not in head.headers


def test_a_method_that_is_not_allowed_is_told_those_that_are(client):
    refused = client.delete("/api/v1/objects")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert client.post("/health").headers["allow"] == "GET, HEAD"
    browser = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    assert client.options("/api/v1/objects", headers=browser).status_code == 200


def seconds(answer):
    return int(answer.headers["retry-after"])


def test_who_comes_while_too_many_wait_is_told_when_to_come_again(tmp_path):
    done, inside = threading.Event(), threading.Event()

    def slow(archive, values):
        inside.set()
        done.wait(10)
        return Rows(table=pa.table({"x": [1]}))

    with served(tmp_path, slow, at_once=1, waiting=0, seconds=30) as client:
        first = threading.Thread(target=lambda: client.get("/api/v1/slow"))
        first.start()
        assert inside.wait(10)
        refused = client.get("/api/v1/slow", headers={"Origin": "https://example.org"})
        done.set()
        first.join()
    assert refused.status_code == 503
    assert 1 <= seconds(refused) <= 30
    assert "Retry-After" in refused.headers["access-control-expose-headers"]


def test_a_query_that_took_too_long_may_have_ended_as_long_after(tmp_path):
    done = threading.Event()
    answer = served(tmp_path, lambda *_: done.wait(5), seconds=1.2).get("/api/v1/slow")
    done.set()
    assert (answer.status_code, seconds(answer)) == (504, 2)


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_what_things_take_is_learnt_from_the_last_of_them(before, now):
    pace = Pace()
    for seconds_ in [before] * 50 + [now] * 50:
        pace.took(seconds_)
    assert pace.seconds == pytest.approx(now, abs=0.01 * max(before, now))


def test_who_finds_no_room_is_told_when_the_first_inside_may_be_out():
    room = Room(limits=Limits(large_at_once=1, seconds=40))
    told = []
    for taken in (100.0, 12.0, 12.0):
        room.hold()
        with pytest.raises(BusyError) as busy:
            room.hold()
        told.append(int(busy.value.headers["Retry-After"]))
        room.release()
        room._pace.seconds = taken
    assert told[0] == 1, "nothing is known yet"
    assert told[1] == 40, "no longer than a query"
    assert 10 <= told[2] <= 12


def test_who_asks_too_often_is_told_when_the_next_may_be(tmp_path):
    now = [0.0]
    turnstile = Turnstile(per_second=0.1, burst=1.0, clock=lambda: now[0])
    assert [turnstile.admits("a") for _ in range(2)] == [True, False]
    assert turnstile.seconds_left("a") == pytest.approx(10.0)
    now[0] = 4.0
    assert turnstile.seconds_left("a") == pytest.approx(6.0)
    now[0] = 10.0
    assert turnstile.admits("a")
    with served(tmp_path, lambda *_: {}, per_second=0.001) as client:
        refused = [a for a in (client.get("/api/v1/slow") for _ in range(12)) if not a.is_success]
    assert {a.status_code for a in refused} == {429}
    assert 900 < seconds(refused[0]) <= 1000


def test_an_archive_that_is_not_there_yet_says_when_to_ask_again(tmp_path):
    empty = Archive(tables=Tables("ztf", str(tmp_path)))
    health = TestClient(application(empty, (), title="ZTF")).get("/health")
    assert (health.status_code, seconds(health)) == (503, 300)
