"""The bench of the REST API asks for what is there, of an archive as the stages write it."""

import io
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from astropy.io import fits
from fastapi.testclient import TestClient

from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.lake.contracts import RAW
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.modules import MODULES
from fink_assets.trial import archived, asked, drawn
from fink_assets.trial.drawn import Part, sky
from fink_assets.trial.ground import TrialError
from fink_assets.trial.questions import NUMBER, Question, Request, questions
from fink_assets.trial.shapes import SHAPES
from fink_assets.trial.tabled import FORCED

ALERTS, NIGHTS = 2000, 33
SURVEYS = ("ztf", "lsst")
FOLLOWED = ("alerts", "classes", "received")


@pytest.fixture(scope="module", params=SURVEYS)
def tables(request, tmp_path_factory):
    if request.param == "lsst":
        request.getfixturevalue("packets")
    made, steps = Tables(request.param, str(tmp_path_factory.mktemp("lake"))), []
    archived.build(made, alerts=ALERTS, nights=NIGHTS, stamps=20, done=lambda: steps.append(1))
    assert NIGHTS < len(steps) <= NIGHTS + archived.STEPS
    return made


@pytest.fixture(scope="module")
def drawn_sky(tables):
    shape = SHAPES[tables.survey]
    return sky(ALERTS, shape.survey, first=shape.first, nights=NIGHTS)


@pytest.fixture(scope="module")
def names(tables, drawn_sky):
    """Object of each alert that was drawn and passed."""
    whole = Part(sky=drawn_sky, batch=0, places=np.arange(len(drawn_sky.kind)), chance=np.random)
    every = np.array(SHAPES[tables.survey].names(whole))
    return every[drawn_sky.passed]


@pytest.fixture(scope="module")
def client(tables):
    archive = Archive(tables=Tables(tables.survey, tables.root))
    with TestClient(application(archive, ENDPOINTS[tables.survey], title="X")) as made:
        yield made


def test_every_table_of_the_archive_has_its_rows(tables, drawn_sky, names):
    received = len(drawn_sky.kind)
    assert received == round(ALERTS / drawn.PASSED)
    counts = dict.fromkeys(("raw", "received"), received)
    counts |= dict.fromkeys(("science", "sources", "alerts"), ALERTS)
    counts |= {"quarantine": received - ALERTS, "objects": len(set(names))}
    bodies = np.sum(drawn_sky.passed & (drawn_sky.kind == drawn.BODY))
    counts |= {"solar_system": bodies, "body_alerts": bodies}
    if tables.survey == "lsst":
        counts["forced_photometry"] = counts["forced_light_curves"] = FORCED * (ALERTS - bodies)
    assert {noun: getattr(tables, noun).count() for noun in counts} == counts
    known = {module.name for module in MODULES if module.survey == tables.survey}
    assert known <= {field.name for field in tables.alerts.log().schema().fields}
    total = "select sum(received) as n, sum(passed) as m from it"
    assert tables.statistics.query(total).to_pylist() == [{"n": received, "m": ALERTS}]
    assert {c.name for c in RAW} <= {field.name for field in tables.raw.log().schema().fields}


def test_tables_have_the_marks_and_properties_by_which_the_api_reads_those_of_a_lake(tables):
    archive = Archive(tables=tables)
    assert set(archive.behind().values()) == {0}
    assert set(FOLLOWED) <= set(archive.behind())
    last = tables.ledger.position("raw2science")
    appended = ["raw", "science", "sources", "quarantine", "deliveries", "objects"]
    appended += ["forced_photometry"] * (tables.survey == "lsst")
    for noun in (*appended, *FOLLOWED):
        table = getattr(tables, noun)
        told = table.log().metadata().configuration
        assert table.committed() == last
        assert told["delta.dataSkippingStatsColumns"] == ",".join(table.indexed)
        assert table.properties.items() <= told.items()


