"""Look-ups of an object where alerts are sorted by object: the same as a scan of everything finds.

Whatever of it is in the sorted tables already, and what has only come into their sources.
"""

import random
from datetime import timedelta

import pyarrow as pa
import pytest
from api_archive import INGESTED, META, lsst_row, write, write_lsst
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from fastapi.testclient import TestClient

from fink_assets.api import lsst_objects
from fink_assets.api.archive import Archive
from fink_assets.api.flavours import ENDPOINTS
from fink_assets.api.server import application
from fink_assets.archive.forced_light_curves import ForcedLightCurves
from fink_assets.surveys import LSST

CHANCE = random.Random(5)
OBJECTS = 30
NAMES = [str(11 + k) for k in range(OBJECTS)]
NOBODY, MOVER = "999", "18"
MEASURED = {
    **{k: META[k] for k in ("night", "batch", "object_id", "time", "alert_id")},
    "measurement": pa.struct({"diaObjectId": pa.int64(), "psfFlux": pa.float32()}),
}
QUARANTINED = {
    **{k: META[k] for k in ("night", "batch", "alert_id", "object_id", "kafka")},
    "reasons": pa.list_(pa.struct({"rule": pa.string()})),
    "judged": META["ingested"],
}


def alerts_of(batch):
    """Alerts of some nights; objects on either side of 0h and near a pole, one of them moves."""
    found = []
    for k in range(60):
        thing = CHANCE.randrange(OBJECTS)
        ra = {0: 359.99999, 1: 12.0, 2: 180.0}[thing % 3] + CHANCE.uniform(-1, 1) * 3e-5
        dec = 89.9999 if thing % 5 == 0 else thing - 15.0
        if str(11 + thing) == MOVER:
            ra, dec = 20.0 + 5 * batch, 3.0 - batch
        time = 61048.0 + 8 * batch + k / 10
        found.append(lsst_row(1000 * batch + k, 11 + thing, time, ra % 360, dec))
    return found


