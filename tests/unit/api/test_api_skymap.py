"""Objects in the region of a gravitational wave, by a map that is posted or a notice we hold."""

import base64
import gzip
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from api_archive import lsst_row, packets, science_row, write, write_lsst, write_ztf
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sky_maps import bump, flat

from fink_assets.api import skymap, skymap_newest
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.limits import Limits
from fink_assets.api.server import application
from fink_assets.gcn.region import read
from fink_assets.simulator.notices import lvk
from fink_assets.simulator.notices.model import Event

LABELS = ("SN candidate", "Unknown")
LEVEL = 0.9
TYPES = {
    **dict.fromkeys(("observatory", "event_id", "status", "revision", "problem"), pa.string()),
    **dict.fromkeys(("issued", "received"), pa.timestamp("us", "UTC")),
    "sequence": pa.int64(),
    "message": pa.binary(),
}


PACKETS = packets()
PLACE = (PACKETS[0]["candidate"]["ra"], PACKETS[0]["candidate"]["dec"])
EVENT = datetime(2024, 6, 7, 3, 4, 5, tzinfo=UTC)


def moved(number, days, apart):
    """An alert so many days after the event and so far (deg) from the place; two of an object."""
    jd = EVENT.timestamp() / 86400 + 2440587.5 + days
    place = {"ra": (PLACE[0] + apart) % 360, "dec": PLACE[1] - apart / 2}
    named = {"objectId": f"ZTF24{number // 2:07d}", "candid": number}
    begin = np.random.default_rng(number // 2).uniform(-9, 2)
    start = {"jdstarthist": jd - days + begin}
    candidate = {**PACKETS[0]["candidate"], "jd": jd, **start, **place}
    return {**PACKETS[0], **named, "candidate": candidate}


@pytest.fixture(scope="module")
def science():
    random = np.random.default_rng(5)
    made = zip(random.uniform(-4, 9, 80), random.uniform(0, 25, 40).repeat(2), strict=True)
    alerts = [*PACKETS, *[moved(1000 + k, *where) for k, where in enumerate(made)]]
    return [science_row(p, classification={"label": LABELS[k % 2]}) for k, p in enumerate(alerts)]


@pytest.fixture(scope="module")
def place():
    return dict(zip(("ra", "dec"), PLACE, strict=True))


@pytest.fixture(scope="module")
def event():
    return EVENT


@pytest.fixture(scope="module")
def sky(place, event):
    """A map around that place."""
    spread = bump(64, 8.0, (place["ra"], place["dec"]))
    return flat(spread, zipped=True, **{"DATE-OBS": event.replace(tzinfo=None).isoformat()})


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def client(root, science):
    archive = write_ztf(root, science)
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as made:
        yield made


@pytest.fixture(scope="module")
def ask(client):
    return lambda **given: client.post(
        "/api/v1/skymap", json={"credible_level": LEVEL, "columns": "i:candid", **given}
    )


def age(row):
    return row["candidate"]["jd"] - row["candidate"]["jdstarthist"]


def expected(science, sky, event, *, before=1.0, after=6.0):
    """Latest alert of each new object in the region and the time, newest first, by plain loops."""
    region, _ = read(sky, LEVEL)
    low, high = event - timedelta(days=before), event + timedelta(days=after)
    latest = {}
    for row in sorted(science, key=lambda r: (r["time"], -r["alert_id"])):
        if low <= row["time"] <= high and region.has(np.array([row["ra"]]), np.array([row["dec"]])):
            latest[row["object_id"]] = row
    latest = {name: row for name, row in latest.items() if age(row) <= after}
    newest = sorted(latest.values(), key=lambda r: (-r["time"].timestamp(), r["alert_id"]))
    return [row["alert_id"] for row in newest]


def test_each_object_in_the_region_and_time_has_its_latest_alert(ask, science, sky, event):
    found = ask(bayestar=str(sky)).json()
    wanted = expected(science, sky, event)
    assert len(wanted) > 5
    assert [row["i:candid"] for row in found] == wanted
    of = {row["alert_id"]: row for row in science}
    for row in found:
        assert row["d:classification"] == of[row["i:candid"]]["classification"]["label"]
        assert row["v:jdstartgw"] == pytest.approx(event.timestamp() / 86400 + 2440587.5)


def test_the_window_is_from_one_day_before_to_six_after_as_documented(ask, science, sky, event):
    """The reference counts the days after the event from the beginning of the window."""
    for before, after in ((1, 6), (0, 1.5), (30, 30), (0, 0)):
        found = ask(bayestar=str(sky), n_day_before=before, n_day_after=after).json()
        wanted = expected(science, sky, event, before=before, after=after)
        assert [row["i:candid"] for row in found] == wanted
    assert expected(science, sky, event, before=30, after=30) != expected(science, sky, event)


def test_a_map_may_come_as_text_of_bytes_in_base64_or_as_a_file(client, ask, science, sky, event):
    wanted = expected(science, sky, event)
    plain = gzip.decompress(sky)
    written = [str(sky), str(plain), f" {bytearray(sky)!s}"[11:-1], base64.b64encode(sky).decode()]
    for text in written:
        assert [row["i:candid"] for row in ask(bayestar=text).json()] == wanted
        assert [row["i:candid"] for row in ask(file=text).json()] == wanted
    for name in ("bayestar", "file"):
        sent = client.post(
            "/api/v1/bayestar",
            data={"credible_level": str(LEVEL), "columns": "i:candid"},
            files={name: ("bayestar.fits.gz", sky)},
        )
        assert [row["i:candid"] for row in sent.json()] == wanted


def test_without_columns_it_has_what_the_portal_shows(ask, sky):
    found = ask(bayestar=str(sky), columns="*").json()
    shown = {"i:objectId", "i:jdstarthist", "d:nalerthist", "d:classification", "v:jdstartgw"}
    assert shown <= set(found[0])


def message(name, sky, event, status="PRELIMINARY"):
    told = {
        "alert_type": status,
        "time_created": (event + timedelta(minutes=5)).isoformat(),
        "superevent_id": name,
        "event": {
            "time": event.isoformat(),
            "skymap": base64.b64encode(sky).decode(),
            "significant": True,
        },
    }
    return json.dumps(told if status != "RETRACTION" else {**told, "event": None}).encode()


def notice(name, content, issued, status="preliminary"):
    return {
        "observatory": "LVK",
        "event_id": name,
        "status": status,
        "revision": f"{status} {issued.isoformat()}",
        "issued": issued,
        "received": issued,
        "sequence": 1,
        "message": content,
    }


@pytest.fixture(scope="module")
def merger(root, place, event):
    """A notice of a merger around the place, as LVK sends it, in the table of notices."""
    mjd = event.timestamp() / 86400 + 40587
    told = {"ra": place["ra"], "dec": place["dec"], "mjd": mjd, "object_id": "x"}
    made = lvk.notice(np.random.default_rng(2), Event(**told, kind="kilonova", distance=90.0))
    write(root, "gcn/notices", [notice(made.event_id, made.message, event)], TYPES)
    late = event + timedelta(days=1)
    gone = [notice("S1", made.message.replace(made.event_id.encode(), b"S1"), event)]
    gone += [notice("S1", message("S1", b"", event, "RETRACTION"), late, "retraction")]
    write(root, "gcn/notices", gone, TYPES)
    return made


def test_an_event_that_we_hold_gives_what_its_map_gives(ask, merger, science, event):
    content = base64.b64decode(json.loads(merger.message)["event"]["skymap"])
    by_name = ask(event_name=merger.event_id)
    assert by_name.status_code == 200
    assert by_name.json() == ask(bayestar=str(content)).json()
    wanted = expected(science, content, event)
    assert wanted
    assert [row["i:candid"] for row in by_name.json()] == wanted


def test_an_event_that_we_do_not_hold_is_refused_with_what_to_do(ask, merger):
    refused = ask(event_name="S200219ac")
    assert refused.status_code == 400
    assert "S200219ac is held here" in refused.text
    assert "GraceDB" in refused.text
    assert ask(event_name="x' or '1'='1").status_code == 400
    assert "retracted" in ask(event_name="S1").text
    assert ask(event_name=merger.event_id, as_of="2018-01-01").status_code == 400


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"bayestar": ""},
        {"bayestar": "__import__('os').system('true')"},
        {"bayestar": "b'' + [].__class__"},
        {"bayestar": "b''*10**10"},
        {"bayestar": "b'a' b'b'"},
        {"bayestar": "b'" + "(" * 100_000},
        {"bayestar": "b'\\x4'"},
        {"bayestar": "b'\n'"},
        {"bayestar": "b'no map'"},
        {"bayestar": str(gzip.compress(bytes(50_000_000)))},
        {"bayestar": 3},
        {"bayestar": True},
        {"bayestar": ["b''"]},
        {"file": "é"},
        {"event_name": ""},
    ],
)
def test_what_is_no_map_is_refused_and_never_run(ask, given):
    assert ask(**given).status_code == 400


