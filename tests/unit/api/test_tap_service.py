"""TAP as clients of the Virtual Observatory use it: pyvo, over HTTP."""

import sys
import time
import xml.etree.ElementTree as ET

import pytest
import pyvo
import requests
from api_archive import packets, science_row, write_ztf
from api_served import serving
from fastapi.testclient import TestClient

from fink_assets.api.errors import RequestError
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import Limits
from fink_assets.api.server import application
from fink_assets.api.tap import hosts, parameters, routes, uploads
from fink_assets.api.tap import jobs as tap_jobs
from fink_assets.api.tap.reserved import RESERVED
from fink_assets.api.tap.runner import Asked, Runner, TooLongError
from fink_assets.api.tap.tables import ABOUT, KEYS

HEAVY = (
    "SELECT COUNT(*) FROM alerts a, alerts b, alerts c, alerts d, alerts e, alerts f "
    "WHERE a.ra + b.ra + c.ra + d.ra + e.ra + f.ra > 0"
)


@pytest.fixture(scope="module")
def science():
    return [science_row(p, classification={"label": "Unknown"}) for p in packets()]


@pytest.fixture(scope="module")
def archive(tmp_path_factory, science):
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.fixture(scope="module")
def address(archive):
    with serving(archive, Limits(seconds=60)) as server:
        yield f"{server}/tap"


@pytest.fixture(scope="module")
def service(address):
    return pyvo.dal.TAPService(address)


def test_a_client_asks_and_gets_rows_with_units(service, science):
    found = service.run_sync("SELECT TOP 5 object_id, ra, dec, alerts FROM ztf.objects ORDER BY ra")
    assert len(found) == 5
    table = found.to_table()
    assert list(table["ra"]) == sorted(table["ra"])
    assert str(table["ra"].unit) == "deg"
    assert found.getdesc("ra").ucd == "pos.eq.ra;meta.main"
    assert set(table["object_id"]) <= {row["object_id"] for row in science}


def test_a_cone_is_what_the_rest_api_finds(service, address, science):
    row = science[0]
    query = (
        "SELECT object_id FROM objects WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), "
        f"CIRCLE('ICRS', {row['ra']}, {row['dec']}, 1.0))"
    )
    asked = {"ra": row["ra"], "dec": row["dec"], "radius": 3600, "columns": "i:objectId"}
    rest = requests.post(address.replace("/tap", "/api/v1/conesearch"), json=asked).json()
    found = {str(name) for name in service.run_sync(query)["object_id"]}
    assert found == {each["i:objectId"] for each in rest}


def test_tables_and_columns_are_told(service):
    assert "ztf.objects" in service.tables
    assert "tap_schema.tables" in service.tables
    columns = {c.name: c for c in service.tables["ztf.alerts"].columns}
    assert (columns["ra"].unit, columns["ra"].ucd) == ("deg", "pos.eq.ra;meta.main")
    assert "candidate_magpsf" in columns
    assert len(service.run_sync("SELECT * FROM TAP_SCHEMA.columns", maxrec=20)) == 20


def test_a_name_that_adql_keeps_for_itself_is_told_in_quotes(service):
    columns = service.run_sync(
        "SELECT column_name FROM tap_schema.columns "
        "WHERE table_name IN ('tap_schema.columns', 'ztf.statistics')"
    )
    names = {str(name) for name in columns["column_name"]}
    assert '"size"' in names
    assert not {name for name in names if name.upper() in RESERVED}
    assert {c.name for c in service.tables["tap_schema.columns"].columns} == {
        *(name for name in ABOUT["columns"] if name != "size"),
        '"size"',
    }
    for name in names & {f'"{word.lower()}"' for word in RESERVED}:
        table = "tap_schema.columns" if name == '"size"' else "ztf.statistics"
        service.run_sync(f"SELECT TOP 1 {name} FROM {table}")


