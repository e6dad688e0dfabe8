"""Search by class, over real alerts: every alert is found in a class, as people name it."""

import pytest
from api_archive import latest, lsst_row, packets, science_row, write_lsst, write_ztf
from fastapi.testclient import TestClient

from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

KNOWN = (
    {"classification": {"label": "Mira"}, "simbad": {"main_type": "Mira", "otype": "Mi*"}},
    {"classification": {"label": "Unknown"}, "simbad": {"main_type": None, "otype": "LP*"}},
    {"classification": {"label": "QSO"}, "simbad": {"main_type": "QSO", "otype": "QSO"}},
    {"classification": None, "simbad": {"main_type": "Galaxy", "otype": "G"}},
    {"classification": None, "simbad": None, "tns_transient": {"type": "SN Ia"}},
)
STATUSES = {3: "failed", 4: "unavailable"}
ALL = {"n": 1000, "startdate": "2018-01-01"}


def row_of(number, packet):
    kind = number % len(KNOWN)
    row = science_row(packet, **KNOWN[kind])
    return row | {"module_status": [("classification", STATUSES.get(kind, "ok"))]}


@pytest.fixture(scope="module")
def science():
    return [row_of(number, packet) for number, packet in enumerate(packets())]


@pytest.fixture(scope="module")
def client(tmp_path_factory, science):
    archive = write_ztf(tmp_path_factory.mktemp("lake"), science)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


@pytest.fixture(scope="module")
def found(client):
    """Gives the alerts of a class."""

    def found(name, **more):
        answer = client.post("/api/v1/latests", json={"class": name, **ALL, **more})
        assert answer.status_code == 200
        return answer.json()

    return found


def of_kinds(science, *kinds):
    return {row["alert_id"] for n, row in enumerate(science) if n % len(KNOWN) in kinds}


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (("Mira", "(SIMBAD) Mira", "Mi*", "(SIMBAD) Mi*"), (0,)),
        (("LP*", "(SIMBAD) LP*"), (1,)),
        (("Unknown", "(SIMBAD) Unknown"), (1,)),
        (("QSO", "(SIMBAD) QSO"), (2,)),
        (("Galaxy", "(SIMBAD) G"), (3,)),
        (("(TNS) SN Ia",), (4,)),
        (("Unclassified",), (3, 4)),
        (("(Status) failed",), (3,)),
        (("(Status) unavailable",), (4,)),
        (("SN Ia", "(TNS) Mira", "failed", "(Status) ok", "(TNS) ", ""), ()),
    ],
)
def test_a_class_by_each_of_its_names_has_all_of_its_alerts_each_once(found, science, names, kinds):
    for name in names:
        answer = [row["i:candid"] for row in found(name)]
        assert len(answer) == len(set(answer))
        assert set(answer) == of_kinds(science, *kinds)


def test_an_alert_that_is_called_so_by_several_is_counted_once_in_n(found, science):
    assert len(found("QSO", n=5)) == 5


def test_every_alert_is_in_a_class_that_is_listed(client, found, science):
    listed = client.get("/api/v1/classes").json()
    assert len(listed) == 3
    names = [name for family in listed.values() for name in family]
    assert len(names) == len(set(names))
    seen = {row["i:candid"] for name in names for row in found(name)}
    assert seen == {row["alert_id"] for row in science}


def test_what_an_alert_is_called_is_the_class_in_which_it_is_found(found):
    for name in ("Unclassified", "(Status) failed", "(Status) unavailable"):
        assert {row["v:classification"] for row in found(name)} == {"Unclassified"}
    assert {row["v:classification"] for row in found("Unknown")} == {"Unknown"}


def test_objects_that_chance_chooses_may_be_of_any_class(client, science):
    states = {row["object_id"]: row for row in latest(science)}

    def chosen(name):
        asked = {"n": 16, "seed": 1, "class": name, "columns": "i:objectId"}
        answer = client.post("/api/v1/random", json=asked)
        assert answer.status_code == 200
        return {row["i:objectId"] for row in answer.json()}

    for name, module, output in (
        ("Unclassified", "classification", "label"),
        ("LP*", "simbad", "otype"),
    ):
        expected = {"Unclassified": None}.get(name, name)
        for thing in chosen(name):
            assert (states[thing][module] or {}).get(output) == expected
        assert chosen(name)
    assert not chosen("(Status) failed"), "objects have no statuses"


def test_of_lsst_too_an_object_may_be_unclassified(tmp_path):
    row = lsst_row(1, 11, 61048.1, 53.25, -27.86) | {"classification": None}
    archive = write_lsst(tmp_path, [row, lsst_row(2, 12, 61048.2, 53.35, -27.86)])
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as client:
        asked = {"n": 2, "class": "Unclassified", "columns": "r:diaObjectId"}
        assert client.post("/api/v1/random", json=asked).json() == [{"r:diaObjectId": 11}]