@pytest.mark.parametrize(
    "spoilt",
    [
        {"credible_level": 0},
        {"credible_level": 1.1},
        {"credible_level": "NaN"},
        {"credible_level": None},
        {"n_day_after": 31},
        {"n_day_before": -1},
        {"n_day_before": "inf"},
    ],
)
def test_levels_and_days_have_bounds(ask, sky, spoilt):
    assert ask(bayestar=str(sky), **spoilt).status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\nno\r\n--b--"),
        ("multipart/form-data; boundary=b", b"--b" * 1000),
        ("multipart/form-data; boundary=b", b"\r\n--b" * 1000 + b"--"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="credible_level"\r\n\r\n\xff\r\n--b--',
        ),
        ("multipart/form-data; boundary=" + "b" * 1000, b"x"),
    ],
)
def test_a_form_that_is_none_is_refused(client, kind, body):
    sent = client.post("/api/v1/skymap", content=body, headers={"content-type": kind})
    assert sent.status_code == 400


def test_a_file_is_a_map_and_nothing_else(client):
    files = {"credible_level": ("x", b"0.5"), "bayestar": ("y", b"\x00\xff")}
    assert client.post("/api/v1/skymap", files=files).status_code == 400


def test_too_large_and_too_many_maps_are_turned_away(root, science, monkeypatch):
    archive = write_ztf(root / "other", science[:1])
    monkeypatch.setattr(skymap, "BODY_BYTES", 1000)
    endpoints = skymap.endpoints(skymap.ztf_skymap)
    client = TestClient(application(archive, endpoints, title="x"))
    large = client.post("/api/v1/skymap", json={"bayestar": "a" * 1000})
    assert large.status_code == 413
    none = Limits(large_at_once=0)
    client = TestClient(application(archive, endpoints, title="x", limits=none))
    assert client.post("/api/v1/skymap", json={"bayestar": "a"}).status_code == 503


