"""When notices are read, nights matched again and counterparts found, and when they are not."""

import json
import shutil
import socket
from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow as pa
import pytest
from confluent_kafka import Producer
from deltalake import write_deltalake

from fink_assets.definitions import build_defs
from fink_assets.lake.combined import Combined
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.surveys import ZTF
from sensors import counterparts, gcn

NIGHT, LATER, OLD = "2026-01-13", "2026-01-20", "2024-11-02"
TRIGGER = datetime(2026, 1, 13, 2, 24, tzinfo=UTC)
RECEIVED = datetime(2026, 1, 13, 3, 0, tzinfo=UTC)
OK, FAILED = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE


@pytest.fixture
def listening():
    """A port that is open, as Spark's would be."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "notices"
    found.mkdir()
    (found / "1.xml").write_text("<VOEvent/>")
    return found


class Scene:
    """A sensor, the runs that it asked for, and what became of them."""

    def __init__(self, defs, job, make):
        self.defs, self.job, self.make = defs, defs.resolve_job_def(job), make
        self.instance, self.cursor = dg.DagsterInstance.ephemeral(), None

    def tick(self, minutes=0.0):
        """What the sensor asks for so many minutes from now: a request, or why there is none."""
        clock = lambda: datetime.now(UTC) + timedelta(minutes=minutes)  # noqa: E731
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, definitions=self.defs
        )
        found = self.make(self.job, clock).evaluate_tick(context)
        self.cursor = found.cursor or self.cursor
        return found.run_requests[0] if found.run_requests else found.skip_message

    def run(self, request, status=OK):
        """What the request asked for has this status."""
        return self.instance.create_run_for_job(self.job, status=status, tags=request.tags)


@pytest.fixture
def reading(runtime_settings, lake, listening):
    """The sensor of notices with some settings."""

    def make(**settings):
        changed = {"lake_root": lake, "spark_port": listening, **settings}
        configuration = runtime_settings.model_copy(update=changed)
        defs = build_defs(configuration)
        return Scene(
            defs, "gcn_notices", lambda job, now: gcn.notices_sensor(configuration, job, now)
        )

    return make


def sources(request):
    return request.run_config["ops"]["read_gcn_notices"]["config"]["sources"]


def test_nothing_is_read_where_nothing_is_configured(reading):
    assert "neither FINK_GCN_FOLDER nor FINK_GCN_KAFKA" in reading().tick()


def test_a_folder_is_read_once_and_again_when_a_file_comes_or_changes(reading, folder):
    scene = reading(gcn_folder=str(folder))
    first = scene.tick()
    assert sources(first) == ["folder"]
    assert dg.validate_run_config(scene.job, first.run_config)
    assert scene.tick().run_key == first.run_key, "asked for twice, it is run once"
    scene.run(first)
    assert scene.tick() == "no new notices"
    (folder / "notes.txt").write_text("no notice")
    assert scene.tick() == "no new notices"
    for name in ("2.json", "1.xml"):
        (folder / name).write_text("{}")
        scene.run(request := scene.tick())
        assert request.run_key != first.run_key
        assert scene.tick() == "no new notices"


def test_a_table_made_anew_is_filled_again(reading, folder, lake):
    scene = reading(gcn_folder=str(folder))
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    scene.run(first := scene.tick())
    assert scene.tick() == "no new notices"
    shutil.rmtree(lake)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    assert scene.tick().run_key != first.run_key


def test_an_empty_folder_has_nothing_to_read(reading, tmp_path):
    assert reading(gcn_folder=str(tmp_path)).tick() == "no new notices"


def test_a_folder_that_is_gone_is_named_and_read_when_it_is_back(reading, folder):
    scene = reading(gcn_folder=str(folder))
    away = folder.rename(folder.with_name("away"))
    assert f"{folder}: no such folder" in scene.tick()
    away.rename(folder)
    assert isinstance(scene.tick(), dg.RunRequest)


@pytest.mark.usefixtures("impatient")
def test_a_kafka_that_is_down_is_named_and_does_not_stop_the_folder(reading, folder, make_ports):
    (port,) = make_ports(1)
    scene = reading(gcn_folder=str(folder), gcn_kafka=f"127.0.0.1:{port}")
    request = scene.tick()
    assert sources(request) == ["folder"]
    scene.run(request)
    assert f"notices in Kafka cannot be seen: Kafka at 127.0.0.1:{port}" in scene.tick()


def test_settings_that_contradict_each_other_are_told_and_the_secret_is_not(reading):
    told = reading(gcn_kafka="127.0.0.1:1", gcn_client_secret="hidden").tick()
    assert "FINK_GCN_CLIENT_ID is not set" in told
    assert "hidden" not in told


def test_topics_are_read_when_their_ends_move(reading, topic, kafka_servers):
    scene = reading(gcn_kafka=kafka_servers, gcn_topics=topic)
    assert scene.tick() == "no new notices"
    producer = Producer({"bootstrap.servers": kafka_servers})
    keys = set()
    for content in (b"not a notice", b"another"):
        producer.produce(topic, content)
        assert producer.flush(30) == 0
        request = scene.tick()
        assert sources(request) == ["kafka"]
        scene.run(request)
        keys.add(request.run_key)
        assert scene.tick() == "no new notices"
    assert len(keys) == 2


def test_one_run_at_a_time_reads_notices_whoever_started_it(reading, folder):
    scene = reading(gcn_folder=str(folder))
    started = dg.DagsterRunStatus.STARTED
    scene.instance.create_run_for_job(scene.job, status=started)
    assert scene.tick() == "a run that reads notices is active"


def test_a_run_that_failed_is_repeated_after_a_pause_that_grows(reading, folder):
    scene = reading(gcn_folder=str(folder))
    keys = set()
    for wait in (1, 2, 4, 8, 10, 10):
        request = scene.tick(minutes=11)
        keys.add(request.run_key)
        run = scene.run(request, FAILED)
        assert scene.tick(minutes=wait - 0.5).startswith(f"run {run.run_id} failed; the next")
        assert isinstance(scene.tick(minutes=wait + 0.1), dg.RunRequest)
    assert len(keys) == 6


def test_notices_wait_for_spark(reading, folder, make_ports):
    (port,) = make_ports(1)
    scene = reading(gcn_folder=str(folder), spark_port=port)
    assert scene.tick() == f"Spark Connect does not answer at sc://127.0.0.1:{port}"


def add_notices(lake, *found):
    """Rows of notices: name of the event, when it was, when that was received."""
    names = ("notice_id", "trigger_time", "received")
    moment = pa.timestamp("us", tz="UTC")
    schema = pa.schema([("notice_id", pa.string()), ("trigger_time", moment), ("received", moment)])
    rows = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in found], schema)
    rows = rows.append_column("problem", pa.nulls(len(rows), pa.string()))
    write_deltalake(Combined(lake).notices.path, rows, mode="append")


def add_alerts(tables, batch, *nights):
    rows = pa.table({"night": list(nights), "alert_id": [batch] * len(nights)})
    write_deltalake(tables.science.path, rows, mode="append", partition_by=["night"])
    tables.ledger.add_receipt("raw2science", batch, Receipt(nights={n: {} for n in nights}))


@pytest.fixture
def matching(runtime_settings, tables, listening):
    """The sensor of ZTF's associations."""
    changed = {"lake_root": tables.root, "spark_port": listening}
    configuration = runtime_settings.model_copy(update=changed)
    return Scene(
        build_defs(configuration),
        "ztf_gcn_associations",
        lambda job, now: gcn.associations_sensor(ZTF, configuration, tables, job, now),
    )


