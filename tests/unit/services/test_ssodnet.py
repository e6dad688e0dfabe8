"""A name means the body that bears it, whoever answers slowly, wrongly or not at all."""

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from unit.services import served
from unit.services.served import serving

from fink_assets.services import ssodnet
from fink_assets.services.client import Client, Limits, ServiceError
from fink_assets.services.ssodnet import Bodies, body_of, resolve

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CERES = {
    "id": "Ceres",
    "name": "Ceres",
    "number": 1,
    "type": "Dwarf Planet",
    "class": ["MB", "Middle"],
    "aliases": ["1", "1943 XB", "A899 OF", "00001"],
}
OTHER = {"id": "2015_DJ284", "name": "2015 DJ284", "type": "Asteroid", "aliases": ["K15DS4J"]}
NONE = {"id": None, "name": None, "number": None, "type": None, "class": None}


def answering(*bodies):
    return lambda handler, _: served.send(
        handler, json.dumps({"total": len(bodies), "data": bodies}).encode()
    )


def found(names, address, root, *, now=NOW, seconds=10.0):
    client = Client(address=address, limits=Limits(attempts=1)) if address else None
    return resolve(names, bodies=Bodies(str(root)), client=client, seconds=seconds, now=now)


@pytest.mark.parametrize("name", ["Ceres", "ceres", "1", "1943 XB", "1943_XB"])
def test_a_body_is_found_by_each_of_its_names(name):
    body = body_of(json.dumps({"data": [OTHER, CERES]}).encode(), name)
    assert body == {
        "id": "Ceres",
        "name": "Ceres",
        "number": 1,
        "type": "Dwarf Planet",
        "class": "MB>Middle",
    }


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Cere", {"data": [CERES]}),
        ("Ceres", {"data": []}),
        ("Ceres", {"total": 0}),
        ("Ceres", {"data": [CERES, CERES | {"id": "other"}]}),
    ],
)
def test_a_name_that_no_body_bears_or_several_do_means_none(name, answer):
    assert body_of(json.dumps(answer).encode(), name) == NONE


@pytest.mark.parametrize("answer", [b"<html>", b"[1]", b'{"data": 3}', b'{"data": [{}]}', b"\xff"])
def test_what_is_not_an_answer_is_refused(answer):
    with pytest.raises(ServiceError, match="not an answer of SsODNet"):
        body_of(answer, "Ceres")


def test_names_are_asked_for_once_and_again_when_the_answer_is_old(tmp_path):
    with serving(answering(CERES, OTHER)) as server:
        first = found(["Ceres", "2015 DJ284", "Ceres"], server.address, tmp_path)
        again = found(["Ceres", "2015 DJ284"], server.address, tmp_path, now=NOW + timedelta(80))
        assert len(server.asked) == 2
        old = found(["Ceres"], server.address, tmp_path, now=NOW + timedelta(100))
        assert len(server.asked) == 3
        assert '"Ceres"~0' in server.asked[0].parameters["q"]
    pd.testing.assert_frame_equal(first, again)
    assert first.index.tolist() == ["Ceres", "2015 DJ284"]
    assert first["number"].tolist() == [1, None]
    assert old["answered"].tolist() == [pd.Timestamp(NOW + timedelta(100))]


def test_that_a_name_means_no_body_is_an_answer_too(tmp_path):
    with serving(answering()) as server:
        result = found(["nobody", 'x" OR "y'], server.address, tmp_path)
        assert len(server.asked) == 1, "what cannot be a name is not sent"
    assert result["state"].tolist() == ["answered", "unavailable"]
    assert result["reason"].tolist() == [None, ssodnet.NO_NAME]
    assert set(result["id"]) == {None}


def test_dashes_and_apostrophes_of_texts_are_those_of_names():
    comet = "67P/Churyumov\N{EN DASH}Gerasimenko"
    assert comet.translate(ssodnet.PLAIN) == "67P/Churyumov-Gerasimenko"
    assert "O\N{RIGHT SINGLE QUOTATION MARK}Neil".translate(ssodnet.PLAIN) == "O'Neil"


@pytest.mark.parametrize("respond", [served.hang, served.reset, answering(3)])
def test_whatever_it_does_names_are_unavailable_in_time_and_heal(respond, tmp_path):
    with serving(respond) as server:
        result, seconds = served.elapsed(
            lambda: found(["Ceres", "Pallas"], server.address, tmp_path, seconds=0.5)
        )
        assert seconds < 4
        assert set(result["state"]) == {"unavailable"}
        assert result["reason"].notna().all()
        server.respond = answering(CERES)
        assert found(["Ceres"], server.address, tmp_path)["id"].tolist() == ["Ceres"]
    assert found(["Ceres"], None, tmp_path)["number"].tolist() == [1]
    assert found(["Vesta"], None, tmp_path)["state"].tolist() == ["unavailable"]