def test_objects_that_began_before_the_window_are_left_out_as_by_fink(ask, science, sky, event):
    """Their latest alert decides, so that an earlier, younger one does not bring them back."""
    found = {row["i:candid"] for row in ask(bayestar=str(sky)).json()}
    every = expected(science, sky, event, before=1, after=6)
    of = {row["alert_id"]: row for row in science}
    assert found == set(every)
    assert max(age(of[alert]) for alert in found) <= 6
    region, _ = read(sky, LEVEL)
    low, high = event - timedelta(days=1), event + timedelta(days=6)
    inside = [
        row
        for row in science
        if low <= row["time"] <= high and region.has(np.array([row["ra"]]), np.array([row["dec"]]))
    ]
    old = {row["object_id"] for row in inside if age(row) > 6}
    young_once = {row["object_id"] for row in inside if age(row) <= 6} & old
    assert young_once, "else nothing is shown"
    assert not {of[alert]["object_id"] for alert in found} & old


def test_an_answer_says_whether_it_is_whole_and_where_the_rest_begins(ask, science, sky, event):
    whole = ask(bayestar=str(sky))
    assert whole.headers["Fink-Complete"] == "true"
    assert "Fink-Next-Offset" not in whole.headers
    wanted = [row["i:candid"] for row in whole.json()]
    assert len(wanted) > 3
    found, offset = [], 0
    while True:
        part = ask(bayestar=str(sky), n=2, offset=offset)
        found += [row["i:candid"] for row in part.json()]
        if part.headers["Fink-Complete"] == "true":
            break
        offset = int(part.headers["Fink-Next-Offset"])
    assert found == wanted
    table = ask(bayestar=str(sky), n=2, **{"output-format": "parquet"})
    assert table.headers["Fink-Next-Offset"] == "2", "in any format"


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"n": 10_001}, {"offset": -1}, {"offset": 10**9}, {"offset": "x"}]
)
def test_parts_have_bounds(ask, sky, wrong):
    assert ask(bayestar=str(sky), **wrong).status_code == 400


