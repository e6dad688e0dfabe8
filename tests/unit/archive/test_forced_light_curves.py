"""Forced photometry sorted by object: every row of the table by night, once, whatever came when."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

from fink_assets.archive.forced_light_curves import ForcedLightCurves
from fink_assets.lake import sorting
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.surveys import LSST

FIRST = datetime(2025, 12, 31, 4, tzinfo=UTC)
NIGHT = "2026-01-10"
SCHEMA = pa.schema(
    [
        *(("night", pa.string()), ("batch", pa.int64()), ("object_id", pa.string())),
        ("time", pa.timestamp("us", "UTC")),
        ("alert_id", pa.int64()),
        ("measurement", pa.struct({"visit": pa.int64(), "psfFlux": pa.float32()})),
    ]
)


def measured(name, batch, days, flux=1.0):
    """Measurement of an exposure some days after the first; None is one that does not say when."""
    time = None if days is None else FIRST + timedelta(days=days)
    return {
        "night": f"{time:%Y-%m-%d}" if time else "1970-01-01",
        "batch": batch,
        "object_id": name,
        "time": time,
        "alert_id": batch,
        "measurement": {"visit": days or 0, "psfFlux": flux},
    }


@pytest.fixture
def tables(lake):
    return Tables("lsst", lake)


def brought(tables, rows, *, batch=None):
    """Puts rows into the table by night, those of a batch or, of a backfill, without one."""
    mark = None
    if batch is not None:
        done = Transaction(app_id=tables.forced_photometry.name, version=batch)
        mark = CommitProperties(app_transactions=[done])
    write_deltalake(
        tables.forced_photometry.path,
        pa.Table.from_pylist(rows, schema=SCHEMA),
        mode="append",
        partition_by=["night"],
        commit_properties=mark,
    )


def judged(tables, *batches):
    """Alerts of one night in raw and science, and their batches in the ledger."""
    rows = [{"night": NIGHT, "batch": b, "alert_id": b} for b in batches]
    for table in (tables.raw, tables.science):
        write_deltalake(table.path, pa.Table.from_pylist(rows), mode="append")
    tables.ledger.add_receipt("raw2science", max(batches), Receipt())


def made(tables):
    return ForcedLightCurves(survey=LSST, tables=tables, spark=None)


def stored(table):
    rows = DeltaTable(table.path).to_pyarrow_table().to_pylist()
    rows = [{k: v for k, v in row.items() if k != "year"} for row in rows]
    return sorted(rows, key=lambda row: str(sorted(row.items(), key=str)))


def test_it_has_what_the_table_by_night_has_sorted_by_object_in_folders_of_years(tables):
    judged(tables, 0, 1)
    rows = [measured(name, 0, days) for name in ("2", "1") for days in (3, None, -400, 0)]
    brought(tables, rows, batch=0)
    brought(tables, [measured("1", 1, 4)], batch=1)
    assert made(tables).refresh(up_to_batch=1) == 2
    assert stored(tables.forced_light_curves) == stored(tables.forced_photometry)
    sorting.cluster(tables.forced_light_curves)
    found = DeltaTable(tables.forced_light_curves.path)
    years = {part["year"] for part in found.partitions()}
    assert years == {"1970", "2024", "2025", "2026"}
    assert stored(tables.forced_light_curves) == stored(tables.forced_photometry)


def test_it_goes_as_far_as_the_table_by_night_and_not_further(tables):
    curves = made(tables)
    judged(tables, 0, 1, 2)
    assert curves.refresh(up_to_batch=2) == 0
    brought(tables, [measured("1", 0, 0)], batch=0)
    assert curves.refresh(up_to_batch=2) == 1
    brought(tables, [measured("1", 2, 1)], batch=2)
    assert [curves.refresh(up_to_batch=2) for _ in range(2)] == [2, 0]
    assert stored(tables.forced_light_curves) == stored(tables.forced_photometry)
    curves.take(after=-1, up_to=2)
    assert stored(tables.forced_light_curves) == stored(tables.forced_photometry)


def test_a_backfill_adds_what_came_of_past_alerts_and_rewrites_nothing_else(tables):
    curves = made(tables)
    judged(tables, *range(8))
    for batch in range(8):
        brought(tables, [measured("1", batch, batch)], batch=batch)
    curves.refresh(up_to_batch=7)
    before = DeltaTable(tables.forced_light_curves.path).version()
    curves.rebuild([NIGHT])
    assert DeltaTable(tables.forced_light_curves.path).version() == before
    brought(tables, [measured("1", 6, 6, flux=2.0), measured("2", 6, -9)])
    for _ in range(2):
        curves.rebuild([NIGHT])
        assert stored(tables.forced_light_curves) == stored(tables.forced_photometry)


def test_a_field_that_packets_get_later_is_added(tables):
    judged(tables, 0, 1)
    brought(tables, [measured("1", 0, 0)], batch=0)
    made(tables).refresh(up_to_batch=0)
    later = pa.Table.from_pylist(
        [measured("1", 1, 1) | {"measurement": {"visit": 1, "psfFlux": 1.0, "band": "r"}}]
    ).cast(
        SCHEMA.set(
            5,
            pa.field("measurement", pa.struct([*SCHEMA.field(5).type, ("band", pa.string())])),
        )
    )
    write_deltalake(
        tables.forced_photometry.path,
        later,
        mode="append",
        schema_mode="merge",
        commit_properties=CommitProperties(
            app_transactions=[Transaction(app_id=tables.forced_photometry.name, version=1)]
        ),
    )
    made(tables).refresh(up_to_batch=1)
    found = tables.forced_light_curves.query(
        "select measurement['band'] as b from it order by batch"
    )
    assert found["b"].to_pylist() == [None, "r"]
