"""A name is resolved by whom it belongs to, or by what is kept; an answer says how sure it is."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from api_archive import META, lsst_row, packets, science_row, write, write_lsst, write_ztf
from fastapi.testclient import TestClient
from unit.services import served
from unit.services.served import serving
from unit.services.test_sesame import sesame

from fink_assets.api.flavours import endpoints
from fink_assets.api.remote import Remote, Shared
from fink_assets.api.server import application
from fink_assets.clock import utc_now
from fink_assets.services import TNS_LIST
from fink_assets.services.client import Limits
from fink_assets.services.sesame import OBJECT, resolve
from fink_assets.services.snapshot import keep

KEPT = ("night", "batch", "alert_id", "object_id")
CARRY = {
    "id": "Benoitcarry",
    "name": "Benoitcarry",
    "number": 8467,
    "type": "Asteroid",
    "class": ["MB"],
    "aliases": ["8467", "1981 EY30"],
}
RUBINCAM = CARRY | {"id": "Rubincam", "name": "Rubincam", "number": 1, "aliases": []}
NAMES = ["8467", "Benoitcarry", "Rubincam", "8467", "2010JO69"]
ONCE = Limits(attempts=1, read_seconds=10.0, connect_seconds=10.0)


def quaero(handler, asked):
    """SsODNet, which has two bodies."""
    wanted = asked.parameters["q"].split('"')[-2].lower()
    known = [b for b in (CARRY, RUBINCAM) if wanted in str([b["name"], b["aliases"]]).lower()]
    served.send(handler, json.dumps({"total": len(known), "data": known}).encode())


def broken(handler, asked):
    served.send(handler, b"<html>", status=500)


@pytest.fixture(scope="module")
def science():
    return [
        science_row(p, simbad={"main_type": "QSO", "otype": "QSO"}) for p in packets()[: len(NAMES)]
    ]


@pytest.fixture
def archive(tmp_path, science):
    made = write_ztf(tmp_path, science)
    rows = [{k: row[k] for k in KEPT} | {"name": n} for row, n in zip(science, NAMES, strict=True)]
    write(tmp_path, "ztf/solar_system", rows, {k: META[k] for k in KEPT} | {"name": pa.string()})
    return made


def asking(archive, *, seconds=5.0, **addresses):
    room = threading.Semaphore(2)
    clients = {n: Shared(address=a, limits=ONCE, room=room) for n, a in addresses.items()}
    survey = archive.tables.survey
    made = endpoints(survey, Remote(clients=clients, seconds=seconds))
    client = TestClient(application(archive, made, title=survey), raise_server_exceptions=False)
    called = {"ztf": "name", "lsst": "name_or_id"}[survey]
    return lambda resolver, name, **more: client.post(
        "/api/v1/resolver", json={"resolver": resolver, called: name, **more}
    )


def status(answer):
    return answer.headers.get("Fink-Source-Status")


def test_an_object_of_simbad_has_the_columns_of_the_reference_and_is_asked_for_once(archive):
    with serving(sesame) as server:
        ask = asking(archive, sesame=server.address)
        answer = ask("simbad", "Markarian 2")
        (row,) = answer.json()
        assert set(row) == {column.name for column in OBJECT}
        assert (row["oname"], row["jradeg"], row["nrefs"]) == ("Mrk 2", 28.724165, 45)
        assert ask("simbad", "markarian  2").json() == [row]
        assert len(server.asked) == 1
    assert status(answer) == "answered"
    alone = asking(archive)("simbad", "Markarian 2")
    assert alone.json() == [row], "kept, for servers that may not ask"
    assert status(alone) == "answered"


def test_a_name_that_nobody_has_is_empty_and_answered(archive):
    with serving(sesame) as server:
        answer = asking(archive, sesame=server.address)("simbad", "nobody")
    assert (answer.json(), status(answer)) == ([], "answered")


@pytest.mark.parametrize("respond", [broken, served.hang, served.reset])
def test_whatever_sesame_does_the_answer_is_200_in_time_and_says_what_is_missing(archive, respond):
    with serving(respond) as server:
        ask = asking(archive, sesame=server.address, seconds=0.5)
        answer, seconds = served.elapsed(lambda: ask("simbad", "Markarian 2"))
    assert seconds < 8
    assert (answer.status_code, answer.json()) == (200, [])
    assert status(answer) == "unavailable"
    assert answer.headers["Fink-Source-Reason"]


def test_an_old_answer_is_given_with_its_date_where_sesame_fails(archive):
    late = utc_now() - timedelta(days=60)
    with serving(sesame) as server:
        client = Shared(address=server.address, limits=ONCE, room=threading.Semaphore(1))
        resolve("mrk 2", root=archive.tables.root, client=client, seconds=5.0, now=late)
        server.respond = broken
        answer = asking(archive, sesame=server.address)("simbad", "Mrk 2")
    assert [row["oname"] for row in answer.json()] == ["Mrk 2"]
    assert status(answer) == "old"
    assert answer.headers["Fink-Source-Date"] == f"{late:%Y-%m-%dT%H:%M:%SZ}"
    assert "60 days old: status 500" in answer.headers["Fink-Source-Reason"]


def test_nobody_is_asked_by_default(archive):
    answer = asking(archive)("simbad", "Markarian 2")
    assert (answer.json(), status(answer)) == ([], "unavailable")
    assert "may be asked" in answer.headers["Fink-Source-Reason"]


def test_what_an_object_is_in_simbad_is_told_alert_by_alert(archive, science):
    thing = science[0]["object_id"]
    found = asking(archive)("simbad", thing, reverse=True).json()
    alerts = [row for row in science if row["object_id"] == thing]
    assert len(found) == len(alerts)
    assert {row["d:cdsxmatch"] for row in found} == {"QSO"}
    assert {"i:objectId", "i:ra", "i:dec", "i:candid", "i:jd"} <= set(found[0])


@pytest.mark.parametrize("name", ["8467", "benoitcarry", "Benoitcarry", "1981 EY30"])
def test_each_name_of_a_body_leads_to_all_that_packets_have_of_it(archive, name):
    with serving(quaero) as server:
        ask = asking(archive, ssodnet=server.address)
        answer = ask("ssodnet", name)
        asked = len(server.asked)
        assert ask("ssodnet", name).json() == answer.json()
        assert len(server.asked) == asked
    found = {(r["i:ssnamenr"], r["i:name"], r["i:number"]) for r in answer.json()}
    assert found == {("8467", "Benoitcarry", 8467), ("Benoitcarry", "Benoitcarry", 8467)}
    assert status(answer) == "answered"


def test_a_body_that_was_never_seen_is_known_all_the_same(archive, tmp_path):
    empty = write_ztf(tmp_path / "other", [science_row(packets()[0])])
    with serving(quaero) as server:
        found = asking(empty, ssodnet=server.address)("ssodnet", "8467").json()
    assert found == [{"i:ssnamenr": None, "i:name": "Benoitcarry", "i:number": 8467}]


def test_alerts_of_a_body_come_by_any_of_its_names_and_bear_the_one_that_it_has(archive, science):
    from fink_assets.archive.bodies import BodyAlerts

    BodyAlerts(tables=archive.tables).replace(sorted({row["night"] for row in science}))
    room = threading.Semaphore(2)

    def asked(name, address=None):
        clients = {"ssodnet": Shared(address=address, limits=ONCE, room=room)} if address else {}
        app = application(archive, endpoints("ztf", Remote(clients=clients)), title="ZTF")
        return TestClient(app).post("/api/v1/sso", json={"n_or_d": name, "columns": "i:candid"})

    plain = asked("8467")
    assert len(plain.json()) == 2, "nothing is known of other names"
    assert plain.headers["Fink-Names-Status"] == "unavailable"
    with serving(quaero) as server:
        for name in ("8467", "Benoitcarry", "1981 EY30"):
            answer = asked(name, server.address)
            found = {(r["sso_name"], r["sso_number"]) for r in answer.json()}
            assert (len(answer.json()), found) == (3, {("Benoitcarry", 8467)})
            assert answer.headers["Fink-Names-Status"] == "answered"
        server.respond = broken
        assert len(asked("2010 JO69", server.address).json()) == 1
    assert len(asked("8467").json()) == 3, "what was said is kept"


def test_an_object_leads_to_the_name_and_the_number_of_its_body(archive, science):
    with serving(quaero) as server:
        ask = asking(archive, ssodnet=server.address)
        answer = ask("ssodnet", science[1]["object_id"], reverse=True)
    names = {
        n
        for row, n in zip(science, NAMES, strict=True)
        if row["object_id"] == science[1]["object_id"]
    }
    assert {row["i:ssnamenr"] for row in answer.json()} == names
    assert ("Benoitcarry", 8467) in {(r["i:name"], r["i:number"]) for r in answer.json()}


def test_without_ssodnet_names_are_those_of_packets_each_once(archive):
    with serving(broken) as server:
        answers = [
            ask("ssodnet", "8467")
            for ask in (asking(archive), asking(archive, ssodnet=server.address))
        ]
    for answer in answers:
        assert answer.json() == [{"i:ssnamenr": "8467", "i:name": "8467", "i:number": 8467}]
        assert status(answer) == "unavailable"
    assert answers[1].headers["Fink-Source-Reason"] == "status 500"
    assert asking(archive)("ssodnet", "").json()[0]["i:ssnamenr"] == "2010JO69"


def test_lsst_resolves_packed_designations(tmp_path):
    row = lsst_row(1, 11, 61000.0, 10.0, -5.0)
    archive = write_lsst(tmp_path, [row])
    types = {k: META[k] for k in KEPT} | {"name": pa.string()}
    write(tmp_path, "lsst/solar_system", [{k: row[k] for k in KEPT} | {"name": "J81E30Y"}], types)
    with serving(quaero) as server:
        found = asking(archive, ssodnet=server.address)("ssodnet", "J81E30Y").json()
        assert '"1981 EY30"' in server.asked[0].parameters["q"]
    assert found == [{"i:ssnamenr": "J81E30Y", "i:name": "Benoitcarry", "i:number": 8467}]
    reverse = asking(archive)("simbad", "11", reverse=True).json()
    assert [r["r:diaObjectId"] for r in reverse] == [11]


@pytest.mark.parametrize(("days", "state"), [(0, "answered"), (400, "old")])
def test_transients_say_how_old_the_list_is(archive, days, state):
    import pandas as pd

    listed = pd.DataFrame(
        {"ra": [10.0], "dec": [-5.0], "fullname": ["SN 2023Q"], "type": ["SN"], "redshift": [0.1]}
    )
    fetched = datetime.now(UTC) - timedelta(days=days)
    keep(TNS_LIST, listed, root=archive.tables.root, fetched=fetched)
    answer = asking(archive)("tns", "sn 2023")
    assert [row["d:fullname"] for row in answer.json()] == ["SN 2023Q"]
    assert status(answer) == state
    assert answer.headers["Fink-Source-Date"] == f"{fetched:%Y-%m-%dT%H:%M:%SZ}"


def test_without_a_list_transients_are_those_of_the_archive_and_it_is_said(archive):
    answer = asking(archive)("tns", "SN 2023")
    assert status(answer) == "unavailable"
    assert "never fetched" in answer.headers["Fink-Source-Reason"]


ASKED = datetime.now(UTC).replace(microsecond=0)


def of_object(tmp_path, resolver, days):
    """Ask for the names of an object whose alerts a service answered so many days ago, or never."""
    answered = None if days is None else ASKED - timedelta(days=days)
    module = {"tns": "tns_transient", "simbad": "simbad"}[resolver]
    row = science_row(packets()[0], **{module: {"answered": answered}})
    ask = asking(write_ztf(tmp_path, [row]))
    return ask(resolver, row["object_id"], reverse=True), answered


@pytest.mark.parametrize("resolver", ["tns", "simbad"])
@pytest.mark.parametrize(("days", "state"), [(0, "answered"), (400, "old"), (None, "unavailable")])
def test_names_of_an_object_say_how_sure_they_are(tmp_path, resolver, days, state):
    answer, answered = of_object(tmp_path, resolver, days)
    assert (answer.status_code, status(answer)) == (200, state)
    told = answer.headers.get("Fink-Source-Date")
    assert told == (None if answered is None else f"{answered:%Y-%m-%dT%H:%M:%SZ}")
    assert ("Fink-Source-Reason" in answer.headers) == (state != "answered")


@pytest.mark.parametrize("resolver", ["tns", "simbad", "ssodnet"])
def test_nothing_is_known_of_names_of_an_object_that_never_came(archive, resolver):
    answer = asking(archive)(resolver, "ZTF00nothing", reverse=True)
    assert (answer.json(), status(answer)) == ([], "unavailable")
    assert "no alert of this object" in answer.headers["Fink-Source-Reason"]


def test_an_object_that_packets_take_for_no_body_is_surely_none(tmp_path):
    row = science_row(packets()[0])
    answer = asking(write_ztf(tmp_path, [row]))("ssodnet", row["object_id"], reverse=True)
    assert (answer.json(), status(answer)) == ([], "answered")


@pytest.mark.parametrize(
    "name", ["x' or '1'='1", "\U0001f600", "a" * 5000, '" OR "', "%", "\r\nX: y"]
)
@pytest.mark.parametrize("resolver", ["tns", "simbad", "ssodnet"])
def test_a_hostile_name_is_only_a_name(archive, resolver, name):
    with serving(sesame) as one, serving(quaero) as other:
        ask = asking(archive, sesame=one.address, ssodnet=other.address)
        for reverse in (False, True):
            answer = ask(resolver, name, reverse=reverse)
            assert answer.status_code == 200
            assert answer.json() == []


def test_browsers_may_read_the_headers(archive):
    client = TestClient(application(archive, endpoints("ztf"), title="ZTF"))
    body = {"resolver": "simbad", "name": "x"}
    answer = client.post("/api/v1/resolver", json=body, headers={"origin": "http://else.where"})
    assert "Fink-Source-Status" in answer.headers["access-control-expose-headers"]
