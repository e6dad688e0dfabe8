"""When the sensors start a run and when they do not, on real offsets and a real ledger."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from pipeline import feed, sample

from fink_assets.chain import STAGES, archived
from fink_assets.definitions import build_defs
from fink_assets.drain import HELD
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.stream2raw.batches import next_plan
from fink_assets.surveys import ZTF
from resources.kafka import Kafka
from sensors import nights, stream


@pytest.fixture
def survey(topic):
    return replace(ZTF, topics=topic)


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


@pytest.fixture
def listening():
    """A port that is open, as Spark's would be."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


@pytest.fixture
def job(survey, runtime_settings):
    return stream.job(survey, runtime_settings, lambda _: None)


@pytest.fixture
def tick(survey, tables, runtime_settings, listening, job):
    """Evaluates the streaming sensor, with other settings or other runs."""

    def evaluate(instance=None, **settings):
        changed = {"spark_port": listening, **settings}
        configuration = runtime_settings.model_copy(update=changed)
        sensor = stream.sensor(survey, configuration, tables, job)
        instance = instance or dg.DagsterInstance.ephemeral()
        return sensor(dg.build_sensor_context(instance=instance))

    return evaluate


def plan(tables, topic, kafka_servers):
    marks = Kafka(kafka_servers).watermarks(topic)
    tables.ledger.add_plan(next_plan(marks, tables.ledger.last_plan(), most=1000))


def test_a_run_starts_when_messages_wait(tick, topic, kafka_servers):
    feed(kafka_servers, topic, list(sample().values())[:3])
    request = tick()
    assert isinstance(request, dg.RunRequest)
    assert request.tags == {"fink/waiting": "3"}
    assert request.run_config == {}


def test_no_run_starts_when_nothing_waits(tick):
    assert tick().skip_message == "no new alerts"


def test_a_run_starts_when_a_batch_is_unfinished(tick, tables, topic, kafka_servers):
    feed(kafka_servers, topic, list(sample().values())[:1], partition=0)
    plan(tables, topic, kafka_servers)
    for stage in (*STAGES, *archived(ZTF)):
        assert isinstance(tick(), dg.RunRequest)
        tables.ledger.add_receipt(stage, 0, Receipt())
    assert tick().skip_message == "no new alerts"


@pytest.mark.usefixtures("impatient")
def test_no_run_starts_without_kafka_and_the_reason_says_where_it_should_be(tick, make_ports):
    (port,) = make_ports(1)
    skip = tick(kafka_input=f"127.0.0.1:{port}")
    assert f"Kafka at 127.0.0.1:{port}" in skip.skip_message


@pytest.mark.usefixtures("impatient")
def test_a_survey_whose_kafka_is_down_does_not_stop_another(tick, make_ports, topic, kafka_servers):
    feed(kafka_servers, topic, list(sample().values())[:1])
    (port,) = make_ports(1)
    down = f"127.0.0.1:{port}"
    assert isinstance(tick(kafka_inputs={"lsst": down}), dg.RunRequest)
    assert f"Kafka at {down}" in tick(kafka_inputs={"ztf": down}).skip_message


def test_no_run_starts_without_spark(tick, make_ports, topic, kafka_servers):
    feed(kafka_servers, topic, list(sample().values())[:1])
    (port,) = make_ports(1)
    skip = tick(spark_port=port)
    assert skip.skip_message == f"Spark Connect does not answer at sc://127.0.0.1:{port}"


# A queued run is made by a daemon only.
STARTED = [status for status in stream.ACTIVE if status is not dg.DagsterRunStatus.QUEUED]


@pytest.mark.parametrize("status", STARTED, ids=lambda status: status.value.lower())
def test_no_second_run_starts_beside_one(tick, job, topic, kafka_servers, status):
    feed(kafka_servers, topic, list(sample().values())[:1])
    instance = dg.DagsterInstance.ephemeral()
    instance.create_run_for_job(job, status=status, tags=dict(job.tags))
    assert "a streaming run of ZTF is active" in tick(instance).skip_message


