"""The bench of the REST API asks for what is there, of an archive as the stages write it."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from fastapi.testclient import TestClient

from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.modules import MODULES
from fink_assets.trial import archived, asked, drawn
from fink_assets.trial.ground import TrialError

ALERTS = 2000


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    made, steps = Tables("ztf", str(tmp_path_factory.mktemp("lake"))), []
    with pytest.MonkeyPatch.context() as few:
        for name, number in {"BATCHES": 3, "STEPS": 6, "STAMPS": 20}.items():
            few.setattr(archived, name, number)
        archived.build(made, alerts=ALERTS, done=lambda: steps.append(1))
        assert len(steps) == archived.STEPS
    return made


@pytest.fixture(scope="module")
def questions(tables):
    return {question.name: question for question in asked.questions(tables)}


@pytest.fixture(scope="module")
def client(tables):
    archive = Archive(tables=Tables("ztf", tables.root))
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


def test_every_table_of_the_archive_has_its_rows(tables):
    sky = drawn.sky(ALERTS)
    assert {n: getattr(tables, n).count() for n in ("raw", "science", "sources", "alerts")} == {
        "raw": ALERTS,
        "science": ALERTS,
        "sources": ALERTS,
        "alerts": ALERTS,
    }
    assert tables.body_alerts.count() == np.sum(sky.kind == drawn.BODY)
    assert tables.objects.count() == len(set(sky.names))
    known = {module.name for module in MODULES if module.survey == "ztf"}
    assert known <= {field.name for field in tables.alerts.log().schema().fields}
    received = tables.statistics.query("select sum(received) as n from it")["n"][0].as_py()
    assert received == ALERTS


def test_an_object_of_the_bench_has_the_alerts_that_were_drawn_for_it(client):
    sky = drawn.sky(ALERTS)
    counts = Counter(sky.names.tolist())
    for name, number in counts.most_common(3):
        rows = client.get(f"/api/v1/objects?objectId={name}").json()
        assert len(rows) == number
        assert rows[0]["i:jd"] == max(row["i:jd"] for row in rows)


def test_every_question_has_an_answer_and_images_are_whole(questions, client):
    assert set(questions) == {
        *("object", "object, with images", "cone", "class", "body", "statistics"),
    }
    for question in questions.values():
        rows = client.get(question.paths[0]).json()
        assert rows, question
    rows = client.get(questions["object, with images"].paths[0]).json()
    shapes = {np.shape(row[f"b:cutout{k}_stampData"]) for row in rows for k in ("Science",)}
    assert shapes == {(63, 63)}


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
        question = asked.Question("x", tuple(f"/{k}" for k in range(asked.WARMING + asked.ALONE)))
        found = asked.measured(address, question, lambda: done.append(1))
        with pytest.raises(TrialError, match="/wrong: 500"):
            asked.measured(address, asked.Question("x", ("/wrong",)), lambda: None)
        server.shutdown()
    assert len(done) == asked.WARMING + asked.ALONE + asked.TOGETHER
    assert set(found) == {"1", "16"}
    assert found["1"]["p50_ms"] <= found["1"]["p95_ms"] <= found["1"]["p99_ms"]
    assert found["16"]["kb"] == 2.0
    told = {"alerts": 1, "sha256_mb_s": [1, 2], "questions": {"x": found}}
    assert asked.shown(json.loads(json.dumps(told))).row_count == 2
