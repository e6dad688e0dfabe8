"""Alerts sorted for look-ups: every alert that passed, once, whatever came when or twice."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from fink_assets.archive.alerts import Alerts
from fink_assets.archive.classes import Classes
from fink_assets.astro.sphere import cells
from fink_assets.lake import sorting
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.surveys import ZTF

NIGHT = datetime(2025, 12, 31, 4, tzinfo=UTC)
FOLDERS = {"partition_by": ["night"], "schema_mode": "merge"}


def alert(number, *, batch=0, days=0, object_id="ZTF21aaaaaaa", label="Unknown", **more):
    time = NIGHT + timedelta(days=days, seconds=number)
    return {
        "night": f"{time:%Y-%m-%d}",
        "batch": batch,
        "alert_id": number,
        "object_id": object_id,
        "time": time,
        "ra": 10.0 + number,
        "dec": -5.0,
        "candidate": {"magpsf": 18.0 + number},
        "classification": {"label": label},
        "tns_transient": {"type": None, "fullname": "SN 2025a"},
        "module_status": [("tns_transient", "ok")],
        **more,
    }


KINDS = {"time": pa.timestamp("us", "UTC"), "module_status": pa.map_(pa.string(), pa.string())}


def arrow(alerts):
    plain = pa.Table.from_pylist([{k: v for k, v in a.items() if k not in KINDS} for a in alerts])
    for name, kind in KINDS.items():
        plain = plain.append_column(name, pa.array([a[name] for a in alerts], kind))
    place = plain.schema.get_field_index("tns_transient")
    kind = pa.struct([("type", pa.string()), ("fullname", pa.string())])
    return plain.set_column(
        place, "tns_transient", pa.array([a["tns_transient"] for a in alerts], kind)
    )


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


@pytest.fixture
def came(tables):
    """Puts alerts into science, and says that their batch is judged."""

    def write(*alerts):
        write_deltalake(tables.science.path, arrow(alerts), mode="append", **FOLDERS)
        tables.ledger.add_receipt("raw2science", max(a["batch"] for a in alerts), Receipt())

    return write


def made(kind, tables):
    return kind(survey=ZTF, tables=tables, spark=None)


def stored(table):
    log = DeltaTable(table.path)
    rows = log.to_pyarrow_table().to_pylist()
    return sorted(rows, key=lambda row: (row["alert_id"], row.get("family", "")))


def numbers(table):
    return [row["alert_id"] for row in stored(table)]


def test_an_alert_has_every_column_of_science_and_its_cell(tables, came):
    came(alert(1), alert(2, days=1))
    assert made(Alerts, tables).refresh(up_to_batch=0) == 1
    science = stored(tables.science)
    for row, known in zip(stored(tables.alerts), science, strict=True):
        assert row.items() >= known.items()
        assert row["healpix_29"] == cells(known["ra"], known["dec"])[0]
        assert row["year"] == known["night"][:4]
    assert {row["year"] for row in stored(tables.alerts)} == {"2025", "2026"}


def test_a_refresh_takes_its_batches_only_and_a_repeated_one_nothing(tables, came):
    came(alert(1), alert(2, batch=1), alert(3, batch=2))
    alerts = made(Alerts, tables)
    assert [alerts.refresh(up_to_batch=n) for n in (0, 1, 1)] == [1, 1, 0]
    assert numbers(tables.alerts) == [1, 2]
    alerts.take(after=-1, up_to=1)
    assert numbers(tables.alerts) == [1, 2]


def test_batches_of_which_nothing_passed_move_the_position_all_the_same(tables, came):
    came(alert(1))
    for kind in (Alerts, Classes):
        made(kind, tables).refresh(up_to_batch=0)
        made(kind, tables).refresh(up_to_batch=3)
    assert tables.alerts.committed() == tables.classes.committed() == 3
    assert numbers(tables.alerts) == [1]


def test_a_refresh_killed_before_its_write_is_repeated_with_its_own_range(tables, came):
    came(alert(1), alert(2, batch=1), alert(3, batch=2))
    alerts = made(Alerts, tables)
    tables.ledger.add_receipt(alerts.plan, 1, Receipt())
    assert alerts.refresh(up_to_batch=2) == 3
    assert numbers(tables.alerts) == [1, 2, 3]


def test_a_column_that_science_gets_later_is_added(tables, came):
    came(alert(1))
    made(Alerts, tables).refresh(up_to_batch=0)
    came(alert(2, batch=1, cats={"score": 0.5}))
    made(Alerts, tables).refresh(up_to_batch=1)
    assert [row["cats"] for row in stored(tables.alerts)] == [None, {"score": 0.5}]


def test_an_output_that_a_module_gets_later_is_added(tables, came):
    came(alert(1))
    made(Alerts, tables).refresh(up_to_batch=0)
    came(alert(2, batch=1, classification={"label": "Unknown", "why": "none"}))
    made(Alerts, tables).refresh(up_to_batch=1)
    assert [row["classification"].get("why") for row in stored(tables.alerts)] == [None, "none"]


def test_a_night_computed_anew_replaces_its_rows_and_no_others(tables, came):
    came(alert(1), alert(2), alert(3, days=1))
    alerts = made(Alerts, tables)
    alerts.refresh(up_to_batch=0)
    came(alert(4, batch=1))
    DeltaTable(tables.science.path).delete("alert_id = 1")
    alerts.rebuild(["2025-12-31"])
    assert numbers(tables.alerts) == [2, 3, 4]
    assert alerts.reported(["2025-12-31"]) == 2


def test_a_label_is_a_row_by_who_gave_it(tables, came):
    known = {"type": "SN Ia", "fullname": "SN 2025a"}
    came(alert(1, label="SN candidate", tns_transient=known), alert(2, label=None), alert(3))
    made(Classes, tables).refresh(up_to_batch=0)
    found = [(r["alert_id"], r["family"], r["label"]) for r in stored(tables.classes)]
    assert found == [
        (1, "fink", "SN candidate"),
        (1, "tns", "SN Ia"),
        (2, "fink", "Unclassified"),
        (2, "status", "not_run"),
        (3, "fink", "Unknown"),
    ]


def test_clustering_changes_no_row_and_is_done_once(tables, came):
    alerts = made(Alerts, tables)
    for batch in range(3):
        came(*[alert(10 * batch + n, batch=batch, object_id=f"ZTF{n:09}") for n in range(5)])
        alerts.refresh(up_to_batch=batch)
    before = stored(tables.alerts)
    assert sorting.cluster(tables.alerts) == 3
    assert stored(tables.alerts) == before
    assert len(DeltaTable(tables.alerts.path).file_uris()) == 1
    in_file = DeltaTable(tables.alerts.path).to_pyarrow_table()["object_id"].to_pylist()
    assert in_file == sorted(in_file)
    assert sorting.cluster(tables.alerts) == 0
    assert tables.alerts.committed() == 2
    came(alert(99, batch=3))
    alerts.refresh(up_to_batch=3)
    assert sorting.cluster(tables.alerts) == 2


def test_many_small_files_become_one_while_the_night_goes_on(tables, came):
    alerts = made(Alerts, tables)
    most = 0
    for batch in range(sorting.TAIL + 4):
        came(alert(batch, batch=batch))
        alerts.refresh(up_to_batch=batch)
        most = max(most, len(DeltaTable(tables.alerts.path).file_uris()))
    assert most == sorting.TAIL
    assert numbers(tables.alerts) == list(range(sorting.TAIL + 4))


def test_a_replaced_file_goes_after_its_time_unless_its_night_is_kept(tables, came):
    alerts = made(Alerts, tables)
    for batch in range(2):
        came(alert(batch, batch=batch))
        alerts.refresh(up_to_batch=batch)
    sorting.cluster(tables.alerts)
    log = tables.alerts.log()
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert sorting.versions(log, [today]) == {log.version()}
    assert sorting.versions(log, ["2020-01-01"]) == set()
    assert sorting.clean(tables.alerts, hours=168) == 0


def test_only_the_versions_of_kept_nights_stay(tables, came, monkeypatch):
    alerts, path = made(Alerts, tables), tables.alerts.path
    for batch in range(3):
        came(alert(batch, batch=batch))
        alerts.refresh(up_to_batch=batch)
        sorting.cluster(tables.alerts)
    kept, gone = 4, 2
    monkeypatch.setattr(sorting, "versions", lambda log, nights: {kept})
    assert sorting.clean(tables.alerts, hours=0, nights=["2026-01-01"]) == 4
    assert DeltaTable(path, version=kept).to_pyarrow_table().num_rows == 2
    assert DeltaTable(path).to_pyarrow_table().num_rows == 3
    with pytest.raises(FileNotFoundError):
        DeltaTable(path, version=gone).to_pyarrow_table()


def test_what_was_never_written_is_left_alone(tables):
    assert sorting.cluster(tables.alerts) == 0
    assert sorting.fold(tables.alerts) == 0
    assert sorting.clean(tables.alerts, hours=168) == 0
    assert made(Alerts, tables).refresh(up_to_batch=3) == 0
    assert not tables.alerts.exists()
