"""Identifiers of 64 bits are text on request: floating point numbers do not have them all."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.api import formats, ids
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

LARGE = 9_000_000_000_000_000_001


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    few = packets()[:3]
    root = tmp_path_factory.mktemp("lake")
    archive = write_ztf(root, [science_row(p) for p in few], raw=few)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


@pytest.fixture(scope="module")
def lsst(tmp_path_factory):
    archive = write_lsst(tmp_path_factory.mktemp("lake"), [lsst_row(LARGE, 11, 61000.0, 10.0, -5)])
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as made:
        yield made


def test_numbers_that_readers_would_round_are_text_wherever_they_are(client, lsst):
    rows = {"objectId": packets()[0]["objectId"], "id-format": "string"}
    found = client.post("/api/v1/objects", json={**rows, "columns": "i:candid,i:fid"}).json()
    assert str(packets()[0]["candid"]) in [row["i:candid"] for row in found]
    assert all(isinstance(row["i:fid"], int) for row in found)
    asked = {"alert": LARGE, "column": "diaSource.diaSourceId"}
    assert lsst.post("/api/v1/lineage", json=asked).json()["value"] == LARGE
    told = lsst.post("/api/v1/lineage", json={**asked, "id-format": "string"}).json()
    assert told["value"] == str(LARGE)
    by_client = lsst.post("/api/v1/lineage", json={**asked, "column": "r:diaSourceId"}).json()
    assert by_client == lsst.post("/api/v1/lineage", json=asked).json()


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_no_answer_of_json_has_a_number_that_readers_would_round(client, lsst, survey):
    packet = packets()[0]
    of = {"ztf": (packet["objectId"], packet["candid"]), "lsst": ("11", LARGE)}
    name, alert = of[survey]
    given = {
        **{"objectId": name, "diaObjectId": name, "object": name, "alert": alert},
        **{"ra": 10, "dec": -5, "radius": 18000, "class": "Unclassified", "n": 16, "date": ""},
        **{"diaSourceId": alert, "kind": "Science", "startdate": "2018-01-01", "n_or_d": "1"},
        **{"night": "2025-11-21", "column": "alert_id", "endpoint": "sources", "schema": "True"},
        **{"resolver": "simbad", "name": name, "name_or_id": name, "reverse": True, "seed": 1},
        **{"catalog": "RA,Dec,ID\n10,-5,9000000000000000001\n", "header": "RA,Dec,ID"},
    }
    answered = 0
    for endpoint in ENDPOINTS[survey]:
        own = {a.name: given[a.name] for a in endpoint.arguments if a.name in given}
        if endpoint.path == "why":
            own.pop("alert")
        own["output-format"] = "array" if endpoint.path == "cutouts" else "json"
        body = {**own, "id-format": "string"}
        method = "POST" if "POST" in endpoint.methods else "GET"
        sent = {"json": body} if method == "POST" else {"params": body}
        answer = {"ztf": client, "lsst": lsst}[survey].request(
            method, f"/api/v1/{endpoint.path}", **sent
        )
        if answer.status_code == 200 and answer.headers["content-type"] == "application/json":
            answered += answer.text not in ("[]", "{}")
            large = [n for n in numbers(answer.json()) if abs(n) > ids.LARGEST_EXACT]
            assert (endpoint.path, large) == (endpoint.path, [])
    assert answered >= 8


def numbers(value):
    """Whole numbers anywhere in an answer."""
    if isinstance(value, dict):
        return [n for each in value.values() for n in numbers(each)]
    if isinstance(value, list):
        return [n for each in value for n in numbers(each)]
    return [value] if isinstance(value, int) else []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(JSON)
def test_numbers_of_json_are_changed_into_themselves_or_their_text(value):
    changed = ids.of_json(value)
    assert all(abs(n) <= ids.LARGEST_EXACT for n in numbers(changed))
    read = json.loads(json.dumps(changed, ensure_ascii=True))
    assert read == changed
    if not any(abs(n) > ids.LARGEST_EXACT for n in numbers(value)):
        assert changed == value


def test_numbers_inside_of_lists_and_structs_are_text_too():
    """`ssobulk` has the alerts of a body as a list."""
    inside = pa.table(
        {
            "n": pa.array([LARGE, None], pa.int64()),
            "list": pa.array([[LARGE, None], None], pa.list_(pa.int64())),
            "struct": pa.array([{"a": LARGE, "b": 1.5}, None]),
            "map": pa.array([[("a", LARGE)], None], pa.map_(pa.string(), pa.int64())),
            "small": pa.array([1, None], pa.int32()),
        }
    )
    found = ids.of_table(inside).to_pylist()
    assert found[0] == {
        "n": str(LARGE),
        "list": [str(LARGE), None],
        "struct": {"a": str(LARGE), "b": 1.5},
        "map": [("a", str(LARGE))],
        "small": 1,
    }
    assert set(found[1].values()) == {None}
    form, _ = formats.written(ids.of_table(inside), "parquet")
    assert pq.read_table(io.BytesIO(form)).column("n").to_pylist() == [str(LARGE), None]
