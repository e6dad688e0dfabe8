"""The examples are queries that are answered, of a page that clients read."""

import xml.etree.ElementTree as ET

import pytest
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from api_tap import asking
from fastapi.testclient import TestClient

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.api.tap import examples, tables


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    science = [
        science_row(p, classification={"label": "Unknown"}, simbad={"main_type": "QSO"})
        for p in packets()
    ]
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.mark.parametrize("example", examples.EXAMPLES, ids=lambda e: e.name)
def test_an_example_is_answered(archive, example):
    query = dict((e.name, query) for e, query in examples.of(tables.shown(archive)))[example.name]
    assert isinstance(asking(archive)(query), list)
    if example.name in ("labels", "light-curves", "positions"):
        assert asking(archive)(query)


def test_the_examples_are_answered_of_the_other_survey_too(tmp_path):
    archive = write_lsst(tmp_path, [lsst_row(1, 11, 61048.1, 309.215, 33.465)])
    found = [asking(archive)(query) for _, query in examples.of(tables.shown(archive))]
    assert len(found) == len(examples.EXAMPLES)
    assert [len(rows) for rows in found[:2]] == [1, 1]


def test_the_page_has_each_example_with_its_name_and_its_query(archive):
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as client:
        answer = client.get("/tap/examples")
    assert answer.headers["content-type"].startswith("application/xhtml+xml")
    root = ET.fromstring(answer.text)
    body = root.find("{http://www.w3.org/1999/xhtml}body")
    assert body.get("vocab") == examples.VOCABULARY
    found = [e for e in body if e.get("typeof") == "example"]
    assert len(found) == len(examples.EXAMPLES) == 5
    for element, (example, query) in zip(found, examples.of(tables.shown(archive)), strict=True):
        assert element.get("resource") == f"#{element.get('id')}" == f"#{example.name}"
        told = {each.get("property"): each.text for each in element}
        assert told == {"name": example.title, "query": query}


def test_an_example_is_of_tables_that_are_there(archive):
    only = [table for table in tables.shown(archive) if table.schema == "tap_schema"]
    assert [e.name for e, _ in examples.of(only)] == ["positions"]
