"""Ephemerides and residuals beside the alerts of known bodies, as far as Miriade answers."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from api_archive import META, lsst_row, packets, science_row, write, write_lsst, write_ztf
from fastapi.testclient import TestClient
from unit.services import as_miriade, served
from unit.services.as_miriade import miriade
from unit.services.served import serving

from fink_assets.api import sso_ephemerides
from fink_assets.api.flavours import endpoints
from fink_assets.api.remote import Remote, Shared
from fink_assets.api.server import application
from fink_assets.archive.bodies import BodyAlerts
from fink_assets.astro.phase_functions import shg1g2
from fink_assets.services.client import Limits
from fink_assets.settings import PROJECT

ORACLE = PROJECT.parent / "shared/data/science_oracles/SSO_aggregated_3_objects.parquet"
PACKET = packets()[0]
TRUTH = {"g1": 0.3, "g2": 0.3, "oblateness": 0.7, "alpha0_deg": 40.0, "delta0_deg": 50.0}
H = {1: 15.5, 2: 15.0}
NUMBER, NOISE = 80, 0.01
KEPT = ("night", "batch", "alert_id", "object_id")
MOST = 3
SET = {"Date", "RA", "DEC", "Dobs", "Dhelio", "Phase", "Elong.", "VMag", "dRAcosDEC", "dDEC", "RV"}
FULL = Limits(attempts=1, read_seconds=10.0, connect_seconds=10.0)


def alert(number, jd, name):
    """An alert of ZTF of a body on the circle, with the light of the model and some noise."""
    seen = {k: float(v) for k, v in as_miriade.geometry(jd + 15 / 86400).items()}
    band = 1 + number % 2
    place = np.array([seen["RA"]]), np.array([seen["DEC"]])
    reduced = shg1g2(np.array([seen["Phase"]]), *place, h=H[band], **TRUTH)[0]
    light = reduced + 5 * np.log10(seen["Dobs"] * seen["Dhelio"])
    chance = np.random.default_rng(number).normal(0, NOISE)
    candidate = PACKET["candidate"] | {
        "jd": jd,
        "ra": seen["RA"],
        "dec": seen["DEC"],
        "fid": band,
        "magpsf": light + chance,
        "sigmapsf": NOISE,
        "ssnamenr": name,
    }
    return PACKET | {
        "candid": 1000 + number,
        "objectId": f"ZTF24a{number:06d}",
        "candidate": candidate,
    }


def with_bodies(root, survey, archive, science, names):
    rows = [{k: row[k] for k in KEPT} | {"name": n} for row, n in zip(science, names, strict=True)]
    write(root, f"{survey}/solar_system", rows, {k: META[k] for k in KEPT} | {"name": pa.string()})
    BodyAlerts(tables=archive.tables).replace(sorted({row["night"] for row in science}))
    return archive


@pytest.fixture(scope="module")
def science():
    days = as_miriade.EPOCH + np.linspace(0, 900, NUMBER) + 0.25
    names = ["8467"] * NUMBER + ["10P", "2010JO69", "2010JO69"]
    days = [*days, *(days[-1] + np.arange(1, 4))]
    rows = [alert(k, float(jd), n) for k, (jd, n) in enumerate(zip(days, names, strict=True))]
    return [science_row(row) for row in rows], names


@pytest.fixture(scope="module")
def template(tmp_path_factory, science):
    root = tmp_path_factory.mktemp("lake")
    return with_bodies(root, "ztf", write_ztf(root, science[0]), *science)


@pytest.fixture
def archive(template, tmp_path):
    """The archive with nothing kept of Miriade."""
    import shutil

    shutil.rmtree(f"{template.tables.root}/services", ignore_errors=True)
    return template


def asking(archive, address=None, *, seconds=10.0, places=2):
    """Ask `/sso` of a server that may ask Miriade at an address."""
    import threading

    room = threading.Semaphore(places)
    clients = {"miriade": Shared(address=address, limits=FULL, room=room)} if address else {}
    survey = archive.tables.survey
    made = endpoints(survey, Remote(clients=clients, seconds=seconds))
    client = TestClient(application(archive, made, title=survey), raise_server_exceptions=False)
    return lambda name, **more: client.post("/api/v1/sso", json={"n_or_d": name, **more})


def test_each_alert_has_the_ephemeris_of_the_middle_of_its_exposure(archive):
    with serving(miriade()) as server:
        ask = asking(archive, server.address)
        answer = ask("8467", withEphem=True, columns="i:jd,i:magpsf")
        assert len(server.asked) == 1
    found = pd.DataFrame(answer.json())
    added = {*SET, "SDSS:g", "SDSS:r", "i:magpsf_red", "sso_name", "sso_number"}
    assert set(found.columns) == {"i:jd", "i:magpsf", *added}
    middle = found["i:jd"] + 15 / 86400
    np.testing.assert_allclose(found["Date"], middle, atol=2e-6)
    for name, values in as_miriade.geometry(middle).items():
        np.testing.assert_allclose(found[name], values, atol=1e-4)
    distance = 5 * np.log10(found["Dobs"] * found["Dhelio"])
    np.testing.assert_allclose(found["i:magpsf_red"], found["i:magpsf"] - distance)
    assert answer.headers["Fink-Source-Status"] == "answered"
    assert answer.headers["Fink-Source-Date"][:2] == "20"


def test_a_repeated_request_asks_nobody_and_one_server_that_may_not_ask_knows_it(archive):
    with serving(miriade()) as server:
        first = asking(archive, server.address)("8467", withEphem="True").json()
        again = asking(archive, server.address)("8467", withEphem="True").json()
        assert len(server.asked) == 1
    assert first == again == asking(archive)("8467", withEphem=True).json()


def test_residuals_are_what_the_fit_of_the_phase_curve_leaves(archive):
    with serving(miriade()) as server:
        answer = asking(archive, server.address)("8467", withResiduals=True)
    found = pd.DataFrame(answer.json())
    assert answer.headers["Fink-Fit"] == "ok"
    assert len(found) == NUMBER
    left = found["residuals_shg1g2"]
    assert 0.5 * NOISE < left.std() < 1.5 * NOISE
    noise = [np.random.default_rng(c - 1000).normal(0, NOISE) for c in found["i:candid"]]
    assert np.corrcoef(left, noise)[0, 1] > 0.9, "the scatter that was put in, and no other"
    assert "Phase" in found


def test_without_a_fit_residuals_are_null_and_it_is_said_why(archive):
    with serving(miriade()) as server:
        answer = asking(archive, server.address)("2010 JO69", withResiduals=True)
        assert server.asked[0].parameters["-name"] == "a:2010 JO69"
    assert [row["residuals_shg1g2"] for row in answer.json()] == [None, None]
    assert "no band has 25 points" in answer.headers["Fink-Fit"]


def test_residuals_of_a_list_are_refused_in_the_words_of_the_reference(archive):
    answer = asking(archive)("8467,10P", withResiduals=True)
    assert answer.status_code == 400
    assert answer.text == str(
        {"status": "error", "text": "You cannot request residuals for a list object names.\n"}
    )


def test_a_comet_has_a_phase_and_no_colours_and_a_list_has_those_of_its_asteroids(archive):
    with serving(miriade()) as server:
        ask = asking(archive, server.address)
        (comet,) = ask("10P", withEphem=True).json()
        assert server.asked[0].parameters["-name"] == "c:10P"
        both = pd.DataFrame(ask("10P,8467", withEphem=True).json())
    assert comet["Phase"] > 0
    assert "SDSS:g" not in comet
    assert both.groupby("sso_name")["SDSS:g"].count().to_dict() == {"10P": 0, "8467": NUMBER}


def test_every_format_has_the_same_columns(archive):
    with serving(miriade()) as server:
        ask = asking(archive, server.address)
        rows = ask("10P", withEphem=True).json()
        table = ask("10P", withEphem=True, **{"output-format": "parquet"})
        votable = ask("10P", withEphem=True, **{"output-format": "votable"})
        text = ask("10P", withEphem=True, **{"output-format": "csv"})
        assert len(server.asked) == 1
    assert set(rows[0]) == set(pd.read_parquet(io.BytesIO(table.content)).columns)
    assert set(rows[0]) == set(pd.read_csv(io.StringIO(text.text)).columns)
    assert 'name="Elong."' in votable.text
    assert text.headers["Fink-Source-Status"] == "answered"


def test_an_unknown_body_is_an_empty_answer_and_nobody_is_asked(archive):
    with serving(miriade()) as server:
        assert asking(archive, server.address)("kdflsjffld", withEphem=True).json() == []
        assert server.asked == []


def status(number):
    return lambda handler, _: served.send(handler, b"{}", status=number)


def shifted(rows):
    return [row | {"Phase": row["Dobs"], "Dobs": row["Phase"]} for row in rows]


FAILURES = {
    "no whole answer": served.hang,
    "status 500": status(500),
    "connection broken": lambda handler, _: served.send(handler, b'{"data": [', length=5000),
    "not JSON": lambda handler, _: served.send(handler, b"<html>"),
    "columns are shifted": miriade(change=shifted),
    "rows for": miriade(change=lambda rows: rows[1:]),
}


@pytest.mark.parametrize(("reason", "respond"), FAILURES.items(), ids=FAILURES.keys())
def test_whatever_miriade_does_the_answer_is_503_with_the_reason_in_time(archive, reason, respond):
    with serving(respond) as server:
        ask = asking(archive, server.address, seconds=0.5)
        answer, seconds = served.elapsed(lambda: ask("8467", withEphem=True))
        assert seconds < 8
        assert answer.status_code == 503
        assert "Ephemerides of 8467" in answer.text
        assert reason in answer.text
        assert int(answer.headers["Retry-After"]) == 60
        assert ask("8467").status_code == 200, "the alerts themselves need nobody"
        server.respond = miriade()
        assert asking(archive, server.address)("8467", withEphem=True).status_code == 200


def test_a_service_that_is_not_configured_is_503_as_a_problem_document_too(archive):
    client = TestClient(application(archive, endpoints("ztf"), title="ZTF"))
    answer = client.post(
        "/api/v1/sso",
        json={"n_or_d": "8467", "withEphem": True},
        headers={"accept": "application/problem+json"},
    )
    assert answer.status_code == 503
    told = json.loads(answer.text)
    assert told["status"] == 503
    assert "not among those that may be asked" in told["detail"]


def test_a_body_that_miriade_does_not_have_is_told_and_others_have_theirs(archive):
    with serving(miriade(unknown={"c:10P"})) as server:
        ask = asking(archive, server.address)
        alone = ask("10P", withEphem=True)
        both = ask("10P,8467", withEphem=True)
    assert alone.status_code == 400
    assert "no ephemerides of 10P" in alone.text
    found = pd.DataFrame(both.json()).groupby("sso_name")["Phase"].count().to_dict()
    assert found == {"10P": 0, "8467": NUMBER}
    assert both.headers["Fink-Source-Reason"] == "no ephemerides of 10P"


def test_what_a_request_may_ask_for_is_bounded(archive, monkeypatch):
    monkeypatch.setattr(sso_ephemerides, "MOST_ALERTS", MOST)
    with serving(miriade()) as server:
        ask = asking(archive, server.address)
        assert ask("10P,2010JO69", withEphem=True).status_code == 200
        answer = ask("8467", withEphem=True)
        assert len(server.asked) == 2
    assert answer.status_code == 400
    assert f"at most {MOST} alerts; these are {NUMBER}" in answer.text


def test_who_finds_no_place_to_wait_is_told_at_once(archive):
    with serving(served.hang) as server:
        ask = asking(archive, server.address, places=0)
        answer, seconds = served.elapsed(lambda: ask("8467", withEphem=True))
        assert server.asked == []
    assert answer.status_code == 503
    assert seconds < 8, "not the ten that it might wait"
    assert "other requests wait" in answer.text


def test_images_come_with_the_alerts_of_a_body_as_in_the_reference(archive):
    ask = asking(archive)
    refused = ask("8467", withcutouts=True, columns="i:jd")
    assert refused.status_code == 400
    assert "You need to add 'i:objectId,i:candid'" in refused.text
    found = ask("10P", withcutouts=True, columns="i:objectId,i:candid")
    assert set(found.json()[0]) >= {"i:objectId", "i:candid", "b:cutoutScience_stampData"}


def test_lsst_is_seen_from_its_own_place_by_names_that_are_packed(tmp_path):
    mjd = 61_100.2
    science = [lsst_row(k, 20 + k, mjd + k, 10.0, -5.0) for k in range(3)]
    archive = with_bodies(tmp_path, "lsst", write_lsst(tmp_path, science), science, ["J96T28C"] * 3)
    with serving(miriade()) as server:
        ask = asking(archive, server.address)
        answer = ask("J96T28C", withEphem=True)
        told = server.asked[0].parameters
        assert (told["-name"], told["-observer"]) == ("a:1996 TC28", "X05")
        residuals = ask("J96T28C", withResiduals=True, columns="r:diaSourceId")
    found = answer.json()
    assert [row["f:sso_name"] for row in found] == ["1996 TC28"] * 3
    assert found[0]["Date"] == pytest.approx(mjd + 2 + 2_400_000.5 - 37 / 86400, abs=2e-6)
    shown = 31.4 - 2.5 * 3  # of 1000 nJy
    distance = 5 * np.log10(found[0]["Dobs"] * found[0]["Dhelio"])
    assert found[0]["v:magpsf_red"] == pytest.approx(shown - distance)
    assert residuals.json()[0]["residuals_shg1g2"] is None


@pytest.mark.skipif(not ORACLE.exists(), reason="shared/data has no ephemerides")
def test_ephemerides_of_production_give_residuals_of_some_tenths_of_a_magnitude(tmp_path):
    """What Miriade answered about 33803 for ZTF: residuals are the scatter of its rotation."""
    body = pd.read_parquet(ORACLE).set_index("ssnamenr").loc["33803"]
    columns = {"jd": "cjd", "ra": "cra", "dec": "cdec", "fid": "cfid", "magpsf": "cmagpsf"}
    columns |= {"sigmapsf": "csigmapsf"}
    science = []
    for k in range(len(body["cjd"])):
        own = {ours: body[theirs][k].item() for ours, theirs in columns.items()}
        packet = PACKET | {"candid": k, "objectId": f"ZTF20a{k:06d}"}
        science.append(science_row(packet | {"candidate": packet["candidate"] | own}))
    archive = write_ztf(tmp_path, science)
    with_bodies(tmp_path, "ztf", archive, science, ["33803"] * len(science))
    at = {round(jd + 15 / 86400, 6): k for k, jd in enumerate(body["cjd"])}

    def respond(handler, asked):
        rows = []
        for day in as_miriade.times_of(asked):
            k = at.get(round(day, 6), at.get(round(day - 1e-6, 6), at.get(round(day + 1e-6, 6))))
            row = {n: float(body[n][k]) for n in ("Dobs", "Dhelio", "Phase")}
            row |= {"Date": day, "Elong.": float(body["Elong"][k])}
            row |= {"RA": as_miriade.sexagesimal(float(body["RA"][k]) / 15)}
            rows.append(row | {"DEC": as_miriade.sexagesimal(float(body["DEC"][k]))})
        served.send(handler, json.dumps({"data": rows}).encode())

    with serving(respond) as server:
        answer = asking(archive, server.address)("33803", withResiduals=True)
    found = pd.DataFrame(answer.json())
    assert len(found) == 108
    assert answer.headers["Fink-Fit"] == "ok"
    apart = np.hypot(
        (found["RA"] - found["i:ra"]) * np.cos(np.radians(found["i:dec"])),
        found["DEC"] - found["i:dec"],
    )
    assert (3600 * apart).max() < 0.5, "the body is where it was seen"
    assert 0.05 < found["residuals_shg1g2"].std() < 0.3
    assert abs(found["residuals_shg1g2"].mean()) < 0.05