def test_the_tables_about_tables_are_marked_and_joined_by_keys(service, address):
    marked = service.run_sync("SELECT table_name, std FROM tap_schema.columns")
    for row in marked:
        assert row["std"] == str(row["table_name"]).startswith("tap_schema.")
    keys = service.run_sync(
        "SELECT from_table, from_column, target_table, target_column "
        "FROM tap_schema.keys JOIN tap_schema.key_columns USING (key_id)"
    )
    listed = {tuple(str(value) for value in row.values()) for row in keys}
    assert listed == set(KEYS.values())
    tables = ET.fromstring(requests.get(f"{address}/tables").content)
    assert len(list(tables.iter("foreignKey"))) == len(KEYS)
    assert {c.get("std") for c in tables.iter("column")} == {None, "true"}


def test_a_time_is_told_as_one(service):
    found = service.run_sync("SELECT TOP 1 time FROM ztf.alerts")
    assert found.getdesc("time").xtype == "timestamp"
    assert str(found["time"][0]).endswith("Z")


def test_what_the_service_can_do_is_told(service):
    assert service.available
    assert service.maxrec == 10_000
    assert service.hardlimit == 100_000
    adql = service.get_tap_capability().get_adql()
    geometry = "ivo://ivoa.net/std/TAPRegExt#features-adqlgeo"
    assert adql.get_feature(geometry, "CIRCLE")
    assert adql.get_feature(geometry, "POLYGON")
    assert not adql.get_feature(geometry, "CENTROID")
    for kind, form in (("sets", "EXCEPT"), ("common-table", "WITH"), ("offset", "OFFSET")):
        assert adql.get_feature(f"ivo://ivoa.net/std/TAPRegExt#features-adql-{kind}", form)
    assert [m.ivo_id for m in service.upload_methods] == [uploads.INLINE, *hosts.METHODS.values()]
    assert service.get_tap_capability().uploadlimit.hard.content == uploads.MOST_ROWS


def test_more_rows_than_the_most_are_told(monkeypatch, service, address):
    asked = {"QUERY": "SELECT alert_id FROM alerts", "LANG": "ADQL", "MAXREC": "2"}
    content = requests.post(f"{address}/sync", data=asked).content
    assert content.index(b"</TABLE>") < content.index(b'value="OVERFLOW"')
    asked["QUERY"] = "SELECT TOP 2 alert_id FROM alerts"
    assert b"OVERFLOW" not in requests.post(f"{address}/sync", data=asked).content
    monkeypatch.setattr(parameters, "ROWS", 2)
    with pytest.warns(pyvo.dal.DALOverflowWarning):
        assert len(service.run_sync("SELECT alert_id FROM alerts")) == 2


@pytest.mark.parametrize(
    "query", ["SELECT nothing FROM objects", "DROP TABLE objects", "SELECT", "SELECT * FROM ledger"]
)
def test_a_query_that_is_refused_says_why_in_a_votable(service, address, query):
    with pytest.raises(pyvo.dal.DALQueryError):
        service.run_sync(query)
    answer = requests.post(f"{address}/sync", data={"QUERY": query, "LANG": "ADQL"})
    assert answer.status_code == 400
    assert b'value="ERROR"' in answer.content
    assert ET.fromstring(answer.content).get("version") >= "1.2"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"QUERY": ""},
        {"LANG": "PQL"},
        {"REQUEST": "getCapabilities"},
        {"MAXREC": "-1"},
        {"MAXREC": "x"},
        {"RESPONSEFORMAT": "fits"},
        {"UPLOAD": "t,param:t"},
        {"UPLOAD": "t,http://127.0.0.1/t.xml"},
        {"UPLOAD": "t,file:///etc/passwd"},
        {"UPLOAD": "t"},
        {"UPLOAD": "a b,param:t"},
        {"UPLOAD": ";".join(f"t{k},param:t" for k in range(6))},
    ],
)
def test_parameters_that_are_wrong_are_refused(address, spoilt):
    told = {"QUERY": "SELECT TOP 1 ra FROM objects", "LANG": "ADQL", **spoilt}
    assert requests.post(f"{address}/sync", data=told).status_code == 400


def test_parameters_may_be_in_any_case_of_letters_and_in_the_address(address):
    told = {"query": "SELECT TOP 1 ra FROM objects", "lang": "adql", "Format": "json"}
    found = requests.get(f"{address}/sync", params=told)
    assert found.headers["content-type"].startswith("application/json")
    assert len(found.json()) == 1
    csv = requests.post(f"{address}/sync", data={**told, "Format": "csv"})
    assert csv.text.splitlines()[0] == "ra"


