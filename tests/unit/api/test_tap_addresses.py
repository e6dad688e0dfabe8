"""Tables that a query names by address, asked for as clients ask."""

import time
import xml.etree.ElementTree as ET

import pytest
import pyvo
import requests
from api_archive import packets, science_row, write_ztf
from api_served import serving
from fastapi.testclient import TestClient
from web_of_tables import page, status, web

from fink_assets.api.command import reach_of
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import Limits
from fink_assets.api.server import application
from fink_assets.api.tap import uploads
from fink_assets.api.tap.hosts import Reach
from fink_assets.settings import Settings

ROWS = "<TR><TD>1</TD></TR><TR><TD>2</TD></TR>"
TABLE = (
    '<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>'
    f'<FIELD name="a" datatype="int"/><DATA><TABLEDATA>{ROWS}</TABLEDATA></DATA>'
    "</TABLE></RESOURCE></VOTABLE>"
).encode()
ENTITY = b'<!DOCTYPE VOTABLE [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LOOPBACK = Reach(hosts=("127.0.0.1",))
METHODS = f".//uploadMethod[@ivo-id='{uploads.INLINE.replace('inline', '{}')}']"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    rows = [science_row(p, classification={"label": "Unknown"}) for p in packets()[:3]]
    return write_ztf(tmp_path_factory.mktemp("lake"), rows)


@pytest.fixture(scope="module")
def address(archive):
    with serving(archive, Limits(seconds=60), LOOPBACK) as server:
        yield f"{server}/tap"


@pytest.fixture(scope="module")
def place():
    pages = {
        "/t": page(TABLE, "Content-Type: application/x-votable+xml"),
        "/t%3Ba,b?x=y,param:c": page(TABLE, "Content-Type: text/plain"),
        "/moved": status(301, "Location: /t"),
        "/page": page(b"<html><body>no table</body></html>", "Content-Type: text/html"),
        "/entity": page(ENTITY + TABLE),
    }
    with web(pages) as server:
        yield f"http://127.0.0.1:{server.port}"


def asked(address, upload, query="SELECT * FROM tap_upload.t ORDER BY a", **more):
    told = {"QUERY": query, "LANG": "ADQL", "UPLOAD": upload, "FORMAT": "csv"}
    return requests.post(f"{address}/sync", data=told, **more)


def test_pyvo_names_a_table_by_address_while_one_waits_and_as_a_job(address, place):
    service = pyvo.dal.TAPService(address)
    assert {method.ivo_id.rpartition("-")[2] for method in service.upload_methods} == {
        *("inline", "http", "https")
    }
    for run in (service.run_sync, service.run_async):
        found = run("SELECT t.a FROM TAP_UPLOAD.t AS t ORDER BY a", uploads={"t": f"{place}/moved"})
        assert list(found["a"]) == [1, 2]


def test_a_job_that_has_not_begun_is_told_more_addresses(address, place):
    job = pyvo.dal.TAPService(address).submit_job(
        "SELECT t.a FROM tap_upload.t AS t JOIN tap_upload.u AS u USING (a)",
        uploads={"t": f"{place}/t"},
    )
    job.upload(u=f"{place}/moved")
    job.run().wait(timeout=60)
    job.raise_if_error()
    assert len(job.fetch_result()) == 2
    job.delete()


def test_tables_by_address_and_in_the_form_come_together_and_by_get(address, place):
    query = "SELECT t.a FROM tap_upload.t AS t JOIN tap_upload.u AS u USING (a) ORDER BY a"
    both = asked(address, f"t,{place}/t;u,param:u", query, files={"u": TABLE})
    assert both.text.split() == ["a", "1", "2"]
    told = {"QUERY": "SELECT * FROM tap_upload.t", "UPLOAD": f"t,{place}/t", "FORMAT": "csv"}
    assert requests.get(f"{address}/sync", params=told).text.split() == ["a", "1", "2"]


def test_a_semicolon_of_an_address_is_written_as_percent_3b(address, place):
    answer = asked(address, f"t,{place}/t;a?param:c=1")
    assert answer.status_code == 400
    assert "%3B" in answer.text
    answer = asked(address, f"t,{place}/t%3Ba,b?x=y,param:c")
    assert answer.text.split() == ["a", "1", "2"]


@pytest.mark.parametrize(
    ("path", "told"),
    [("/page", "no TABLE in it"), ("/entity", "DOCTYPE"), ("/gone", "status 404")],
)
def test_what_comes_back_is_read_as_carefully_as_what_is_sent(address, place, path, told):
    answer = asked(address, f"t,{place}{path}")
    assert answer.status_code == 400
    assert told in answer.text
    service = pyvo.dal.TAPService(address)
    with pytest.raises(pyvo.dal.DALQueryError, match=told):
        service.run_async("SELECT * FROM tap_upload.t", uploads={"t": f"{place}{path}"})


@pytest.mark.parametrize(
    "upload",
    ["t,file:///etc/passwd", "t,ftp://h.example/t", "t,vos://h.example/t", "t,http://a@b/"],
)
def test_other_addresses_are_refused_before_a_query_begins(address, upload):
    answer = asked(address, upload)
    assert answer.status_code == 400
    assert "UPLOAD: t cannot be fetched" in answer.text


def test_a_host_inside_is_not_asked_by_a_server_that_has_not_been_told_to(archive):
    with web({"/t": page(TABLE)}) as door, serving(archive, Limits(seconds=60)) as server:
        answer = asked(f"{server}/tap", f"t,http://127.0.0.1:{door.port}/t")
    assert answer.status_code == 400
    assert "not public" in answer.text
    assert not door.asked


def test_a_slow_host_holds_a_query_no_longer_than_its_time(archive):
    def drip():
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            time.sleep(0.1)
            yield b"<"

    with web({"/t": drip()}) as slow, serving(archive, Limits(seconds=6), LOOPBACK) as server:
        answer = asked(f"{server}/tap", f"t,http://127.0.0.1:{slow.port}/t")
    assert answer.status_code == 504


def test_a_server_that_may_not_fetch_declares_no_such_method_and_says_so(archive):
    app = application(archive, ENDPOINTS["ztf"], title="ZTF", reach=Reach(on=False))
    with TestClient(app) as client:
        found = ET.fromstring(client.get("/tap/capabilities").content)
        assert found.find(METHODS.format("inline")) is not None
        assert found.find(METHODS.format("http")) is None
        told = {"QUERY": "SELECT * FROM tap_upload.t", "UPLOAD": "t,http://h.example/t"}
        answer = client.post("/tap/sync", data=told)
        job = client.post("/tap/async", data={**told, "PHASE": "RUN"})
    assert answer.status_code == 400
    assert "param:PART; addresses are not fetched by this server" in answer.text
    assert ">ERROR<" in job.text
    assert "not fetched" in job.text


def test_settings_say_what_is_fetched(monkeypatch):
    assert reach_of(Settings()) == Reach(on=True, hosts=())
    monkeypatch.setenv("FINK_API_FETCH", "false")
    monkeypatch.setenv("FINK_API_FETCH_HOSTS", "data.inside, 10.0.0.7:8080")
    assert reach_of(Settings()) == Reach(on=False, hosts=("data.inside", "10.0.0.7:8080"))