def test_a_finished_run_does_not_stop_the_next(tick, job, topic, kafka_servers):
    feed(kafka_servers, topic, list(sample().values())[:1])
    instance = dg.DagsterInstance.ephemeral()
    failure = dg.DagsterRunStatus.FAILURE
    instance.create_run_for_job(job, status=failure, tags=dict(job.tags))
    assert isinstance(tick(instance), dg.RunRequest)


def test_a_held_batch_is_named_and_new_messages_are_still_archived(
    tick, tables, topic, kafka_servers
):
    feed(kafka_servers, topic, list(sample().values())[:1], partition=0)
    plan(tables, topic, kafka_servers)
    tables.ledger.add_receipt("stream2raw", 0, Receipt())
    tables.ledger.add_receipt(HELD, 0, Receipt())
    assert tick().skip_message.startswith("batch 0 is held back as not plausible")
    assert "`release: [0]`" in tick().skip_message
    feed(kafka_servers, topic, list(sample().values())[:1], partition=1)
    assert isinstance(tick(), dg.RunRequest)


@pytest.fixture
def close(survey, tables):
    """Evaluates the night-close sensor so long after the last batch."""
    defs = build_defs(Settings(lake_root=tables.root, _env_file=None), surveys=[survey])
    target = defs.resolve_job_def("ztf_night_close")
    books = [dg.AssetCheckKey(dg.AssetKey(["ztf", "science"]), "every_alert_is_judged_once")]
    instance = dg.DagsterInstance.ephemeral()

    def evaluate(cursor, minutes=3):
        sensor = nights.close_sensor(
            survey,
            tables,
            target,
            books,
            now=lambda: datetime.now(UTC) + timedelta(minutes=minutes),
        )
        context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
        return sensor.evaluate_tick(context)

    return evaluate


def closed(tick):
    """Nights that a tick asks to close."""
    return [request.tags["dagster/partition"] for request in tick.run_requests]


def receive(tables, batch, *touched):
    tables.ledger.add_receipt("raw2science", batch, Receipt(nights={n: {} for n in touched}))
    tables.ledger.add_receipt("distribution", batch, Receipt())


def test_each_night_that_got_alerts_is_closed_once_when_all_is_quiet(close, tables):
    assert "no night" in close(None).skip_message
    receive(tables, 0, "2024-11-02")
    receive(tables, 1, "2024-11-02", "2024-11-01")
    assert "not quiet" in close(None, minutes=1).skip_message
    first = close(None)
    assert closed(first) == ["2024-11-01", "2024-11-02"]
    assert len({r.run_key for r in first.run_requests}) == 2
    assert "no night" in close(first.cursor).skip_message


def test_a_late_alert_closes_its_night_again_and_no_other(close, tables):
    receive(tables, 0, "2024-11-01", "2024-11-02")
    first = close(None)
    receive(tables, 1, "2024-11-01")
    second = close(first.cursor)
    assert closed(second) == ["2024-11-01"]
    assert not {r.run_key for r in second.run_requests} & {r.run_key for r in first.run_requests}


def test_a_night_waits_for_its_light_curves(close, tables):
    tables.ledger.add_receipt("raw2science", 0, Receipt(nights={"2024-11-01": {}}))
    assert "no night" in close(None).skip_message


def test_a_night_that_is_none_of_the_survey_has_its_books_checked_and_no_partition(close, tables):
    """An alert whose time is no date has this night; a broken clock, one to come."""
    nights = ("1970-01-01", "2024-11-01", "2999-01-01")
    receive(tables, 0, *nights)
    requests = {r.tags["dagster/partition"]: r for r in close(None).run_requests}
    assert set(requests) == set(nights)
    assert requests["2024-11-01"].partition_key == "2024-11-01"
    assert requests["2024-11-01"].asset_check_keys is None
    for odd in ("1970-01-01", "2999-01-01"):
        assert requests[odd].partition_key is None
        assert requests[odd].asset_selection == []
        assert [check.name for check in requests[odd].asset_check_keys] == [
            "every_alert_is_judged_once"
        ]
