"""Whatever a client sends, the API answers; it never fails, and nothing in a request is code."""

import json

import pyarrow as pa
import pytest
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from deltalake import QueryBuilder
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fink_assets.api import sql
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import Limits, Turnstile
from fink_assets.api.server import application

INJECTIONS = (
    "x' or '1'='1",
    "'; drop table it; --",
    "\\' or 1=1 --",
    "it.object_id",
    "ZTF%",
    "\u0000",
    "\ud800",
    "é☃",
    "a" * 20_000,
)
NUMBERS = ("NaN", "inf", "-Infinity", "1e400", "-1", "0", "1e30", "18001", "9" * 400, "true", "[]")
VALUES = st.one_of(
    st.sampled_from((*INJECTIONS, *NUMBERS)),
    st.text(max_size=30),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
PLACE = {"ra": "10", "dec": "-5", "radius": "5"}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    few = packets()[:3]
    label = {"label": "Unknown"}
    ztf = write_ztf(root, [science_row(p, classification=label) for p in few], raw=few)
    lsst = write_lsst(root, [lsst_row(1, 11, 61000.0, 10.0, -5.0)])
    archives = {"ztf": ztf, "lsst": lsst}
    limits = Limits(body_bytes=100_000)
    return {
        name: TestClient(
            application(archive, ENDPOINTS[name], title=name, limits=limits),
            raise_server_exceptions=False,
        )
        for name, archive in archives.items()
    }


def every():
    return [(name, e.path, e) for name, endpoints in ENDPOINTS.items() for e in endpoints]


@pytest.mark.parametrize(("survey", "path", "endpoint"), every(), ids=lambda v: str(v)[:20])
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_request_makes_a_server_error(clients, survey, path, endpoint, data):
    arguments = {a.name: data.draw(VALUES, label=a.name) for a in endpoint.all_arguments}
    body = json.dumps(arguments).encode()
    answer = clients[survey].post(f"/api/v1/{path}", content=body)
    assert answer.status_code < 500, (arguments, answer.text)


@pytest.mark.parametrize(("survey", "path", "endpoint"), every(), ids=lambda v: str(v)[:20])
def test_each_argument_alone_may_be_hostile(clients, survey, path, endpoint):
    good = {
        "objectId": "x",
        "class": "Unknown",
        "diaObjectId": "1",
        "n_or_d": "1",
        "kind": "Science",
    }
    good |= {**PLACE, "date": "2021", "night": "2021-01-01", "alert": 1, "column": "a.b"}
    good |= {"diaSourceId": 1, "endpoint": "sources", "credible_level": 0.5, "bayestar": "b''"}
    good |= {"catalog": "RA,Dec,ID\n1,2,3\n", "header": "RA,Dec,ID"}
    for argument in endpoint.all_arguments:
        for value in ("x' or '1'='1", "NaN", "9" * 400, "\u0000"):
            arguments = {k: v for k, v in good.items() if k in {a.name for a in endpoint.arguments}}
            answer = clients[survey].post(
                f"/api/v1/{path}", json={**arguments, argument.name: value}
            )
            assert answer.status_code < 500, (argument.name, value, answer.text)


@pytest.mark.parametrize("named", INJECTIONS)
def test_a_name_is_only_ever_a_name(clients, named):
    answer = clients["ztf"].post("/api/v1/objects", content=json.dumps({"objectId": named}))
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json() == []


@pytest.mark.parametrize("radius", ["NaN", "inf", -1, 18001, 1e300, True, None, [], "x"])
def test_a_radius_is_a_number_up_to_five_degrees(clients, radius):
    for survey in ("ztf", "lsst"):
        asked = {**PLACE, "radius": radius}
        assert clients[survey].post("/api/v1/conesearch", json=asked).status_code == 400


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"3", b"\xff\xfe", b'{"a": NaN}', b"[" * 50_000, b'"x"', b"null"]
)
def test_a_body_that_is_no_json_object_is_refused(clients, body):
    assert clients["ztf"].post("/api/v1/objects", content=body).status_code == 400


def test_a_large_body_is_refused(clients):
    answer = clients["ztf"].post("/api/v1/objects", content=b" " * 10_000_000)
    assert answer.status_code == 413


def test_wrong_methods_and_paths_are_client_errors(clients):
    assert clients["ztf"].delete("/api/v1/objects").status_code == 405
    assert clients["ztf"].post("/api/v1/metadata", json={"objectId": "x"}).status_code == 405


def test_where_no_column_exists_that_was_asked_for_there_is_no_answer(clients):
    """Rows without columns would look like an unknown object."""
    for columns in ("object_id", "i:jd) from it --", 'i:jd"', "kafka", "m:kafka.topic"):
        asked = {"objectId": packets()[0]["objectId"], "columns": columns}
        answer = clients["ztf"].post("/api/v1/objects", json=asked)
        assert answer.status_code == 400
        assert "There is no column" in answer.text
        one_is = clients["ztf"].post("/api/v1/objects", json=asked | {"columns": columns + ",i:jd"})
        assert one_is.status_code == 200
        assert all(list(row) == ["i:jd"] for row in one_is.json())


def test_who_asks_too_often_is_turned_away_and_let_in_again():
    now = [0.0]
    turnstile = Turnstile(per_second=1.0, burst=2.0, clock=lambda: now[0])
    assert [turnstile.admits("a") for _ in range(3)] == [True, True, False]
    assert turnstile.admits("b")
    now[0] = 1.0
    assert [turnstile.admits("a") for _ in range(2)] == [True, False]


def test_a_rate_limit_is_answered_by_429(tmp_path):
    few = packets()[:1]
    archive = write_ztf(tmp_path, [science_row(p) for p in few])
    app = application(archive, ENDPOINTS["ztf"], title="ztf", limits=Limits(per_second=0.001))
    client = TestClient(app)
    codes = {client.get("/api/v1/objects").status_code for _ in range(12)}
    assert codes == {200, 429}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_a_text_reaches_the_query_as_it_is(value):
    try:
        literal = sql.text(value)
    except ValueError:
        assert "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)
        return
    stream = QueryBuilder().execute(f"select {literal} as x, 'y' like {sql.text(sql.likes(value))}")
    assert pa.RecordBatchReader.from_stream(stream).read_all()["x"][0].as_py() == value