def nights_of(request):
    tags = request.tags
    if request.partition_key:
        return request.partition_key, request.partition_key
    return tuple(tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))


def test_nothing_is_matched_without_notices_or_alerts(matching, tables, lake):
    assert "no notices, or no alerts" in matching.tick()
    add_alerts(tables, 0, NIGHT)
    assert "no notices, or no alerts" in matching.tick()
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    assert isinstance(matching.tick(), dg.RunRequest)


def test_new_notices_concern_the_nights_of_ten_days_and_no_others(matching, tables, lake):
    add_alerts(tables, 0, OLD, "2026-01-10", NIGHT, LATER, "2026-02-13")
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    request = matching.tick()
    assert nights_of(request) == (NIGHT, LATER)
    matching.run(request)
    assert matching.tick() == "nothing new since nights were matched last"


def test_a_later_notice_has_its_own_nights_matched_and_not_those_of_earlier_ones(
    matching, tables, lake
):
    add_alerts(tables, 0, OLD, NIGHT)
    hours = timedelta(hours=3)
    elsewhere = datetime(2020, 1, 1, tzinfo=UTC)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED), ("Fermi:0", elsewhere, RECEIVED + hours))
    matching.run(matching.tick())
    add_notices(lake, ("LVK:S2", datetime(2024, 11, 2, tzinfo=UTC), RECEIVED + 2 * hours))
    assert nights_of(matching.tick()) == (OLD, OLD)