def measurements(alerts, batch):
    rows = []
    for alert in alerts[::3]:
        for days in (0, 40, 300, None):
            time = None if days is None else alert["time"] - timedelta(days=days)
            told = {"diaObjectId": int(alert["object_id"]), "psfFlux": CHANCE.random()}
            night = time.date().isoformat() if time else "1970-01-01"
            rows.append(
                {**alert, "night": night, "batch": batch, "time": time, "measurement": told}
            )
    return [{k: row[k] for k in MEASURED} for row in rows]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two batches that every table has, and a third that only the tables by night have."""
    root = tmp_path_factory.mktemp("lake")
    for number in range(3):
        alerts = alerts_of(number)
        archive = write_lsst(root, alerts, follow=number < 2)
        add_forced(archive, measurements(alerts, number), number)
        rejected = [{**row, "reasons": [{"rule": "r"}], "judged": INGESTED} for row in alerts[::7]]
        kept = [{k: row[k] for k in QUARANTINED} for row in rejected]
        write(root, "lsst/quarantine", kept, QUARANTINED)
        if number == 1:
            curves = ForcedLightCurves(survey=LSST, tables=archive.tables, spark=None)
            curves.refresh(up_to_batch=number)
    return archive


def add_forced(archive, rows, batch):
    table = archive.tables.forced_photometry
    done = Transaction(app_id=table.name, version=batch)
    write_deltalake(
        table.address,
        pa.Table.from_pylist(rows, schema=pa.schema(MEASURED)),
        mode="append",
        partition_by=["night"],
        commit_properties=CommitProperties(app_transactions=[done]),
    )


@pytest.fixture(scope="module")
def ask(archive):
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as client:

        def ask(path, **asked):
            answer = client.post(f"/api/v1/{path}", json=asked)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield ask


def scan(archive, noun):
    """Every row of a table, without any index."""
    return DeltaTable(getattr(archive.tables, noun).address).to_pyarrow_table().to_pylist()


def test_the_sorted_tables_are_behind_in_this_scene(archive):
    done = [archive.committed(n) for n in ("alerts", "received", "forced_light_curves")]
    assert done == [1, 1, 1]
    assert max(row["batch"] for row in scan(archive, "science")) == 2


@pytest.mark.parametrize("names", [*NAMES, ",".join([*NAMES, NOBODY]), NOBODY])
def test_summaries_are_those_of_a_scan(ask, archive, names):
    wanted = names.split(",")
    expected = [row for row in scan(archive, "objects") if row["object_id"] in wanted]
    found = ask("objects", diaObjectId=names)
    assert [str(row["r:diaObjectId"]) for row in found] == sorted(r["object_id"] for r in expected)
    fields = ("diaObjectId", "ra", "dec", "nDiaSources")
    by_name = {row["object_id"]: row["diaObject"] for row in expected}
    for row in found:
        state = by_name[str(row["r:diaObjectId"])]
        assert {f: row[f"r:{f}"] for f in fields} == {f: state[f] for f in fields}


def test_a_summary_that_is_not_where_the_alerts_are_is_found_all_the_same(tmp_path):
    archive = write_lsst(tmp_path, [lsst_row(1, 11, 61048.1, 53.25, -27.86)])
    objects = DeltaTable(archive.tables.objects.address)
    objects.update({"ra": "200.0", "dec": "10.0"})
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as client:
        for name, number in (("11", 1), (NOBODY, 0)):
            found = client.post("/api/v1/objects", json={"diaObjectId": name}).json()
            assert len(found) == number


def test_summaries_are_looked_for_near_their_alerts_first(archive):
    asked = []

    def read(conditions):
        asked.append(conditions)
        return archive.rows("objects", {"name": "object_id"}, any_of=conditions)

    for name in NAMES:
        before = len(asked)
        assert len(lsst_objects.found(archive, [name], read)) == 1
        assert len(asked) - before == (2 if name == MOVER else 1)
    assert sum("dec between" in condition for (condition,) in asked) == len(NAMES)


@pytest.mark.parametrize(
    ("places", "inside", "outside"),
    [
        ([(10.0, 5.0)], [(10.0, 5.0), (10.0009, 5.0009)], [(10.1, 5.0), (10.0, 5.01)]),
        ([(359.9999, 0.0)], [(0.0, 0.0), (359.9999, 0.0)], [(1.0, 0.0), (180.0, 0.0)]),
        ([(359.5, 0.0), (0.5, 0.0)], [(0.0, 0.0), (359.7, 0.0)], [(358.0, 0.0), (2.0, 0.0)]),
        ([(10.0, 89.9999)], [(200.0, 89.9999)], [(10.0, 89.9)]),
    ],
)
def test_a_box_is_around_positions_also_at_0h_and_at_the_pole(archive, places, inside, outside):
    (box,) = lsst_objects.boxes({NAMES[0]: places})
    for ra, dec in (*inside, *outside):
        statement = (
            f"select {box} as within from (select '11' as object_id, {ra} as ra, {dec} as dec)"
        )
        (row,) = archive.query(statement).to_pylist()
        assert row["within"] == ((ra, dec) in inside)


@pytest.mark.parametrize("names", [*NAMES[:6], ",".join([*NAMES, NOBODY]), NOBODY])
def test_forced_photometry_is_that_of_a_scan_oldest_first(ask, archive, names):
    rows = [r for r in scan(archive, "forced_photometry") if r["object_id"] in names.split(",")]
    late = max((r["time"] for r in rows if r["time"]), default=None)
    rows.sort(key=lambda r: (r["time"] is None, r["time"] or late, r["object_id"]))
    expected = [(r["object_id"], r["measurement"]["psfFlux"]) for r in rows]
    answer = ask("fp", diaObjectId=names)
    found = [(str(row["r:diaObjectId"]), row["r:psfFlux"]) for row in answer]
    dated = sum(r["time"] is not None for r in rows)
    assert sorted(found) == sorted(expected)
    assert [name for name, _ in found[:dated]] == [name for name, _ in expected[:dated]]


@pytest.mark.parametrize("name", [*NAMES, NOBODY])
def test_what_became_of_an_object_is_what_a_scan_tells(ask, archive, name):
    told = ask("why", object=name)["alerts"]
    stages = {"received": "raw", "rejected": "quarantine", "enriched": "science"}
    for stage, noun in stages.items():
        expected = [r["alert_id"] for r in scan(archive, noun) if r["object_id"] == name]
        found = [int(alert["alert_id"]) for alert in told for _ in alert[stage]]
        assert found == sorted(expected)
    by_alert = [ask("why", alert=int(alert["alert_id"]))["alerts"][0] for alert in told[:3]]
    assert by_alert == told[:3]


def test_no_row_is_given_twice_once_the_sorted_tables_have_come_up(tmp_path):
    alerts = alerts_of(0)
    archive = write_lsst(tmp_path, alerts)
    add_forced(archive, measurements(alerts, 0), 0)
    with TestClient(application(archive, ENDPOINTS["lsst"], title="LSST")) as client:
        asked = {"diaObjectId": ",".join(NAMES)}
        before = sorted(map(str, client.post("/api/v1/fp", json=asked).json()))
        curves = ForcedLightCurves(survey=LSST, tables=archive.tables, spark=None)
        curves.refresh(up_to_batch=0)
        assert sorted(map(str, client.post("/api/v1/fp", json=asked).json())) == before
        assert len(before) == archive.tables.forced_photometry.count() > 0


def test_as_of_a_time_it_is_the_archive_of_that_time(archive, ask):
    names = ",".join(NAMES)
    moment = archive.tables.forced_light_curves.log().history(1)[0]["timestamp"] / 1000
    moment = (INGESTED.fromtimestamp(moment, INGESTED.tzinfo)).isoformat()
    found = ask("fp", diaObjectId=names, as_of=moment)
    assert len(found) == sum(row["batch"] < 2 for row in scan(archive, "forced_photometry"))
    assert isinstance(archive, Archive)