def test_what_became_of_an_object_is_read_where_it_is_sorted(tables, client, monkeypatch):
    """As in a lake: raw and science are asked for the mark of their last batch alone."""
    name = tables.received.query("select object_id from it limit 1")["object_id"][0]
    opened, query = set(), Archive.query

    def noted(self, statement, **nouns):
        opened.update(nouns.values())
        return query(self, statement, **nouns)

    monkeypatch.setattr(Archive, "query", noted)
    assert client.get(f"/api/v1/why?object={name}").json()["alerts"]
    assert opened == {"received", "alerts", "quarantine", "deliveries"}


def test_an_object_of_the_bench_has_the_alerts_that_were_drawn_for_it(tables, names, client):
    route, argument, time = {
        "ztf": ("objects", "objectId", "i:jd"),
        "lsst": ("sources", "diaObjectId", "r:midpointMjdTai"),
    }[tables.survey]
    for name, number in Counter(names.tolist()).most_common(3):
        rows = client.get(f"/api/v1/{route}?{argument}={name}").json()
        assert len(rows) == number
        assert rows[0][time] == max(row[time] for row in rows)


def test_every_question_is_answered_as_it_says(tables, client):
    for question in questions(tables):
        assert len(question.requests) == NUMBER
        for each in question.requests[:7]:
            answer = client.get(each.path)
            assert answer.status_code == 200
            assert each.is_met_by(answer.content), (question.name, each)
        assert not each.is_met_by(b"[]")
    named = {q.name for q in questions(tables)}
    assert {"object", "cone", "body", "statistics", "why"} <= named


def test_images_are_whole_and_of_the_alert_that_is_asked_for(tables, client):
    found = {q.name: q.requests for q in questions(tables)}
    if tables.survey == "ztf":
        rows = client.get(found["object, with images"][0].path).json()
        shapes = {np.shape(row["b:cutoutScience_stampData"]) for row in rows}
        assert shapes == {(63, 63)}
        return
    path = found["image"][0].path
    alert = int(path.split("diaSourceId=")[1].split("&")[0])
    stored = tables.raw.query(f'select "cutoutDifference" as f from it where alert_id = {alert}')
    answer = client.get(f"{path}&output-format=FITS").content
    assert answer == stored["f"][0].as_py()
    assert fits.getdata(io.BytesIO(answer)).shape == (46, 46)


def test_what_became_of_alerts_of_the_bench_is_told_of_each(tables, client):
    """A tenth fails a cut, and filters pass some: `why` reads all of these tables."""
    cut = tables.quarantine.query("select object_id, alert_id from it limit 1").to_pylist()[0]
    told = client.get(f"/api/v1/why?object={cut['object_id']}").json()["alerts"]
    fates = {row["alert_id"]: row["fate"] for row in told}
    assert fates[str(cut["alert_id"])] == "rejected by the quality cuts"
    sent = tables.deliveries.query("select object_id, alert_id from it limit 1").to_pylist()[0]
    told = client.get(f"/api/v1/why?object={sent['object_id']}").json()["alerts"]
    assert "delivered" in {row["fate"] for row in told if row["alert_id"] == str(sent["alert_id"])}


def test_requests_of_many_clients_are_all_made_and_timed():
    class Slow(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            told = b"x" * 2000
            self.send_response(200 if self.path != "/wrong" else 500)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *words):
            pass

    done = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server, ThreadPoolExecutor(1) as thread:
        thread.submit(server.serve_forever)
        address = f"http://127.0.0.1:{server.server_address[1]}"
        question = Question("x", tuple(Request(f"/{k}", "xx") for k in range(NUMBER)))
        found = asked.measured(address, question, lambda: done.append(1))
        with pytest.raises(TrialError, match="/wrong: 500"):
            asked.measured(address, Question("x", (Request("/wrong", "x"),)), lambda: None)
        with pytest.raises(TrialError, match="without another"):
            asked.measured(address, Question("x", (Request("/right", "another"),)), lambda: None)
        server.shutdown()
    assert len(done) == NUMBER + asked.TOGETHER
    assert set(found) == {"1", "16"}
    assert found["1"]["p50_ms"] <= found["1"]["p95_ms"] <= found["1"]["p99_ms"]
    assert found["16"]["kb"] == 2.0
    told = {"alerts": 1, "sha256_mb_s": [1, 2], "questions": {"x": found}}
    assert asked.shown(json.loads(json.dumps(told))).row_count == 2
