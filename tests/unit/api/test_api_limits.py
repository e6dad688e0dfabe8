"""What one request may cost, and what a reader sees of files that are deleted under its hands."""

import socket
import threading
import time
from urllib.parse import urlsplit

import pyarrow as pa
import pytest
import requests
from api_archive import packets, science_row, write_ztf
from api_served import serving
from fastapi.testclient import TestClient

from fink_assets.api import limits
from fink_assets.api.archive import ATTEMPTS, Archive
from fink_assets.api.arguments import MOST_ROWS
from fink_assets.api.endpoints import Endpoint, Rows
from fink_assets.api.errors import RequestError
from fink_assets.api.limits import Limits
from fink_assets.api.server import application
from fink_assets.lake.tables import Tables

GONE = pa.ArrowInvalid("Object Store error: Object at location /x.parquet not found: No such file")


def served(root, answer, **limits):
    endpoint = Endpoint(path="slow", doc="Slow.", answer=answer, bare=True)
    archive = Archive(tables=Tables("ztf", str(root)))
    return TestClient(application(archive, [endpoint], title="x", limits=Limits(**limits)))


def test_a_query_that_takes_too_long_is_answered_by_504(tmp_path):
    done = threading.Event()
    client = served(tmp_path, lambda archive, values: done.wait(5), seconds=0.2)
    started = time.monotonic()
    answer = client.get("/api/v1/slow")
    done.set()
    assert answer.status_code == 504
    assert "longer than 0.2 s" in answer.text
    assert time.monotonic() - started < 4


@pytest.fixture
def listening(tmp_path):
    """Address of a real server, and what it counts."""
    with serving(Archive(tables=Tables("ztf", str(tmp_path)))) as address:
        yield urlsplit(address), lambda: requests.get(f"{address}/metrics").text


def test_a_client_that_hangs_up_is_no_error_of_the_server(listening, caplog):
    (_, place, *_), counted = listening
    host, port = place.split(":")
    for path in ("/api/v1/objects", "/tap/sync"):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{{".encode()
            )
    while counted().count('status="400"') == 0:
        time.sleep(0.05)
    assert 'status="500"' not in counted()
    assert not [record for record in caplog.records if record.exc_info]


def test_a_body_that_comes_too_slowly_holds_nobody_up(listening, monkeypatch):
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.3)
    (_, place, *_), _ = listening
    host, port = place.split(":")
    head = b"POST /api/v1/xmatch HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"
    with socket.create_connection((host, int(port)), timeout=30) as client:
        client.sendall(head)
        assert b" 408 " in client.recv(100)


def test_more_requests_than_may_wait_are_answered_by_503(tmp_path):
    done, inside = threading.Event(), threading.Event()

    def slow(archive, values):
        inside.set()
        done.wait(10)
        return Rows(table=pa.table({"x": [1]}))

    codes = []
    with served(tmp_path, slow, at_once=1, waiting=0) as client:
        first = threading.Thread(
            target=lambda: codes.append(client.get("/api/v1/slow").status_code)
        )
        first.start()
        assert inside.wait(5)
        refused = client.get("/api/v1/slow")
        done.set()
        first.join()
    assert refused.status_code == 503
    assert codes == [200]


def test_a_query_whose_files_were_deleted_is_asked_again(monkeypatch, tmp_path):
    archive = write_ztf(tmp_path, [science_row(packets()[0])])
    answer, failures = Archive._answer, iter([GONE] * (ATTEMPTS - 1))

    def sometimes(self, *given):
        for failure in failures:
            raise failure
        return answer(self, *given)

    monkeypatch.setattr(Archive, "_answer", sometimes)
    assert archive.query("select 1 as x from it", it="science").num_rows == 1


def test_a_past_whose_files_were_deleted_is_said_to_be_gone(monkeypatch, tmp_path):
    archive = write_ztf(tmp_path, [science_row(packets()[0])]).at(0)

    def never(self, *given):
        raise GONE

    monkeypatch.setattr(Archive, "_answer", never)
    with pytest.raises(RequestError, match="not kept any more"):
        archive.query("select 1 as x from it", it="science")


@pytest.mark.parametrize(("rows", "header"), [(MOST_ROWS - 1, None), (MOST_ROWS, "false")])
def test_an_answer_that_may_lack_rows_says_so(tmp_path, rows, header):
    table = pa.table({"x": range(rows)})
    with served(tmp_path, lambda archive, values: Rows(table=table)) as client:
        assert client.get("/api/v1/slow").headers.get("Fink-Complete") == header


def test_an_archive_without_tables_gives_empty_answers(tmp_path):
    from fink_assets.api.flavours import ENDPOINTS

    for survey, endpoints in ENDPOINTS.items():
        archive = Archive(tables=Tables(survey, str(tmp_path)))
        client = TestClient(application(archive, endpoints, title=survey))
        assert client.get("/health").status_code == 503
        asked = {"objectId": "x", "diaObjectId": "1", "ra": 1, "dec": 1, "radius": 1}
        asked |= {"class": "Unknown", "date": "2021", "n_or_d": "1", "tag": "uniform_sample"}
        for path in ("objects", "sources", "fp", "conesearch", "latests", "tags", "statistics"):
            if path in {e.path for e in endpoints}:
                answer = client.post(f"/api/v1/{path}", json=asked)
                assert (path, answer.status_code, answer.json()) == (path, 200, [])
