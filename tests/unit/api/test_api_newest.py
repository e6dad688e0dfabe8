"""The newest alerts of a class or tag: the same as by a look at everything, but of less."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from api_archive import INGESTED, META, lsst_row, packets, science_row, write, write_lsst, write_ztf
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.api import keys
from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application

BEGUN = datetime(2025, 9, 10, 4, tzinfo=UTC)
JD = 2460928.6666666665
DAYS = 60
LABELS = {"common": 1, "weekly": 7, "monthly": 28}
"""Classes, and the days from one to the next of their alerts."""
DELIVERED = {
    **{name: META[name] for name in ("night", "batch", "alert_id", "object_id")},
    "filter": pa.string(),
}


def rows_of_ztf():
    """Three alerts a night: of each label in its nights, each of an object of its own."""
    packet, rows = packets()[0], []
    for day in range(DAYS):
        for k, (label, every) in enumerate(LABELS.items()):
            number = 3 * day + k
            jd = JD + day + k / 1000
            candidate = {**packet["candidate"], "jd": jd}
            told = {**packet, "candid": 1000 + number, "objectId": f"ZTF25{number:07d}"}
            word = label if day % every == 0 else "other"
            named = {"classification": {"label": word}, "simbad": None}
            rows.append(science_row({**told, "candidate": candidate}, **named))
    return rows


@pytest.fixture(scope="module")
def ztf(tmp_path_factory):
    return write_ztf(tmp_path_factory.mktemp("ztf"), rows_of_ztf())


@pytest.fixture(scope="module")
def science():
    return sorted(rows_of_ztf(), key=lambda row: row["time"], reverse=True)


def newest(archive, label, n, **dates):
    with TestClient(application(archive, ENDPOINTS["ztf"], title="ZTF")) as client:
        asked = {"class": label, "n": n, "columns": "i:candid,v:classification", **dates}
        return client.post("/api/v1/latests", json=asked).json()


@pytest.mark.parametrize("n", [1, 2, 10, 40, 1000])
@pytest.mark.parametrize("label", [*LABELS, "other", "nobody"])
def test_the_newest_of_a_class_are_those_of_a_look_at_every_alert(ztf, science, label, n):
    expected = [r["alert_id"] for r in science if r["classification"]["label"] == label][:n]
    assert [int(row["i:candid"]) for row in newest(ztf, label, n)] == expected


@pytest.mark.parametrize("day", [0, 5, 31, 59, 400])
def test_the_newest_before_a_date_are_those_before_it(ztf, science, day):
    stop = BEGUN + timedelta(days=day, minutes=10)
    there = [row for row in science if row["classification"]["label"] == "common"]
    expected = [row["alert_id"] for row in there if row["time"] <= stop][:3]
    found = newest(ztf, "common", 3, stopdate=stop.strftime("%Y-%m-%d %H:%M:%S"))
    assert [int(row["i:candid"]) for row in found] == expected


def test_alerts_of_few_nights_are_read_by_night_and_others_by_object(ztf):
    def chosen(*places):
        return keys.where_read(ztf, [keys.Alert(night, name, 1) for night, name in places])[0]

    assert chosen(*(("2025-09-10", f"ZTF{k}") for k in range(3))) == "science"
    assert (
        chosen(("2025-09-10", "ZTF1"), ("2025-09-11", "ZTF2"), ("2025-09-12", "ZTF3")) == "alerts"
    )
    assert chosen() == "science"  # nothing, wherever
    past = Archive(tables=ztf.tables).at(datetime.now(UTC))
    places = [keys.Alert("2025-09-10", f"ZTF{k}", k) for k in range(3)]
    assert keys.where_read(past, places)[0] == "alerts"


PLACES = st.lists(
    st.tuples(st.dates().map(str), st.integers(1, 10**15)), max_size=100, unique_by=lambda p: p[1]
)


@given(PLACES)
def test_conditions_of_nights_let_each_alert_pass_once_and_no_other(places):
    wanted, found = places[::2], []
    with closing(sqlite3.connect(":memory:")) as engine:
        engine.execute("create table it (night text, alert_id integer)")
        engine.executemany("insert into it values (?, ?)", places)
        for condition in keys.of_nights(wanted):
            found += engine.execute(f"select * from it where {condition}").fetchall()
    assert sorted(found) == sorted(wanted)


@pytest.fixture(scope="module")
def tagged(tmp_path_factory):
    """A filter that passes an alert in each seventh night, and one that passes all."""
    root, rows = tmp_path_factory.mktemp("lsst"), []
    for day in range(DAYS):
        mjd = 60928.2 + day
        rows += [lsst_row(10 * day + k, 10 * day + k, mjd + k / 100, 10.0, 5.0) for k in range(3)]
    archive = write_lsst(root, rows, follow=False)
    names = ("night", "batch", "alert_id", "object_id")
    sent = [
        {**{k: row[k] for k in names}, "filter": name}
        for row in rows
        for name in ("uniform_sample", "is_solar_system")
        if name == "uniform_sample" or row["alert_id"] % 70 == 0
    ]
    write(root, "lsst/deliveries", sent, DELIVERED)
    return archive, rows


@pytest.mark.parametrize("tag", ["uniform_sample", "is_solar_system"])
@pytest.mark.parametrize(
    ("n", "dates"),
    [
        *((n, {}) for n in (1, 4, 50, 500)),
        (5, {"stopdate": "2025-09-20 00:00:00"}),
        (500, {"startdate": "2025-09-25", "stopdate": "2025-10-08"}),
        (5, {"startdate": "2026-09-25"}),
    ],
)
def test_the_newest_with_a_tag_are_those_of_a_look_at_every_night(tagged, tag, n, dates):
    archive, rows = tagged
    ends = {k: datetime.fromisoformat(v).replace(tzinfo=UTC) for k, v in dates.items()}
    first, last = ends.get("startdate", BEGUN - timedelta(9)), ends.get("stopdate", INGESTED)
    there = [r for r in rows if tag == "uniform_sample" or r["alert_id"] % 70 == 0]
    there = sorted((r for r in there if first <= r["time"] <= last), key=lambda r: r["time"])
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as client:
        asked = {"tag": tag, "n": n, "columns": "r:diaSourceId", **dates}
        found = client.post("/api/v1/tags", json=asked).json()
    expected = [row["alert_id"] for row in there[::-1]][:n]
    assert [int(row["r:diaSourceId"]) for row in found] == expected
