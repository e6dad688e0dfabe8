"""What every route of Fink's API has in common, asked of each route of both surveys.

Texts and forms are those that published scripts compare.
"""

import io

import pandas as pd
import pytest
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from astropy.io import votable
from fastapi.testclient import TestClient

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

SURVEYS = ("ztf", "lsst")
WORDS = {"ztf": ("classes", "schema", "columns"), "lsst": ("blocks", "tags")}
"""Routes that a GET without arguments asks for something."""
PLACE = {"ra": 53.2514, "dec": -27.861, "radius": 5}
EVERY = [(survey, e) for survey in SURVEYS for e in ENDPOINTS[survey]]
REQUIRED = [(s, e, a) for s, e in EVERY for a in e.arguments if a.required]
NOTHING = {
    "ztf": {
        "objects": {"objectId": "ZTF00nothing"},
        "latests": {"class": "no such class"},
        "conesearch": {"ra": 0, "dec": 0, "radius": 1},
        "sso": {"n_or_d": "nobody"},
        "tracklet": {"date": "2001-01-01"},
        "anomaly": {"start_date": "2030-01-01"},
        "statistics": {"date": "20010101"},
        "resolver": {"resolver": "tns", "name": "nobody"},
        "explorer": {"objectId": "ZTF00nothing"},
        "xmatch": {"catalog": "RA,Dec,ID\n1,2,3\n", "header": "RA,Dec,ID", "radius": 1},
    },
    "lsst": {
        **{path: {"diaObjectId": "nonsense"} for path in ("objects", "sources", "fp")},
        "conesearch": {"ra": 0, "dec": 80, "radius": 5},
        "sso": {"n_or_d": "10P"},
        "tags": {"tag": "uniform_sample"},
        "statistics": {"date": "2001"},
        "resolver": {"resolver": "tns", "name_or_id": "nobody"},
    },
}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    root = tmp_path_factory.mktemp("lake")
    few = packets()[:4]
    labels = ("Unknown", "Unknown", "Unknown", "SN candidate")
    science = [
        science_row(packet, classification={"label": label})
        for packet, label in zip(few, labels, strict=True)
    ]
    row = lsst_row(170424319673368579, 11, 61048.1, PLACE["ra"], PLACE["dec"])
    archives = {"ztf": write_ztf(root, science, raw=few), "lsst": write_lsst(root, [row])}
    return {s: TestClient(application(a, ENDPOINTS[s], title=s)) for s, a in archives.items()}


def error(text):
    return str({"status": "error", "text": text})


def named(value):
    return value if isinstance(value, str) else getattr(value, "path", getattr(value, "name", ""))


@pytest.mark.parametrize(("survey", "endpoint"), EVERY, ids=named)
def test_a_get_without_arguments_describes_a_route_that_takes_some(clients, survey, endpoint):
    answer = clients[survey].get(f"/api/v1/{endpoint.path}")
    assert answer.status_code == 200
    if endpoint.path in WORDS[survey]:
        assert answer.headers["content-type"] == "application/json"
        return
    assert answer.headers["content-type"].startswith("text/plain")
    assert all(f"  {argument.name} (" in answer.text for argument in endpoint.all_arguments)


@pytest.mark.parametrize(("survey", "endpoint", "argument"), REQUIRED, ids=named)
def test_a_request_that_lacks_an_argument_is_told_which(clients, survey, endpoint, argument):
    given = {a.name: "1" for a in endpoint.arguments if a.required and a is not argument}
    given |= {"kind": "Science", "header": "RA,Dec,ID", "resolver": "tns", "night": "2026-01-01"}
    given |= {"credible_level": 0.5}
    given.pop(argument.name, None)
    answer = clients[survey].post(f"/api/v1/{endpoint.path}", json=given)
    told = f"A value for `{argument.name}` is required. See / for all arguments.\n"
    assert (answer.status_code, answer.text) == (400, error(told))


@pytest.mark.parametrize(
    ("survey", "path"), [(s, path) for s in SURVEYS for path in NOTHING[s]], ids=named
)
def test_what_is_not_there_is_an_empty_answer_in_every_format(clients, survey, path):
    def ask(form):
        body = {**NOTHING[survey][path], "output-format": form}
        answer = clients[survey].post(f"/api/v1/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer

    assert ask("json").text == "[]"
    assert ask("csv").text == "\n"
    assert pd.read_parquet(io.BytesIO(ask("parquet").content)).empty
    table = votable.parse(io.BytesIO(ask("votable").content), verify="exception")
    assert len(table.get_first_table().array) == 0


@pytest.mark.parametrize("survey", SURVEYS)
def test_positions_and_radii_that_are_none_are_refused_in_the_words_of_the_reference(
    clients, survey
):
    def ask(**more):
        return clients[survey].post("/api/v1/conesearch", json={**PLACE, **more})

    wide = "`radius` cannot be bigger than 18,000 arcseconds (5 degrees).\n"
    for radius in (36000, "36000", 18000.1):
        assert (ask(radius=radius).status_code, ask(radius=radius).text) == (400, error(wide))
    assert ask(radius=18000).status_code == 200
    bad = ask(ra="kfdlkj", dec="lkfdjf")
    told = """ValueError("Invalid character at col 0 parsing angle 'kfdlkj'")"""
    assert (bad.status_code, bad.text) == (400, f"{{'status': 'error', 'text': {told}}}")
    assert bad.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("survey", "path"), [(s, path) for s in SURVEYS for path in NOTHING[s]], ids=named
)
def test_a_format_that_there_is_not_is_refused_and_its_other_spelling_ignored(
    clients, survey, path
):
    body = NOTHING[survey][path]
    refused = clients[survey].post(f"/api/v1/{path}", json={**body, "output-format": "fits"})
    told = "Output format `fits` is not supported. Choose among json, csv, votable, or parquet\n"
    assert (refused.status_code, refused.text) == (400, error(told))
    other = {**body, "output_format": "csv", "no_such_argument": 1}
    assert clients[survey].post(f"/api/v1/{path}", json=other).text == "[]"


