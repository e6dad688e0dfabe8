"""The tables of trajectories follow science night by night, and are written once."""

import math
from dataclasses import asdict, replace

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from orbits import bodies, by_night, come, detections, exposures, scattered

from fink_assets.lake.contracts import LINKED_NIGHTS, TRAJECTORIES
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.kept import DETECTION, rows_of
from fink_assets.solar_system.trajectories import Trajectories
from fink_assets.solar_system.trajectory import Detection
from fink_assets.surveys import ZTF

TIMES = exposures((0, 3, 6, 9))


def linking(tables, **more):
    return Trajectories(unknown=ZTF.unknown, tables=tables, **more)


def versions(tables):
    return [t.log().version() for t in (tables.trajectories, tables.linked_nights)]


def told(tables):
    """Trajectories as they were told last, by name."""
    rows = sorted(rows_of(tables.trajectories), key=lambda row: row["night"])
    return {row["name"]: row for row in rows}


def stripped(rows):
    return [{k: v for k, v in row.items() if k != "batch"} for row in rows]


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


@pytest.fixture(scope="module")
def alerts():
    own = [
        each
        for k, body in enumerate(bodies(3, seed=2))
        for each in detections(body, TIMES, seed=k, first_id=1000 * (k + 1))
    ]
    around = (own[0].ra, own[0].dec)
    return [*own, *scattered(40, TIMES, seed=1, first_id=10**6, around=around, degrees=2)]


@pytest.fixture(scope="module")
def nights(alerts):
    return sorted(by_night(alerts))


def test_rows_are_what_the_contracts_say(tables, alerts, nights):
    come(tables, alerts)
    found = linking(tables).replace(nights)
    for table, columns in (
        (tables.trajectories, TRAJECTORIES),
        (tables.linked_nights, LINKED_NIGHTS),
    ):
        assert [f.name for f in table.log().schema().fields] == [c.name for c in columns]
    kept = {c.name: c.type for c in TRAJECTORIES}["detections"]
    assert kept == f"array<struct<{', '.join(f'{n}: {t}' for n, t in DETECTION.items())}>>"
    assert list(DETECTION) == list(asdict(alerts[0]))
    assert list(found) == nights
    assert [found[n]["found"] + found[n]["continued"] for n in nights] == [0, 0, 3, 3]
    assert {row["candidates"] for row in found.values()} == {
        len(each) for each in by_night(alerts).values()
    }


def test_what_is_told_is_each_body_whole_with_its_alerts_as_they_came(tables, alerts, nights):
    come(tables, alerts)
    linking(tables).replace(nights)
    rows = told(tables)
    assert len(rows) == 3
    sent = {each.alert_id: each for each in alerts}
    for name, row in rows.items():
        assert [Detection(**each) for each in row["detections"]] == [
            sent[each["alert_id"]] for each in row["detections"]
        ]
        assert (row["alerts"], row["found"], row["night"]) == (8, nights[2], nights[3])
        assert name.startswith(f"FF{nights[0].replace('-', '')}")
        assert row["rms"] < 0.4
        assert row["semimajor_axis_error"] > 0
        assert 0 <= row["eccentricity"] < 1


def test_the_same_night_twice_writes_nothing(tables, alerts, nights):
    come(tables, alerts)
    linking(tables).replace(nights)
    before, rows = versions(tables), rows_of(tables.trajectories)
    assert list(linking(tables).replace(nights)) == nights
    assert list(linking(tables).replace([nights[0]])) == [nights[0]]
    assert versions(tables) == before
    assert rows_of(tables.trajectories) == rows


def test_night_by_night_gives_what_all_at_once_gives(tmp_path, alerts, nights):
    whole, single = (Tables("ztf", str(tmp_path / name)) for name in ("whole", "single"))
    come(whole, alerts)
    linking(whole).replace(nights)
    for batch, night in enumerate(nights):
        come(single, [each for each in alerts if each.night == night], batch=batch)
        assert list(linking(single).replace([night])) == [night]
    assert stripped(rows_of(whole.trajectories)) == stripped(rows_of(single.trajectories))


def test_alerts_that_come_late_are_linked_and_later_nights_follow(tables, alerts, nights):
    late = [each for each in alerts if each.night == nights[1]]
    come(tables, [each for each in alerts if each.night != nights[1]])
    linking(tables).replace(nights)
    first = {row["found"] for row in told(tables).values()}
    assert first == {nights[3]}
    come(tables, late, batch=1)
    assert list(linking(tables).replace([nights[1]])) == nights[1:]
    assert {row["found"] for row in told(tables).values()} == {nights[2]}
    names = [row["name"] for row in rows_of(tables.trajectories) if row["night"] == nights[3]]
    assert len(names) == len(told(tables)) == 3


def test_only_candidates_are_linked_each_once_and_of_batches_that_are_judged(
    tables, alerts, nights
):
    own = [each for each in alerts if each.alert_id < 10**6]
    come(tables, own, roid=1)
    assert linking(tables).replace(nights)[nights[3]]["candidates"] == 0
    nowhere = [replace(own[0], alert_id=77, ra=math.nan), replace(own[0], alert_id=78, dec=None)]
    come(tables, [*own, *nowhere], batch=1)
    come(tables, own, batch=2)
    come(tables, alerts, batch=3, judged=False)
    found = linking(tables).replace(nights)
    assert [row["candidates"] for row in found.values()] == [6, 6, 6, 6]
    assert [row["alerts"] for row in told(tables).values()] == [8, 8, 8]


def test_what_is_judged_otherwise_later_leaves_no_trajectory(tables, alerts, nights):
    come(tables, alerts)
    linking(tables).replace(nights)
    assert rows_of(tables.trajectories)
    science = tables.science.log()
    science.delete("alert_id < 1000000")
    linking(tables).replace([nights[0]])
    assert rows_of(tables.trajectories) == []
    assert {row["candidates"] for row in rows_of(tables.linked_nights)} < set(range(20))


def test_a_night_with_too_many_candidates_is_left_out_and_that_is_told(tables, alerts, nights):
    crowd = scattered(100, TIMES[2:4], seed=4, first_id=10**7, around=(10.0, 10.0), degrees=20)
    come(tables, [*alerts, *crowd])
    found = linking(tables, most_candidates=60).replace(nights)
    number = found[nights[1]]["candidates"]
    assert number > 100
    assert found[nights[1]]["left_out"] == f"{number} candidates, more than 60"
    links = linking(tables)
    assert links.left_out(nights[3]) == {nights[1]: found[nights[1]]["left_out"]}
    assert {row["found"] for row in told(tables).values()} == {nights[3]}


def test_alerts_that_no_module_judged_are_no_candidates(tables, nights):
    rows = pa.table({"night": nights, "batch": [0] * len(nights), "alert_id": [1, 2, 3, 4]})
    write_deltalake(tables.science.path, rows, partition_by=["night"])
    tables.ledger.add_receipt("raw2science", 0, Receipt())
    found = linking(tables).replace(nights)
    assert [row["candidates"] for row in found.values()] == [0, 0, 0, 0]


def test_without_science_there_is_nothing_to_link(tables, nights):
    assert linking(tables).replace(nights) == {}
    assert not tables.trajectories.exists()