def test_of_too_many_objects_the_newest_are_kept_in_bounded_memory(monkeypatch, ask, sky):
    wanted = [row["i:candid"] for row in ask(bayestar=str(sky), n_day_before=30).json()]
    assert len(wanted) > 3
    monkeypatch.setattr(skymap_newest, "KEPT", 3)
    answer = ask(bayestar=str(sky), n_day_before=30)
    found = [row["i:candid"] for row in answer.json()]
    assert found == wanted[: len(found)], "of three objects, old ones among them"
    assert answer.headers["Fink-Complete"] == "false"
    assert "Fink-Next-Offset" not in answer.headers, "the rest cannot be had in this way"


ALERTS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 20), st.booleans()), min_size=1, max_size=60
)


@settings(max_examples=150, deadline=None)
@given(ALERTS, st.integers(1, 7), st.integers(0, 6), st.integers(1, 5), st.integers(1, 9))
def test_however_alerts_come_the_same_objects_are_chosen(alerts, size, offset, n, kept):
    rows = [
        {"alert_id": k, "object_id": f"o{name}", "night": "x", "time": time, "is_new": new}
        for k, (name, time, new) in enumerate(alerts)
    ]
    latest = {}
    for row in sorted(rows, key=lambda r: (-r["time"], r["alert_id"])):
        latest.setdefault(row["object_id"], row)
    remembered = list(latest.values())[:kept]
    wanted = [row["alert_id"] for row in remembered if row["is_new"]]
    parts = [pd.DataFrame(rows[k : k + size]) for k in range(0, len(rows), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skymap_newest, "KEPT", kept)
        part = skymap_newest.newest(parts, offset=offset, n=n)
    assert part.alerts["alert_id"].tolist() == wanted[offset : offset + n]
    assert part.complete == (len(latest) <= kept and len(wanted) <= offset + n)
    assert part.following == (offset + n if len(wanted) > offset + n else None)


def test_lsst_has_its_own_columns(tmp_path):
    alerts = [
        lsst_row(1, 11, 61048.1, 53.25, -27.86),
        lsst_row(2, 11, 61049.1, 53.25, -27.86),
        lsst_row(3, 12, 61049.2, 233.25, 27.86),
        lsst_row(4, 13, 61090.2, 53.25, -27.86),
    ]
    archive = write_lsst(tmp_path, alerts)
    client = TestClient(application(archive, ENDPOINTS["lsst"], title="LSST"))
    at = datetime(2026, 1, 8, tzinfo=UTC).replace(tzinfo=None).isoformat()
    sky = flat(bump(32, 5.0, (53.25, -27.86)), **{"DATE-OBS": at})
    asked = {"bayestar": str(sky), "credible_level": 0.5}
    found = client.post("/api/v1/skymap", json=asked).json()
    assert [row["r:diaSourceId"] for row in found] == [2]
    assert {"r:diaObjectId", "r:nDiaSources", "f:main_label_crossmatch"} <= set(found[0])
    assert found[0]["v:jdstartgw"] == pytest.approx(2461048.5)


def test_an_empty_archive_has_no_objects(tmp_path, sky):
    from fink_assets.api.archive import Archive
    from fink_assets.lake.tables import Tables

    for survey in ("ztf", "lsst"):
        archive = Archive(tables=Tables(survey, str(tmp_path)))
        client = TestClient(application(archive, ENDPOINTS[survey], title=survey))
        asked = {"bayestar": str(sky), "credible_level": 0.5}
        assert client.post("/api/v1/skymap", json=asked).json() == []