@pytest.mark.parametrize("survey", SURVEYS)
def test_a_circle_is_the_same_by_get_by_post_and_by_both(clients, survey):
    client, path = clients[survey], "/api/v1/conesearch"
    wide = {**PLACE, "radius": 18000, "n": 2}
    posted = client.post(path, json=wide)
    texts = {name: f" {value}" for name, value in wide.items()}  # as the TOM toolkit sends them
    assert client.post(path, json=texts).text == posted.text
    assert client.get(path, params=wide).text == posted.text
    mixed = client.post(path, params=wide, json={**wide, "ra": 0, "dec": 80})
    assert mixed.text == posted.text, "the address counts"


def test_columns_lose_their_blanks_and_unknown_ones(clients):
    asked = {"objectId": packets()[0]["objectId"], "columns": " i:jd , i:magpsf,i:nonsense"}
    found = clients["ztf"].post("/api/v1/objects", json=asked).json()
    assert [list(row) for row in found] == [["i:jd", "i:magpsf"]] * len(found)


def test_a_column_whose_name_has_blanks_is_given_with_them(clients):
    asked = {"date": "", "columns": "basic:exposures, class:SN candidate"}
    found = clients["ztf"].post("/api/v1/statistics", json=asked).json()
    assert found
    for row in found:
        assert list(row) == ["basic:exposures", "class:SN candidate", "key:key"]


@pytest.mark.parametrize("true", [True, "True", "true"])
def test_what_is_true_may_be_written_in_several_ways(clients, true):
    asked = {"date": "2021", "schema": true}
    assert "key:key" in clients["ztf"].post("/api/v1/statistics", json=asked).json()
    assert "key:key" in clients["ztf"].get("/api/v1/statistics", params=asked).json()
    for false in (False, "False", "false", ""):
        asked = {"date": "2001", "schema": false}
        assert clients["ztf"].post("/api/v1/statistics", json=asked).json() == []


@pytest.mark.parametrize(
    ("path", "given", "told"),
    [
        ("statistics", {"date": "", "schema": "yes"}, "`schema`: `yes` is neither true nor false"),
        ("statistics", {"date": "202413"}, "`date`: there is no 202413."),
        ("statistics", {"date": "20240230"}, "`date`: there is no 20240230."),
        ("latests", {"class": "Unknown", "n": "x"}, "`n`: `x` is not a whole number"),
        ("latests", {"class": "Unknown", "startdate": "never"}, "`never` is no date"),
        ("sso", {"n_or_d": ""}, "A value for `n_or_d` is required."),
        ("conesearch", {"ra": 1, "dec": 1, "radius": 5, "window": "x"}, "`x` is not a number"),
        (
            "cutouts",
            {"objectId": "x", "kind": "Science", "pmin": 99, "pmax": 1},
            "`pmin` must be less than `pmax`.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_plain_words(clients, path, given, told):
    answer = clients["ztf"].post(f"/api/v1/{path}", json=given)
    assert answer.status_code == 400
    assert told in answer.text


def test_text_and_json_have_the_same_digits(clients):
    asked = {"objectId": packets()[0]["objectId"], "columns": "i:magpsf,i:sigmapsf,i:ra"}
    ask = clients["ztf"].post
    listed = ask("/api/v1/objects", json=asked).json()
    text = ask("/api/v1/objects", json=asked | {"output-format": "csv"}).text
    lines = pd.read_csv(io.StringIO(text), dtype=str).to_dict("records")
    assert lines == [{name: repr(value) for name, value in row.items()} for row in listed]


@pytest.mark.parametrize("trend", ["up", "low_state", "new_low_state"])
def test_a_trend_that_a_class_does_not_have_is_refused(clients, trend):
    asked = {"class": "Unknown", "trend": trend}
    assert clients["ztf"].post("/api/v1/latests", json=asked).status_code == 400


def test_a_class_gives_ten_alerts_by_default_the_newest_first(clients):
    asked = {"class": "Unknown", "startdate": "2018-01-01", "columns": "i:jd"}
    found = [row["i:jd"] for row in clients["ztf"].post("/api/v1/latests", json=asked).json()]
    assert found == sorted(found, reverse=True)
    declared = {e.path: {a.name: a.default for a in e.arguments} for e in ENDPOINTS["ztf"]}
    assert (declared["latests"]["n"], declared["conesearch"]["n"]) == (10, 1000)
    assert (declared["anomaly"]["n"], declared["resolver"]["nmax"]) == (10, 10)


def test_lists_of_words_have_the_forms_of_the_reference(clients):
    classes = clients["ztf"].get("/api/v1/classes").json()
    assert list(classes)[:2] == ["Fink classifiers", "Cross-match with TNS"]
    assert len(classes) == 3
    tags = clients["lsst"].get("/api/v1/tags").json()
    assert all(set(tag) == {"description", "API support"} for tag in tags.values())
    blocks = clients["lsst"].get("/api/v1/blocks").json()
    assert blocks
    assert all(n.startswith("b_") and isinstance(doc, str) for n, doc in blocks.items())
