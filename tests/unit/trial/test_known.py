"""What is told of simulated alerts, on tables written here."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fink_assets.lake.tables import Tables
from fink_assets.simulator.truth import schema
from fink_assets.trial.known import fates, truth_of


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


@pytest.fixture
def simulated(tables):
    """Two stars and a supernova, which has no alert."""
    known = [
        {"survey": "ztf", "object_id": name, "class": kind}
        for name, kind in (("a", "Mira"), ("b", "Mira"), ("c", "SN Ia"))
    ]
    write_deltalake(truth_of(tables).path, pa.Table.from_pylist(known, schema=schema()))


def write(table, *rows):
    objects, alerts = zip(*rows, strict=True)
    write_deltalake(table.path, pa.table({"object_id": objects, "alert_id": alerts}))


def test_a_lake_without_simulated_alerts_tells_nothing(tables):
    write(tables.raw, ("a", 1))
    assert fates(tables) == {}


def test_classes_without_any_alert_are_told_too(tables, simulated):
    none = dict.fromkeys(("raw", "quarantine", "science", "deliveries"), 0)
    assert fates(tables) == {"Mira": {"objects": 2, **none}, "SN Ia": {"objects": 1, **none}}


def test_an_alert_counts_once_however_often_it_came_or_was_sent_and_real_ones_do_not(
    tables, simulated
):
    write(tables.raw, ("a", 1), ("a", 1), ("a", 2), ("b", 3), ("c", 4), ("real", 5))
    write(tables.quarantine, ("a", 2))
    write(tables.science, ("a", 1), ("b", 3), ("c", 4), ("real", 5))
    write(tables.deliveries, ("b", 3), ("b", 3), ("real", 5))
    found = fates(tables)
    stars = {"objects": 2, "raw": 3, "quarantine": 1, "science": 2, "deliveries": 1}
    assert found["Mira"] == stars
    assert found["SN Ia"] == {
        "objects": 1,
        "raw": 1,
        "quarantine": 0,
        "science": 1,
        "deliveries": 0,
    }