def test_a_job_runs_while_nobody_waits(service, science):
    job = service.submit_job("SELECT alert_id FROM alerts", maxrec=1000)
    assert job.phase == "PENDING"
    job.run()
    job.wait(phases=["COMPLETED", "ERROR", "ABORTED"], timeout=60)
    job.raise_if_error()
    assert {int(a) for a in job.fetch_result()["alert_id"]} == {r["alert_id"] for r in science}
    url = job.url
    job.delete()
    assert requests.get(url).status_code == 404


def test_a_parameter_of_a_job_is_told_once_and_the_last_value_counts(address):
    job = requests.post(f"{address}/async", data={"RunId": "first", "QUERY": "SELECT"}).url
    requests.post(f"{job}/parameters", data={"RUNID": "second"})
    told = ET.fromstring(requests.get(job).content)
    uws = "{http://www.ivoa.net/xml/UWS/v1.0}"
    given = [(p.get("id"), p.text) for p in told.iter(f"{uws}parameter")]
    assert sorted(given) == [("QUERY", "SELECT"), ("RUNID", "second")]
    assert told.findtext(f"{uws}runId") == "second"
    assert requests.get(f"{job}/destruction").text == told.findtext(f"{uws}destruction")
    requests.delete(job)


def test_run_async_is_one_call(service):
    assert len(service.run_async("SELECT TOP 3 ra FROM objects")) == 3


def test_a_job_that_is_refused_says_why(service):
    job = service.submit_job("SELECT nothing FROM objects")
    job.run()
    job.wait(phases=["COMPLETED", "ERROR", "ABORTED"], timeout=60)
    assert job.phase == "ERROR"
    with pytest.raises(pyvo.dal.DALQueryError, match="nothing"):
        job.raise_if_error()
    assert requests.get(f"{job.url}/results/result").status_code == 404
    assert b"nothing" in requests.get(f"{job.url}/error").content


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"PHASE": "BAD"}, "PHASE is RUN or ABORT."),
        ({"ACTION": "KEEP"}, "ACTION is DELETE."),
        ({"EXECUTIONDURATION": "x"}, "EXECUTIONDURATION is a whole number"),
        ({"EXECUTIONDURATION": "-5"}, "EXECUTIONDURATION is a whole number"),
        ({"DESTRUCTION": "never"}, "DESTRUCTION is a time"),
    ],
)
def test_what_cannot_become_of_a_job_is_refused_and_changes_nothing(service, told, why):
    job = service.submit_job("SELECT TOP 1 * FROM objects")
    answer = requests.post(job.url, data=told, allow_redirects=False)
    assert (answer.status_code, why in answer.text) == (400, True)
    assert requests.get(f"{job.url}/phase").text == "PENDING"
    made = requests.post(
        f"{service.baseurl}/async", data={"QUERY": "SELECT 1", **told}, allow_redirects=False
    )
    assert made.status_code == 400


def test_the_times_of_a_job_are_the_services(service):
    job = service.submit_job("SELECT TOP 1 * FROM objects")
    before = requests.get(f"{job.url}/destruction").text
    asked = {"DESTRUCTION": "2001-01-01T00:00:00Z", "EXECUTIONDURATION": "1"}
    assert requests.post(job.url, data=asked, allow_redirects=False).status_code == 303
    assert requests.get(f"{job.url}/destruction").text == before


def test_a_job_can_be_ended(service):
    job = service.submit_job(HEAVY)
    job.run()
    job.abort()
    assert job.phase == "ABORTED"
    assert requests.get(f"{job.url}/phase").text == "ABORTED"


def test_jobs_of_others_are_not_told(service, address):
    job = service.submit_job("SELECT TOP 1 ra FROM objects")
    assert job.job_id not in requests.get(f"{address}/async").text
    assert len(job.job_id) == 32
    for what in ("", "/phase", "/results/result", "/error", "/parameters"):
        assert requests.get(f"{address}/async/{'0' * 32}{what}").status_code == 404
    assert requests.get(f"{job.url}/nonsense").status_code == 404


