"""Care for the tables changes no row; what nobody reads any more goes, where it may."""

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from gcn_scene import BURST, NIGHT, Scene, alert
from pipeline import rows, text

from fink_assets.lake.combined import Combined
from fink_assets.lake.tables import Tables
from sensors.maintenance import NOUNS, REWRITTEN, SHARED, SORTED, compact, compact_shared


@pytest.fixture
def scene(spark, lake):
    """A lake whose notices, science and associations were written several times."""
    found = Scene(spark, lake)
    found.add(BURST.message)
    found.add(b"no notice")
    for number in (0, 1):
        found.alerts(alert(number, batch=number), batch=number)
        found.associations.replace([NIGHT])
    return found


def left_behind(table, days):
    """A file that no version of a table has, so many days old."""
    path = Path(table.path) / f"left-{days}.parquet"
    path.write_bytes(b"PAR1")
    moment = time.time() - days * 24 * 3600
    os.utime(path, (moment, moment))
    return path


def test_small_files_become_large_ones_and_rows_stay_as_they_were(spark, scene, lake):
    chain = SimpleNamespace(tables=scene.tables, spark=spark, ledger=scene.tables.ledger)
    kept = (scene.tables.science, scene.tables.gcn_associations, scene.received.table)
    before = [text(rows(table)) for table in kept]
    old = left_behind(scene.tables.gcn_associations, 8)
    young = left_behind(scene.tables.gcn_associations, 1)
    archived = left_behind(scene.tables.science, 8)
    files = compact(chain)
    assert files["ztf/science"] == 2
    assert set(files) == {"ztf/science", "ztf/gcn_associations", "ztf/ledger"}
    assert compact_shared(Combined(lake), spark) == {"notices": 2}
    assert [text(rows(table)) for table in kept] == before
    assert [path.exists() for path in (old, young, archived)] == [False, True, True]


def test_what_is_cared_for_exists():
    assert all(hasattr(Tables, name) for name in (*NOUNS, *SORTED))
    assert all(hasattr(Combined, name) for name in SHARED)
    assert set(REWRITTEN) <= {*NOUNS, *SHARED}
