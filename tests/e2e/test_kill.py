"""Kill the run, Spark and Kafka in the middle of batches: the same tables and the same topics.

The services are this file's own, so that those of the session stay warm.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from pipeline import WIDE, feed, make_topic, received, rows, sample, sent, text

from fink_assets.lake.contracts import Tables
from fink_assets.lake.ledger import PLAN
from resources.embedded.jars import resolve
from resources.embedded.processes import running
from resources.kafka import Kafka

PROGRAM = Path(__file__).parents[1] / "pipeline.py"
TABLES = ("raw", "science", "quarantine", "sources", "deliveries", "objects", "dead_letter")


@pytest.fixture(scope="module")
def configuration(runtime_settings, make_ports, tmp_path_factory):
    kafka, controller, spark, spark_ui = make_ports(4)
    resolve(runtime_settings.jars)
    return runtime_settings.model_copy(
        update={
            "home": tmp_path_factory.mktemp("kill"),
            "kafka_port": kafka,
            "kafka_controller_port": controller,
            "spark_port": spark,
            "spark_ui_port": spark_ui,
        }
    )


@pytest.fixture(scope="module")
def own(configuration):
    """Kafka and Spark to be killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1", prepend=" ")
        with running(configuration, only=("kafka", "spark")) as services:
            yield services


@pytest.fixture(scope="module")
def topic(own, configuration):
    """The sample in a topic, with what is no alert."""
    name = make_topic(configuration.input_servers)
    feed(configuration.input_servers, name, [*sample().values(), b"", b"Obj\x01 no alert"])
    return name


class Survey:
    """A deployment whose runs are processes."""

    def __init__(self, name, configuration, topic, lake, most):
        self.tables = Tables(name, str(lake))
        self.servers = configuration.input_servers
        address = configuration.spark_address
        self.arguments = [address, self.servers, topic, str(lake), name, str(most)]
        self.topics = [f"fink_{WIDE.name}_{name}"]

    def start(self):
        return subprocess.Popen([sys.executable, str(PROGRAM), *self.arguments])

    @contextmanager
    def draining_until(self, condition):
        """A run that has just made a condition true; it is waited for in the end."""
        process = self.start()
        try:
            while not condition():
                assert process.poll() is None, "the run ended before the condition came true"
                time.sleep(0.02)
            yield process
            process.wait()
        finally:
            process.kill()
            process.wait()

    def position(self, stage):
        return self.tables.ledger.position(stage)

    def ends(self):
        """Messages in the log of the output topics, committed or not."""
        marks = Kafka(self.servers).watermarks("|".join(self.topics))
        return sum(mark.high for mark in marks)

    def content(self):
        return {name: text(rows(getattr(self.tables, name)), "batch") for name in TABLES}


@pytest.fixture(scope="module")
def calm(own, configuration, topic, tmp_path_factory):
    survey = Survey("ztfcalm", configuration, topic, tmp_path_factory.mktemp("calm"), 100)
    assert survey.start().wait() == 0
    return survey


@pytest.fixture(scope="module")
def storm(own, configuration, topic, tmp_path_factory):
    """The same messages through runs that are killed, in six batches."""
    survey = Survey("ztfstorm", configuration, topic, tmp_path_factory.mktemp("storm"), 10)
    with survey.draining_until(lambda: survey.position(PLAN) == 0) as run:
        run.send_signal(signal.SIGKILL)
    assert survey.position("stream2raw") == -1
    with survey.draining_until(lambda: survey.tables.raw.committed() == 1) as run:
        run.send_signal(signal.SIGKILL)
    with survey.draining_until(sending(survey)) as run:
        run.send_signal(signal.SIGKILL)
    with survey.draining_until(lambda: survey.tables.raw.committed() >= 3) as run:
        own["spark"].kill()
        run.send_signal(signal.SIGKILL)
    own["spark"].start()
    with survey.draining_until(sending(survey)):
        own["kafka"].kill()
        own["kafka"].start()
    assert survey.start().wait() == 0
    return survey


def sending(survey):
    """Becomes true when messages more than now are in the output topics."""
    before = survey.ends()
    return lambda: survey.ends() > before


def test_all_was_done_in_the_end(storm):
    last = storm.position(PLAN)
    assert last == 5
    for stage in ("stream2raw", "raw2science", "distribution", "archive"):
        assert storm.position(stage) == last
    assert storm.tables.objects.committed() == last


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_what_it_is_without_kills(table, storm, calm):
    expected = calm.content()[table]
    name = calm.tables.survey, storm.tables.survey
    assert storm.content()[table] == sorted(row.replace(*name) for row in expected)
    assert expected


def test_each_alert_is_in_the_topics_once(storm, calm):
    expected = [alert for _, alert in sent(received(calm.servers, calm.topics))]
    assert [alert for _, alert in sent(received(storm.servers, storm.topics))] == expected
    assert len(expected) == len(set(expected)) == 48


def test_spark_can_die_and_come_back_without_the_run_noticing_more_than_an_error(
    own, configuration, topic, tmp_path, calm
):
    """The run itself survives Spark: it ends with an error, and the next one goes on."""
    survey = Survey("ztfspark", configuration, topic, tmp_path, 100)
    with survey.draining_until(lambda: survey.position(PLAN) == 0) as run:
        own["spark"].restart()
        code = run.wait()
    if code:
        assert survey.start().wait() == 0
    name = calm.tables.survey, survey.tables.survey
    for table, expected in calm.content().items():
        assert survey.content()[table] == sorted(row.replace(*name) for row in expected)
    assert os.path.exists(survey.tables.raw.path)
