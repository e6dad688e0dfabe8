"""Notices and associations on real tables: what is received once, what a night's alerts match."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from gcn_scene import (
    ALERT,
    BURST,
    MERGER,
    MJD,
    NEXT,
    NIGHT,
    Scene,
    alert,
    messages,
    retraction,
)
from pipeline import rows, text

from fink_assets.definitions import build_defs
from fink_assets.gcn.messages import Message, in_folder
from fink_assets.gcn.received import KEPT_BYTES
from fink_assets.lake.combined import NOTICES
from fink_assets.lake.contracts import GCN_ASSOCIATIONS
from fink_assets.lake.ledger import Receipt
from fink_assets.surveys import LSST

SHARED = Path(__file__).parents[3] / "shared" / "data" / "gcn"


@pytest.fixture
def scene(spark, lake):
    return Scene(spark, lake)


def test_a_notice_is_received_once_from_wherever_it_comes(scene):
    assert scene.add(BURST.message, MERGER.message, BURST.message) == {"new": 2, "known": 1}
    before = text(rows(scene.received.table), "received")
    assert scene.add(MERGER.message) == {"known": 1}
    assert scene.add(MERGER.message + b" ") == {"known": 1}
    assert text(rows(scene.received.table), "received") == before
    assert [r["notice_id"] for r in rows(scene.received.table, "notice_id")].count(
        f"LVK:{MERGER.event_id}"
    ) == 1


def test_a_row_says_what_the_notice_says(scene):
    scene.add(BURST.message, MERGER.message)
    found = {row["observatory"]: row for row in rows(scene.received.table)}
    assert {c.name for c in NOTICES} >= set(found["Fermi"])
    assert found["Fermi"]["event_id"] == BURST.event_id
    assert found["Fermi"]["error"] == pytest.approx(BURST.parameters["radius_68_deg"], abs=1e-4)
    assert found["LVK"]["area_90"] == pytest.approx(MERGER.area_90, rel=0.05)
    assert found["LVK"]["trigger_time"].astimezone(UTC) == datetime(2026, 1, 13, 2, 24, tzinfo=UTC)
    assert bytes(found["LVK"]["message"]) == MERGER.message


def test_what_came_before_a_source_broke_off_is_kept(scene):
    def broken():
        yield from messages(BURST.message, b"junk")
        raise ConnectionError("nobody answers")

    with pytest.raises(ConnectionError, match="nobody answers"):
        scene.received.add(broken(), scene.spark)
    assert len(rows(scene.received.table)) == 2


def test_what_cannot_be_read_is_kept_with_its_reason_and_stops_nothing(scene):
    large = b"<" + bytes(KEPT_BYTES)
    assert scene.add(b"junk", large, BURST.message) == {"unreadable": 2, "new": 1}
    found = {row["problem"]: row["message"] for row in rows(scene.received.table)}
    assert bytes(found["the message is neither XML nor JSON"]) == b"junk"
    assert [m for p, m in found.items() if p and "too many" in p] == [None]
    assert scene.add(b"junk") == {"known": 1}


def test_the_latest_revision_counts_and_a_retracted_event_is_gone(scene):
    begin, end = datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC)
    scene.add(BURST.message, MERGER.message)
    assert [n.observatory for n in scene.received.notices(begin, end)] == ["Fermi", "LVK"]
    scene.add(retraction())
    assert [n.observatory for n in scene.received.notices(begin, end)] == ["Fermi"]
    assert scene.received.notices(end, end + timedelta(days=9)) == []


def test_files_of_every_kind_are_read(scene, tmp_path):
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "1.notice").write_bytes(BURST.message)
    (tmp_path / "2.json").write_bytes(MERGER.message)
    (tmp_path / "3.parquet").write_bytes(b"PAR1 cut short")
    (tmp_path / "notes.txt").write_text("no notice")
    found = scene.received.add(in_folder(tmp_path), scene.spark)
    assert found == {"new": 2, "unreadable": 1}
    assert {r["origin"] for r in rows(scene.received.table)} == {
        *("night/1.notice", "2.json", "3.parquet")
    }
    with pytest.raises(FileNotFoundError):
        list(in_folder(tmp_path / "nowhere"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="no real notices are there")
def test_the_real_notices_are_received(scene):
    assert scene.received.add(in_folder(SHARED), scene.spark) == {"new": 2}
    assert {r["notice_id"] for r in rows(scene.received.table)} == {
        *("Fermi:719313583", "LVK:S240116o")
    }


def test_offsets_are_remembered_by_the_table(scene):
    assert scene.received.offsets() == {}
    told = [
        Message(content=c, origin="gcn", partition=p, offset=o)
        for c, p, o in ((BURST.message, 0, 7), (b"junk", 0, 9), (MERGER.message, 1, 3))
    ]
    scene.received.add(told, scene.spark)
    assert scene.received.offsets() == {("gcn", 0): 9, ("gcn", 1): 3}


def test_a_night_is_matched_with_the_notices_in_time_and_sky(scene):
    scene.add(BURST.message, MERGER.message)
    scene.alerts(
        alert(1),
        alert(2, began=-1000.0),
        alert(3, ra=330.0, dec=-20.0),
        alert(4, roid=3),
        alert(5, rb=0.6),
    )
    counts = scene.associations.replace([NIGHT])
    assert scene.matches() == [(n, o) for n in (1, 4, 5) for o in ("Fermi", "LVK")]
    found = rows(scene.tables.gcn_associations)
    assert {c.name for c in GCN_ASSOCIATIONS} == set(found[0])
    tiers = {(r["alert_id"], r["observatory"]): r["tier"] for r in found}
    assert tiers[1, "LVK"] == "bronze"
    assert tiers[1, "Fermi"] in {"bronze", "silver", "gold"}
    assert tiers[4, "Fermi"] is tiers[5, "LVK"] is None
    assert counts.total() == 6
    (burst,) = [r for r in found if (r["alert_id"], r["observatory"]) == (1, "Fermi")]
    assert burst["delay"] == pytest.approx(5 / 24, abs=1e-4)
    assert 0 < burst["chance_probability"] < 0.01
    assert burst["credible_level"] is None


def test_a_night_is_replaced_and_others_stay(scene):
    scene.add(BURST.message)
    scene.alerts(alert(1), alert(2, night=NEXT, hours=20.0))
    scene.associations.replace([NIGHT, NEXT])
    before = text(rows(scene.tables.gcn_associations))
    scene.associations.replace([NIGHT])
    assert text(rows(scene.tables.gcn_associations)) == before
    scene.add(MERGER.message)
    scene.associations.replace([NEXT])
    assert scene.matches() == [(1, "Fermi"), (2, "Fermi"), (2, "LVK")]
    scene.add(retraction())
    scene.associations.replace([NIGHT, NEXT])
    assert scene.matches() == [(1, "Fermi"), (2, "Fermi")]


def test_batches_that_are_not_finished_are_left_to_the_next_time(scene):
    scene.add(BURST.message)
    scene.alerts(alert(1))
    later = scene.spark.createDataFrame([alert(2, batch=1)], ALERT)
    scene.tables.science.append(later, batch=1)
    scene.associations.replace([NIGHT])
    assert scene.matches() == [(1, "Fermi")]
    scene.tables.ledger.add_receipt("raw2science", 1, Receipt(counts={}))
    scene.associations.replace([NIGHT])
    assert scene.matches() == [(1, "Fermi"), (2, "Fermi")]


def test_without_notices_or_alerts_there_are_no_matches(scene):
    assert scene.associations.replace([NIGHT]).total() == 0
    scene.alerts(alert(1))
    assert scene.associations.replace([NIGHT]).total() == 0
    assert scene.matches() == []


def test_without_the_modules_a_match_has_no_tier(scene):
    scene.add(BURST.message)
    short = ALERT[: ALERT.index("solar_system")].rstrip().rstrip(",")
    scene.alerts(alert(1)[:9], schema=short)
    scene.associations.replace([NIGHT])
    assert [r["tier"] for r in rows(scene.tables.gcn_associations)] == [None]


def test_alerts_of_lsst_match_as_well(spark, lake):
    scene = Scene(spark, lake, LSST)
    scene.add(BURST.message)
    schema = """night: string, batch: bigint, alert_id: bigint, object_id: string, time: timestamp,
        ra: double, dec: double, diaSource: struct<reliability: float>,
        detection_history: struct<first_detection_mjd: double>,
        solar_system: struct<is_sso: boolean>, fast_transient_rate: struct<mag_rate: double>"""
    one = alert(1)[:7]
    new = (*one, (0.9,), (MJD + 5 / 24,), (False,), (1.0,))
    old = (*one[:2], 2, *one[3:], (0.9,), (MJD - 30.0,), (False,), (1.0,))
    body = (*one[:2], 3, *one[3:], (0.9,), (MJD + 5 / 24,), (True,), None)
    unknown = (*one[:2], 4, *one[3:], (0.9,), None, (False,), None)
    scene.alerts(new, old, body, unknown, schema=schema)
    scene.associations.replace([NIGHT])
    assert scene.matches() == [(1, "Fermi")]


@pytest.mark.usefixtures("kafka_servers")
def test_dagster_fills_the_tables_and_tells_users_once(scene, settings, tmp_path):
    folder = tmp_path / "notices"
    folder.mkdir()
    (folder / "1.xml").write_bytes(BURST.message)
    scene.alerts(alert(1))
    root = scene.tables.root
    configuration = settings.model_copy(update={"lake_root": root, "gcn_folder": str(folder)})
    defs, instance = build_defs(configuration), dg.DagsterInstance.ephemeral()
    for _ in range(2):
        assert defs.resolve_job_def("gcn_notices").execute_in_process(instance=instance).success
        job = defs.resolve_job_def("ztf_gcn_associations")
        done = job.execute_in_process(instance=instance, partition_key=NIGHT)
        assert done.success
    assert scene.matches() == [(1, "Fermi")]
    assert len(rows(scene.tables.gcn_messages)) == 1
    events = [event.materialization for event in done.get_asset_materialization_events()]
    counts = {e.asset_key.path[-1]: e.metadata.get("dagster/row_count") for e in events}
    assert counts["gcn_associations"].value == 1
    assert {"gcn_messages", "gcn_deliveries"} < set(counts)
    (check,) = done.get_asset_check_evaluations()
    assert check.passed


@pytest.mark.usefixtures("impatient")
def test_what_files_tell_is_kept_when_kafka_is_down_and_the_run_says_why(
    scene, settings, tmp_path, make_ports
):
    (tmp_path / "1.xml").write_bytes(BURST.message)
    (tmp_path / "2.xml").write_bytes(b"no notice")
    (port,) = make_ports(1)
    told = {"gcn_folder": str(tmp_path), "gcn_kafka": f"127.0.0.1:{port}"}
    configuration = settings.model_copy(update={"lake_root": scene.tables.root, **told})
    job = build_defs(configuration).resolve_job_def("gcn_notices")
    done = job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)
    assert not done.success
    (failure,) = done.get_step_failure_events()
    reason = str(failure.event_specific_data)
    assert f"Kafka at 127.0.0.1:{port}" in reason
    assert "Nothing is lost" in reason
    assert sorted(bool(r["problem"]) for r in rows(scene.received.table)) == [False, True]


def test_many_nights_are_matched_in_one_run(scene, settings):
    scene.add(BURST.message)
    scene.alerts(alert(1, rb=0.1), alert(2, night=NEXT, hours=20.0, rb=0.1))
    configuration = settings.model_copy(update={"lake_root": scene.tables.root})
    defs = build_defs(configuration)
    span = {"start": NIGHT, "end": NEXT}
    done = defs.resolve_job_def("ztf_gcn_associations").execute_in_process(
        instance=dg.DagsterInstance.ephemeral(),
        tags={f"dagster/asset_partition_range_{end}": night for end, night in span.items()},
    )
    assert done.success
    assert scene.matches() == [(1, "Fermi"), (2, "Fermi")]
    assert {e.partition for e in done.get_asset_materialization_events()} == {NIGHT, NEXT}
