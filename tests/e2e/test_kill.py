"""Kill the run, Spark and Kafka in the middle of batches: the same tables and the same topics.

What is killed is this file's own. Where Spark is not, it is the session's, which is warm.
"""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import JAVA
from pipeline import WIDE, feed, make_topic, received, rows, sample, sent, text

from fink_assets.chain import STAGES
from fink_assets.lake.ledger import PLAN
from fink_assets.lake.tables import Tables
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
        patch.setenv("JAVA_TOOL_OPTIONS", JAVA, prepend=" ")
        with running(configuration, only=("kafka", "spark")) as services:
            yield services
            for each in services.values():  # an orderly end of both takes half a minute
                each.kill()


class Survey:
    """A deployment whose runs are processes."""

    def __init__(self, name, servers, topic, lake):
        self.topic = topic
        self.tables = Tables(name, str(lake))
        self.servers = servers
        self.arguments = [self.servers, topic, str(lake), name]
        self.topics = [f"fink_{WIDE.name}_{name}"]

    def start(self, spark):
        """A run on the Spark server at an address."""
        return subprocess.Popen([sys.executable, str(PROGRAM), spark, *self.arguments])

    @contextmanager
    def draining_until(self, condition, spark):
        """A run that has just made a condition true; it is waited for in the end."""
        process = self.start(spark)
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
        """Messages of the output topics, those of open transactions not included."""
        marks = Kafka(self.servers).watermarks("|".join(self.topics))
        return sum(mark.high for mark in marks)

    def content(self):
        return {name: text(rows(getattr(self.tables, name)), "batch") for name in TABLES}


@pytest.fixture(scope="module")
def warm(spark_service, runtime_settings):
    """Address of the session's Spark, which nobody kills."""
    return runtime_settings.spark_address


@pytest.fixture(scope="module")
def storm(own, warm, configuration, tmp_path_factory):
    """Two batches in which everything is killed; what a kill leaves, the next run takes up."""
    messages = [*sample().values(), b"", b"Obj\x01 no alert"]
    servers, mortal = configuration.input_servers, configuration.spark_address
    topic = make_topic(servers)
    survey = Survey("ztfstorm", servers, topic, tmp_path_factory.mktemp("storm"))
    half = len(messages) // 2
    feed(servers, topic, messages[:half])
    with survey.draining_until(appended(survey.tables.raw), warm) as run:
        run.send_signal(signal.SIGKILL)
    with survey.draining_until(sending(survey), warm):
        own["kafka"].kill()
        own["kafka"].start()
    feed(servers, topic, messages[half:])
    with survey.draining_until(appended(survey.tables.science), mortal):
        own["spark"].kill()
        own["spark"].start()
    assert survey.start(mortal).wait() == 0
    return survey


@pytest.fixture(scope="module")
def calm(storm, warm, tmp_path_factory):
    """The same messages in one batch and one run."""
    survey = Survey("ztfcalm", storm.servers, storm.topic, tmp_path_factory.mktemp("calm"))
    assert survey.start(warm).wait() == 0
    return survey


def appended(table):
    """Becomes true when a table has a batch more than now, of which the ledger does not know."""
    before = table.committed()
    return lambda: table.committed() > before


def sending(survey):
    """Becomes true when messages more than now are in the output topics."""
    before = survey.ends()
    return lambda: survey.ends() > before


def test_all_was_done_in_the_end(storm):
    last = storm.position(PLAN)
    assert last >= 1
    for stage in STAGES:
        assert storm.position(stage) == last
    assert storm.tables.sources.committed() == last
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