def test_a_retraction_has_the_nights_of_its_event_matched(matching, tables, lake):
    add_alerts(tables, 0, NIGHT)
    add_notices(lake, ("LVK:S1", TRIGGER, RECEIVED))
    matching.run(matching.tick())
    add_notices(lake, ("LVK:S1", None, RECEIVED + timedelta(days=2)))
    assert nights_of(matching.tick()) == (NIGHT, NIGHT)


def test_new_alerts_are_matched_at_a_beat_and_only_if_a_notice_concerns_them(
    matching, tables, lake
):
    add_alerts(tables, 0, NIGHT)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    matching.run(matching.tick())
    add_alerts(tables, 1, OLD)
    assert matching.tick(minutes=6) == "no night has alerts that any notice concerns"
    add_alerts(tables, 2, NIGHT)
    assert "wait for the beat of 5 minutes" in matching.tick(minutes=4)
    assert nights_of(matching.tick(minutes=6)) == (NIGHT, NIGHT)


def test_new_notices_do_not_wait_for_the_beat(matching, tables, lake):
    add_alerts(tables, 0, NIGHT)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    matching.run(matching.tick())
    add_notices(lake, ("LVK:S1", TRIGGER, RECEIVED + timedelta(hours=2)))
    assert isinstance(matching.tick(), dg.RunRequest)


def test_what_a_failed_run_had_is_asked_for_again(matching, tables, lake):
    add_alerts(tables, 0, NIGHT)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    first = matching.tick()
    assert matching.tick().run_key == first.run_key
    matching.run(first, FAILED)
    assert "failed; the next is asked for" in matching.tick()
    again = matching.tick(minutes=2)
    assert nights_of(again) == (NIGHT, NIGHT)
    assert again.run_key != first.run_key


def test_one_run_at_a_time_matches_a_survey(matching, tables, lake):
    add_alerts(tables, 0, NIGHT)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    matching.run(matching.tick(), dg.DagsterRunStatus.STARTED)
    assert matching.tick() == "a run that matches alerts of ZTF is active"


def test_a_lake_made_anew_is_matched_from_its_beginning(matching, tables, lake):
    add_alerts(tables, 0, NIGHT)
    add_notices(lake, ("Fermi:1", TRIGGER, RECEIVED))
    request = matching.tick()
    state = json.loads(request.tags[gcn.STATE_TAG])
    request.tags[gcn.STATE_TAG] = json.dumps({**state, "lake": "another"})
    matching.run(request)
    assert isinstance(matching.tick(), dg.RunRequest)


@pytest.fixture
def pairing(runtime_settings, lake):
    """The sensor of counterparts."""
    both = [Tables(name, lake) for name in ("ztf", "lsst")]
    return Scene(
        build_defs(runtime_settings.model_copy(update={"lake_root": lake})),
        "ztf_lsst_counterparts",
        lambda job, now: counterparts.sensor(both, job, now),
    )


def receive(tables, batch, *touched):
    tables.ledger.add_receipt("raw2science", batch, Receipt(nights={n: {} for n in touched}))
    tables.ledger.add_receipt("distribution", batch, Receipt())


def test_counterparts_are_found_once_when_both_surveys_have_closed_a_night(pairing, lake):
    ztf, lsst = Tables("ztf", lake), Tables("lsst", lake)
    assert "no night got alerts" in pairing.tick()
    receive(ztf, 0, NIGHT)
    assert "no night got alerts of which both" in pairing.tick(minutes=3)
    receive(lsst, 0, LATER)
    assert "no night got alerts of which both" in pairing.tick(minutes=3)
    receive(lsst, 1, NIGHT)
    assert "not quiet" in pairing.tick(minutes=1)
    request = pairing.tick(minutes=3)
    assert request.run_key.startswith(f"{NIGHT}:")
    assert "no night got alerts since" in pairing.tick(minutes=3)
    receive(ztf, 1, NIGHT)
    assert pairing.tick(minutes=3).run_key != request.run_key
