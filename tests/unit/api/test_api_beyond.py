"""What became of alerts, nights that balance, the past of the archive, the Virtual Observatory."""

import io

import pyarrow as pa
import pytest
from api_archive import INGESTED, META, packets, science_row, write, write_ztf
from astropy.io import votable
from fastapi.testclient import TestClient

from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

REASON = {"rule": "low_real_bogus", "column": "candidate.rb", "value": "0.4", "threshold": "0.55"}
REASONS = pa.list_(pa.struct(dict.fromkeys(REASON, pa.string())))


def served(archive):
    return TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Six alerts: the first is rejected, the others are enriched, the second is sent on."""
    root, alerts = tmp_path_factory.mktemp("lake"), packets()[:6]
    rows = [science_row(p, classification={"label": "Unknown"}) for p in alerts]
    archive = write_ztf(root, rows[1:], raw=alerts)
    kept = ("night", "batch", "alert_id", "object_id", "kafka")
    types = {**{k: META[k] for k in kept}, "reasons": REASONS, "judged": META["ingested"]}
    rejected = {**{k: rows[0][k] for k in kept}, "reasons": [REASON], "judged": INGESTED}
    write(root, "ztf/quarantine", [rejected], types)
    names = ("filter", "filter_version", "topic")
    sent = {**{k: META[k] for k in kept[:4]}, **dict.fromkeys(names, pa.string())}
    sent |= {"arrived": META["ingested"], "sent": META["ingested"]}
    told = {**{k: rows[1][k] for k in kept[:4]}, "arrived": INGESTED, "sent": INGESTED}
    told |= {"filter": "early", "filter_version": "1.0.0", "topic": "fink_early_ztf"}
    write(root, "ztf/deliveries", [told], sent)
    return served(archive), rows


def test_a_rejected_alert_says_by_which_rule_value_and_threshold(scene):
    client, rows = scene
    found = client.post("/api/v1/why", json={"alert": rows[0]["alert_id"]}).json()["alerts"][0]
    assert found["fate"] == "rejected by the quality cuts"
    assert found["rejected"][0]["reasons"] == [REASON]
    assert found["received"][0]["kafka_offset"] == 7
    assert found["enriched"] == found["delivered"] == []


def test_an_alert_that_passed_says_which_modules_ran_and_where_it_went(scene):
    client, rows = scene
    asked = {"alert": str(rows[1]["alert_id"])}
    found = client.post("/api/v1/why", json=asked).json()["alerts"][0]
    assert found["fate"] == "delivered"
    assert found["delivered"][0]["topic"] == "fink_early_ztf"
    ran = found["enriched"][0]["modules"]["classification"]
    assert ran == {"status": "ok", "version": "1.0.0+abcdef01", "error": None}
    name = rows[1]["object_id"]
    of_object = client.get("/api/v1/why", params={"object": name}).json()["alerts"]
    assert str(rows[1]["alert_id"]) in {each["alert_id"] for each in of_object}
    assert client.post("/api/v1/why", json={"alert": 1}).json()["alerts"] == []


def test_a_night_balances_if_each_alert_was_judged(scene):
    client, rows = scene
    for night in {row["night"] for row in rows}:
        found = client.get("/api/v1/reconciliation", params={"night": night}).json()
        received = sum(row["night"] == night for row in rows)
        judged = found["rows"]["science"] + found["rows"]["quarantine"]
        assert found["alerts_received"] == received == judged
        assert found["rejected_by"] == ({"low_real_bogus": 1} if night == rows[0]["night"] else {})
        assert found["state"] == "complete"
        assert found["balanced"] in (True, False)
    empty = client.get("/api/v1/reconciliation", params={"night": "20300101"}).json()
    assert (empty["alerts_received"], empty["state"], empty["balanced"]) == (0, "nothing", None)


def test_a_night_that_is_still_streamed_is_neither_balanced_nor_not(tmp_path, monkeypatch):
    alerts = packets()[:2]
    rows = [science_row(p) for p in alerts]
    write_ztf(tmp_path, rows[:1], raw=alerts[:1])
    client = served(write_ztf(tmp_path, rows[1:], raw=alerts[1:]))
    last = {"science": 1, "sources": 0}
    monkeypatch.setattr(Archive, "committed", lambda archive, noun: last[noun])
    asked = {"night": rows[1]["night"]}
    streamed = client.get("/api/v1/reconciliation", params=asked).json()
    assert (streamed["state"], streamed["balanced"]) == ("in progress", None)
    last["sources"] = 1
    done = client.get("/api/v1/reconciliation", params=asked).json()
    assert (done["state"], done["balanced"]) == ("complete", True)


def test_a_value_says_which_module_made_it_of_what(scene):
    client, rows = scene
    asked = {"alert": rows[1]["alert_id"], "column": "classification.label"}
    found = client.post("/api/v1/lineage", json=asked).json()
    assert (found["value"], found["made_by"]["module"]) == ("Unknown", "classification")
    assert found["made_by"]["version"] == "1.0.0+abcdef01"
    assert "supernova.snia_vs_nonia" in found["made_by"]["inputs"]
    packet = client.post("/api/v1/lineage", json={**asked, "column": "candidate.jd"}).json()
    assert packet["made_by"] == {"packet": True}
    assert packet["received"][0]["alert_id"] == packet["alert_id"] == str(asked["alert"])
    for column in ("night", "module_status"):
        own = client.post("/api/v1/lineage", json={**asked, "column": column}).json()
        assert own["made_by"].keys() == {"broker"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("i:magpsf", "candidate.magpsf"),
        ("i:objectId", "object_id"),
        ("i:candid", "alert_id"),
        ("v:classification", "classification.label"),
        ("m:classification.label", "classification.label"),
    ],
)
def test_a_column_may_be_named_as_answers_name_it(scene, name, place):
    client, rows = scene
    asked = {"alert": rows[1]["alert_id"], "column": name}
    found = client.post("/api/v1/lineage", json=asked).json()
    assert found == client.post("/api/v1/lineage", json={**asked, "column": place}).json()
    assert (found["column"], found["known"]) == (place, True)


def test_a_column_that_is_not_there_is_told_with_those_near_it(scene):
    client, rows = scene
    asked = {"alert": rows[1]["alert_id"], "column": "candidate.magspf"}
    answer = client.post("/api/v1/lineage", json=asked)
    assert answer.status_code == 400
    assert "no column candidate.magspf. Near to it: candidate.magpsf" in answer.text


def test_the_archive_is_shown_as_it_was(tmp_path):
    alerts = packets()[:4]
    rows = [science_row(p) for p in alerts]
    archive = write_ztf(tmp_path, rows[:2])
    write_ztf(tmp_path, rows[2:])
    client, name = served(archive), rows[2]["object_id"]
    now = client.post("/api/v1/objects", json={"objectId": name}).json()
    before = client.post("/api/v1/objects", json={"objectId": name, "as_of": "0"}).json()
    assert len(now) - len(before) >= 1
    early = client.post("/api/v1/objects", json={"objectId": name, "as_of": "2001-01-01"})
    assert (early.status_code, early.json()) == (200, [])
    for unknown in ("99", "2999-01-01"):
        refused = client.post("/api/v1/objects", json={"objectId": name, "as_of": unknown})
        assert refused.status_code == 400


def test_simple_cone_search_gives_a_strict_votable(scene):
    client, rows = scene
    asked = {"RA": rows[1]["ra"], "DEC": rows[1]["dec"], "SR": 0.001}
    for verbosity, columns in ((1, 3), (2, 5), (3, 8)):
        answer = client.get("/vo/scs", params={**asked, "VERB": verbosity})
        assert answer.headers["content-type"] == "application/x-votable+xml"
        table = votable.parse(io.BytesIO(answer.content), verify="exception").get_first_table()
        assert len(table.fields) == columns
        by_ucd = {field.ucd: field for field in table.fields}
        assert {"ID_MAIN", "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"} <= set(by_ucd)
        assert by_ucd["ID_MAIN"].datatype == "char"
        assert rows[1]["object_id"] in [str(name) for name in table.array["object_id"]]
    none = client.get("/vo/scs", params={**asked, "SR": 0})
    assert len(votable.parse_single_table(io.BytesIO(none.content)).array) == 0


@pytest.mark.parametrize("wrong", [{}, {"RA": "x"}, {"SR": "NaN"}, {"DEC": 91}, {"VERB": 4}])
def test_errors_of_a_cone_search_are_votables(scene, wrong):
    client, _ = scene
    asked = {"RA": 1, "DEC": 1, "SR": 1, **wrong} if wrong else {}
    answer = client.get("/vo/scs", params=asked)
    found = votable.parse(io.BytesIO(answer.content), verify="exception")
    assert "Error" in [info.name for info in found.resources[0].infos]


def test_pyvo_searches_as_in_any_other_service(scene, tmp_path):
    dal = pytest.importorskip("pyvo").dal
    client, rows = scene

    class Session:
        def get(self, url, params=None, **more):
            answer = client.get(url.partition("testserver")[2] or "/vo/scs", params=params)
            answer.raw = io.BytesIO(answer.content)
            answer.raw.read = lambda size=-1, decode_content=True, _read=answer.raw.read: _read(
                size
            )
            return answer

    service = dal.SCSService("http://testserver/vo/scs", session=Session())
    found = service.search(pos=(rows[1]["ra"], rows[1]["dec"]), radius=0.001)
    assert rows[1]["object_id"] in [record.id for record in found]
    assert found[0].pos.ra.deg == pytest.approx(rows[1]["ra"], abs=0.01)
