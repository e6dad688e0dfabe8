"""Alerts of bodies, sorted by body: those that `solar_system` names, with all that is known."""

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from fink_assets.archive.bodies import BodyAlerts
from fink_assets.lake import sorting
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables

NIGHT, NEXT = "2025-12-31", "2026-01-01"


def put(table, *rows):
    about = {"night": NIGHT, "batch": 0}
    found = pa.Table.from_pylist([about | row for row in rows])
    write_deltalake(table.path, found, mode="append", partition_by=["night"])


def science(number, **more):
    place = {"ra": 10.0, "dec": -5.0, "candidate": {"magpsf": 18.0}}
    return {"alert_id": number, "object_id": f"ZTF{number}", **place, **more}


@pytest.fixture
def tables(lake):
    made = Tables("ztf", lake)
    put(made.science, *map(science, (1, 2, 3)), science(4, night=NEXT), science(9, batch=1))
    put(
        made.solar_system,
        {"alert_id": 1, "name": "8467"},
        {"alert_id": 3, "name": "10P"},
        {"alert_id": 4, "name": "8467", "night": NEXT},
    )
    made.ledger.add_receipt("raw2science", 0, Receipt())
    return made


def stored(tables):
    rows = DeltaTable(tables.body_alerts.path).to_pyarrow_table().to_pylist()
    return sorted((row["name"], row["alert_id"], row["year"]) for row in rows)


def test_the_alerts_of_a_body_are_those_of_all_its_nights(tables):
    assert BodyAlerts(tables=tables).replace([NIGHT, NEXT, "2020-01-01"]) == {NIGHT: 2, NEXT: 1}
    assert stored(tables) == [("10P", 3, "2025"), ("8467", 1, "2025"), ("8467", 4, "2026")]
    (row,) = tables.body_alerts.query("select * from it where name = '10P'").to_pylist()
    assert row["candidate"] == {"magpsf": 18.0}


def test_a_night_matched_anew_replaces_its_alerts_and_no_others(tables):
    alerts = BodyAlerts(tables=tables)
    alerts.replace([NIGHT, NEXT])
    sorting.cluster(tables.body_alerts)
    DeltaTable(tables.solar_system.path).delete("alert_id = 1")
    assert alerts.replace([NIGHT]) == {NIGHT: 1}
    assert stored(tables) == [("10P", 3, "2025"), ("8467", 4, "2026")]
    DeltaTable(tables.solar_system.path).delete("alert_id = 3")
    assert alerts.replace([NIGHT]) == {NIGHT: 0}
    assert stored(tables) == [("8467", 4, "2026")]


def test_nights_without_bodies_make_no_table(lake):
    assert BodyAlerts(tables=Tables("ztf", lake)).replace([NIGHT]) == {}
