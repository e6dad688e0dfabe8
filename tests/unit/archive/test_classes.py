"""Classes of alerts: each alert is in one of Fink's, and in each that a catalogue tells."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fink_assets.archive.assets import assets
from fink_assets.archive.assets import statistics as statistics_asset
from fink_assets.archive.classes import FAMILIES, UNCLASSIFIED, Classes, Family
from fink_assets.archive.statistics import Statistics
from fink_assets.lake.describe import key
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.surveys import ZTF

START = datetime(2025, 12, 30, 4, tzinfo=UTC)
NIGHTS = ("2025-12-30", "2025-12-31", "2026-01-01")
OLDER = (Family("fink", "classification", "label"), Family("simbad", "simbad", "main_type"))
"""Classes as an earlier version told them."""
TYPES = pa.schema(
    [
        *(("night", pa.string()), ("batch", pa.int64()), ("alert_id", pa.int64())),
        ("object_id", pa.string()),
        ("time", pa.timestamp("us", "UTC")),
        *(("ra", pa.float64()), ("dec", pa.float64())),
        ("module_status", pa.map_(pa.string(), pa.string())),
        ("classification", pa.struct({"label": pa.string()})),
        ("simbad", pa.struct({"main_type": pa.string(), "otype": pa.string()})),
        ("tns_transient", pa.struct({"type": pa.string()})),
    ]
)


def alert(number, *, label="Unknown", simbad=(None, None), tns=None, status="ok", batch=0):
    """Alert of science; the label of a module that failed is null, or its whole struct."""
    time = START + timedelta(days=number % len(NIGHTS), seconds=number)
    main_type, otype = simbad
    return {
        "night": f"{time:%Y-%m-%d}",
        "batch": batch,
        "alert_id": number,
        "object_id": f"ZTF25{number:07}",
        "time": time,
        "ra": 10.0,
        "dec": -5.0,
        "module_status": [] if status is None else [("classification", status)],
        "classification": {"label": label} if label or number % 2 else None,
        "simbad": {"main_type": main_type, "otype": otype},
        "tns_transient": {"type": tns},
    }


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


def came(tables, alerts, *, without=()):
    rows = pa.Table.from_pylist(alerts, schema=TYPES).drop_columns(list(without))
    write_deltalake(tables.science.path, rows, mode="append", partition_by=["night"])
    write_deltalake(tables.raw.path, rows, mode="append", partition_by=["night"])
    tables.ledger.add_receipt("raw2science", max(a["batch"] for a in alerts), Receipt())


def followed(tables, **more):
    made = Classes(survey=ZTF, tables=tables, spark=None, **more)
    made.refresh(up_to_batch=tables.ledger.position("raw2science"))
    return made


def labels(tables):
    """Pairs of family and label of each alert."""
    found = {}
    for row in DeltaTable(tables.classes.path).to_pyarrow_table().to_pylist():
        found.setdefault(row["alert_id"], []).append((row["family"], row["label"]))
    return {alert_id: sorted(pairs) for alert_id, pairs in found.items()}


def test_simbad_tells_long_words_and_short_codes_each_in_a_family(tables):
    came(tables, [alert(1, simbad=("LongPeriodV*", "LP*")), alert(2, simbad=(None, "RR*"))])
    followed(tables)
    assert labels(tables) == {
        1: [("fink", "Unknown"), ("simbad", "LongPeriodV*"), ("simbad_otype", "LP*")],
        2: [("fink", "Unknown"), ("simbad_otype", "RR*")],
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [("failed", "failed"), ("unavailable", "unavailable"), (None, "not_run")],
)
def test_an_alert_without_a_label_is_unclassified_and_its_reason_is_told(tables, status, reason):
    came(tables, [alert(n, label=None, status=status) for n in (1, 2)])
    followed(tables)
    expected = [("fink", UNCLASSIFIED), ("status", reason)]
    assert labels(tables) == {1: expected, 2: expected}


def test_unknown_is_a_label_that_the_module_gave_and_has_no_reason(tables):
    came(tables, [alert(1, label="Unknown")])
    followed(tables)
    assert labels(tables) == {1: [("fink", "Unknown")]}


def test_alerts_of_before_there_was_a_module_are_unclassified(tables):
    came(tables, [alert(1, status=None)], without=["classification", "tns_transient"])
    followed(tables)
    assert labels(tables) == {1: [("fink", UNCLASSIFIED), ("status", "not_run")]}


WORDS = st.sampled_from([None, "Unknown", "QSO", "SN candidate", "LP*"])
ALERTS = st.lists(
    st.tuples(WORDS, st.tuples(WORDS, WORDS), WORDS, st.sampled_from(["failed", "ok", None])),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(told=ALERTS)
def test_every_alert_has_one_label_of_fink_and_at_most_one_of_each_family(told, tmp_path_factory):
    tables = Tables("ztf", str(tmp_path_factory.mktemp("lake")))
    alerts = [
        alert(n, label=label, simbad=simbad, tns=tns, status=status)
        for n, (label, simbad, tns, status) in enumerate(told)
    ]
    came(tables, alerts)
    followed(tables)
    found = labels(tables)
    assert found.keys() == {a["alert_id"] for a in alerts}
    for one in alerts:
        pairs = found[one["alert_id"]]
        assert set(Counter(family for family, _ in pairs).values()) == {1}
        label = (one["classification"] or {}).get("label")
        expected = {
            "fink": label or UNCLASSIFIED,
            "simbad": one["simbad"]["main_type"],
            "simbad_otype": one["simbad"]["otype"],
            "tns": one["tns_transient"]["type"],
            "status": None
            if label
            else dict(one["module_status"]).get("classification", "not_run"),
        }
        assert dict(pairs) == {name: value for name, value in expected.items() if value}


def test_the_classes_of_a_night_add_up_to_the_alerts_that_passed(tables):
    came(tables, [alert(n, label=[None, "QSO", "Unknown"][n // 3 % 3]) for n in range(24)])
    rows = Statistics(survey=ZTF, tables=tables).counted(NIGHTS, up_to=0)
    assert {night: sum(row["classes"].values()) for night, row in rows.items()} == {
        night: row["passed"] for night, row in rows.items()
    }
    assert all(row["classes"][UNCLASSIFIED] for row in rows.values())


def test_a_backfill_of_the_assets_writes_past_nights_as_classes_are_told_now(tables):
    """Classes that are told otherwise from some version on: `ztf/classes` and `ztf/statistics`."""
    alerts = [alert(n, label=[None, "QSO"][n // 3 % 2], simbad=("QSO", "AGN")) for n in range(12)]
    came(tables, alerts)
    old = followed(tables, families=OLDER)
    assert {family for pairs in labels(tables).values() for family, _ in pairs} == {
        family.name for family in OLDER
    }
    now = Classes(survey=ZTF, tables=tables, spark=None)
    curves = assets(ZTF, tables, [], lambda: [now])
    counted = statistics_asset(ZTF, tables)

    def backfill(first, last):
        ends = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        result = dg.materialize(
            [curves, counted],
            selection=[key(tables.classes), key(tables.statistics)],
            tags=dict(zip(ends, (first, last), strict=True)),
        )
        assert result.success

    backfill(*NIGHTS[:2])
    renewed = {n for n, pairs in labels(tables).items() if ("simbad_otype", "AGN") in pairs}
    assert renewed == {a["alert_id"] for a in alerts if a["night"] in NIGHTS[:2]}
    backfill(NIGHTS[0], NIGHTS[-1])
    found = labels(tables)
    assert found.keys() == {a["alert_id"] for a in alerts}
    assert all(("simbad_otype", "AGN") in pairs for pairs in found.values())
    numbers = tables.statistics.query("select classes from it")["classes"].to_pylist()
    assert sum(dict(each)[UNCLASSIFIED] for each in numbers) == 6
    assert old.reported(NIGHTS) == tables.classes.count()
    assert len(FAMILIES) > len(OLDER)
