"""Which names of bodies `/sso` takes: those of packets, those that SsODNet knows, and no others."""

import threading
from datetime import timedelta

import pyarrow as pa
import pytest
from api_archive import META, lsst_row, packets, science_row, write, write_lsst, write_ztf
from fastapi.testclient import TestClient
from unit.api.test_api_resolver import KEPT, NAMES, ONCE, broken, quaero
from unit.services.served import serving

from fink_assets.api.flavours import endpoints
from fink_assets.api.remote import Remote, Shared
from fink_assets.api.server import application
from fink_assets.archive.bodies import BodyAlerts
from fink_assets.clock import utc_now
from fink_assets.services import ssodnet


def of_bodies(archive, address=None):
    """Ask `/sso` of a server that may ask SsODNet at an address."""
    room = threading.Semaphore(2)
    clients = {"ssodnet": Shared(address=address, limits=ONCE, room=room)} if address else {}
    survey = archive.tables.survey
    client = TestClient(application(archive, endpoints(survey, Remote(clients=clients)), title="x"))
    return lambda named: client.post("/api/v1/sso", json={"n_or_d": named})


def names_status(answer):
    return answer.headers.get("Fink-Names-Status")


def seen_as(archive, science, names):
    """The archive of alerts of bodies, with what packets call them."""
    rows = [{k: row[k] for k in KEPT} | {"name": n} for row, n in zip(science, names, strict=True)]
    types = {k: META[k] for k in KEPT} | {"name": pa.string()}
    write(archive.tables.root, f"{archive.tables.survey}/solar_system", rows, types)
    BodyAlerts(tables=archive.tables).replace(sorted({row["night"] for row in science}))
    return archive


@pytest.fixture
def of_survey(tmp_path):
    science = [science_row(p) for p in packets()[: len(NAMES)]]
    lsst = [lsst_row(1, 11, 61000.0, 10.0, -5.0)]
    return {
        "ztf": seen_as(write_ztf(tmp_path, science), science, NAMES),
        "lsst": seen_as(write_lsst(tmp_path, lsst), lsst, ["K10J69O"]),
    }


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_name_that_no_body_has_is_refused_in_the_words_of_the_reference(of_survey, survey):
    with serving(quaero) as server:
        ask = of_bodies(of_survey[survey], server.address)
        for named in ("kdflsjffld", "2010 JO69,kdflsjffld"):
            answer = ask(named)
            told = "kdflsjffld is not a valid name or number according to quaero.\n"
            assert answer.status_code == 400
            assert answer.text == str({"status": "error", "text": told})
        known = ask("8467")
        assert (known.status_code, names_status(known)) == (200, "answered")
        assert len(known.json()) == {"ztf": 3, "lsst": 0}[survey], "a body without alerts is none"
        own = ask("2010 JO69")
        assert len(own.json()) == 1, "SsODNet does not have it, packets do"


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_a_name_that_nobody_could_be_asked_about_is_an_empty_answer_that_says_so(of_survey, survey):
    with serving(broken) as server:
        for address in (None, server.address):
            answer = of_bodies(of_survey[survey], address)("kdflsjffld")
            assert (answer.status_code, answer.json()) == (200, [])
            assert names_status(answer) == "unavailable"


@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_what_cannot_be_a_name_of_a_body_is_refused_whoever_may_be_asked(of_survey, survey):
    answer = of_bodies(of_survey[survey])("x = y")
    assert answer.status_code == 400
    assert "no name of a body" in answer.text


def test_that_there_was_no_such_body_years_ago_refuses_nobody(of_survey):
    archive = of_survey["ztf"]
    kept = {"asked": "2031 AB", "answered": utc_now() - timedelta(days=400), **ssodnet.NONE}
    ssodnet.Bodies(archive.tables.root).keep([kept])
    answer = of_bodies(archive)("2031 AB")
    assert (answer.status_code, answer.json(), names_status(answer)) == (200, [], "unavailable")


@pytest.mark.parametrize("named", ["K10J69O", "2010 JO69", "2010JO69"])
def test_a_body_of_lsst_is_found_by_its_designation_packed_or_not(of_survey, named):
    (row,) = of_bodies(of_survey["lsst"])(named).json()
    assert (row["r:diaSourceId"], row["f:sso_name"]) == (1, "2010 JO69")