def test_too_large_a_body_is_refused(address):
    assert requests.post(f"{address}/sync", data={"QUERY": "x" * 300_000}).status_code == 413


def test_more_queries_than_may_wait_are_turned_away(monkeypatch, archive):
    monkeypatch.setattr(routes, "WAITING", -routes.AT_ONCE)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as client:
        told = {"QUERY": "SELECT TOP 1 ra FROM objects", "LANG": "ADQL"}
        answer = client.post("/tap/sync", data=told)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_query_that_is_too_slow_for_who_waits_is_answered_by_504(archive):
    limits = Limits(seconds=3)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="x", limits=limits)) as client:
        answer = client.post("/tap/sync", data={"QUERY": HEAVY, "LANG": "ADQL"})
    assert answer.status_code == 504
    assert b"/tap/async" in answer.content
    assert int(answer.headers["Retry-After"]) > 0


def test_a_query_ends_when_its_time_is_over(archive, tmp_path):
    runner = Runner(tables=archive.tables)
    asked = Asked(query=HEAVY, most_rows=10, format="csv")
    started = time.monotonic()
    with pytest.raises(TooLongError):
        runner.run(asked, tmp_path / "result", seconds=4)
    assert time.monotonic() - started < 30


def test_a_query_that_needs_too_much_memory_ends_alone(archive, tmp_path):
    runner = Runner(tables=archive.tables, memory=30 << 20)
    asked = Asked(query="SELECT * FROM alerts", most_rows=10, format="csv")
    with pytest.raises(RequestError, match="memory"):
        runner.run(asked, tmp_path / "result", seconds=60)


def test_of_too_many_jobs_the_oldest_that_nobody_waits_for_go(monkeypatch, archive):
    """First those that are over, then those that nobody has begun."""
    monkeypatch.setattr(tap_jobs, "MOST", 3)
    jobs = tap_jobs.Jobs(runner=Runner(tables=archive.tables), seconds=5)
    pending, *made = (jobs.add({}) for _ in range(3))
    jobs.abort(made[0])
    again = jobs.add({})
    with pytest.raises(RequestError):
        jobs.get(made[0].name)
    last = jobs.add({})
    with pytest.raises(RequestError):
        jobs.get(pending.name)
    for job in (made[1], again, last):
        job.phase = "QUEUED"
    with pytest.raises(tap_jobs.BusyError):
        jobs.add({})
    jobs.close()


def test_a_server_that_is_told_to_stop_ends_its_jobs(monkeypatch, archive):
    ended, close = [], tap_jobs.Jobs.close
    monkeypatch.setattr(tap_jobs.Jobs, "close", lambda jobs: (ended.append(jobs), close(jobs)))
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as client:
        assert client.get("/tap/availability").status_code == 200
        assert not ended
    assert len(ended) == 1


def test_jobs_are_killed_and_their_results_deleted(archive):
    jobs = tap_jobs.Jobs(
        runner=Runner(tables=archive.tables, command=(sys.executable, "-c", "input(); input()")),
        seconds=60,
    )
    job = jobs.add({})
    jobs.start(job, Asked(query="x", most_rows=1, format="csv"))
    while job.process is None:
        time.sleep(0.01)
    folder = jobs.file(job).parent
    jobs.close()
    assert job.process.wait(10) is not None
    assert not folder.exists()


def test_a_job_is_described_by_xml_that_can_be_read(address):
    told = {"QUERY": "SELECT ra FROM objects WHERE 1 < 2 AND object_id = '\"&'", "LANG": "ADQL"}
    made = requests.post(f"{address}/async", data=told, allow_redirects=False)
    assert made.status_code == 303
    root = ET.fromstring(requests.get(made.headers["location"]).content)
    names = {"uws": "http://www.ivoa.net/xml/UWS/v1.0"}
    told_back = {p.get("id"): p.text for p in root.iterfind(".//uws:parameter", names)}
    assert told_back["QUERY"] == told["QUERY"]
    for path in ("capabilities", "availability", "tables"):
        ET.fromstring(requests.get(f"{address}/{path}").content)
