"""Objects that chance chooses, and names that nobody can give."""

import pytest
from api_archive import lsst_row, packets, science_row, write_lsst, write_ztf
from fastapi.testclient import TestClient

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

LABELS = ("SN candidate", "Unknown")


@pytest.fixture(scope="module")
def science():
    alerts = [{**packets()[0], "objectId": f"ZTF24{k % 40:07d}", "candid": k} for k in range(80)]
    return [
        science_row(p, classification={"label": LABELS[k % 40 % 2]}) for k, p in enumerate(alerts)
    ]


@pytest.fixture(scope="module")
def client(tmp_path_factory, science):
    archive = write_ztf(tmp_path_factory.mktemp("lake"), science)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


@pytest.fixture(scope="module")
def ask(client):
    return lambda **given: client.post("/api/v1/random", json=given)


def names(answer):
    return {row["i:objectId"] for row in answer.json()}


def test_the_same_seed_gives_the_same_answer_and_another_one_another(ask):
    first = ask(n=5, seed=1)
    assert len(names(first)) == 5
    assert len(first.json()) == 10, "each object has all of its alerts"
    assert ask(n=5, seed=1).content == first.content
    assert ask(n=5, seed="1").content == first.content
    others = [names(ask(n=5, seed=k)) for k in range(2, 12)]
    assert len({frozenset(each) for each in others}) > 8
    assert len(set().union(*others)) > 20, "no object is preferred"


def test_without_a_seed_each_answer_is_another(ask):
    assert len({frozenset(names(ask(n=8))) for _ in range(5)}) > 3


def test_more_objects_have_the_fewer_in_them(ask):
    assert names(ask(n=3, seed=7)) < names(ask(n=9, seed=7))


def test_a_class_and_columns_may_be_named(ask, science):
    of = {r["object_id"] for r in science if r["classification"]["label"] == LABELS[0]}
    found = ask(n=16, seed=3, columns="i:objectId", **{"class": LABELS[0]})
    assert len(names(found)) == 16
    assert names(found) <= of
    assert all(list(row) == ["i:objectId"] for row in found.json())
    assert ask(n=3, **{"class": "nothing of ours"}).json() == []


@pytest.mark.parametrize("n", [0, 17, -1, "x", 1.5, True])
def test_sixteen_objects_are_the_most(ask, n):
    assert ask(n=n).status_code == 400


@pytest.mark.parametrize("seed", ["x", 1.5, 2**70, True])
def test_a_seed_is_a_whole_number(ask, seed):
    assert ask(seed=seed).status_code == 400


def test_lsst_gives_sources(tmp_path):
    archive = write_lsst(tmp_path, [lsst_row(k, 11 + k // 2, 61048.1 + k, 10, 5) for k in range(8)])
    client = TestClient(application(archive, ENDPOINTS["lsst"], title="LSST"))
    found = client.post("/api/v1/random", json={"n": 2, "seed": 1}).json()
    assert len({row["r:diaObjectId"] for row in found}) == 2
    assert len(found) == 4
    assert client.post("/api/v1/random", json={"n": 2, "class": "x"}).json() == []


def test_nobody_has_given_a_name_and_nobody_can(client):
    assert client.get("/api/v1/metadata?objectId=ZTF18abc").json() == []
    assert client.get("/api/v1/metadata?all=True").json() == []
    refused = client.post("/api/v1/metadata", json={"objectId": "x", "internal_name": "mine"})
    assert refused.status_code == 405
