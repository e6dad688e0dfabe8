"""The embedded runtime as a person uses it: `fink up`, Ctrl-C, a crash."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from conftest import JAVA

from resources.embedded import processes, ready
from resources.embedded.jars import resolve
from resources.embedded.machine import LOOPBACK, listening
from resources.embedded.service import ServiceError, environment, session_members

LOOPBACK_HEX = {"0100007F", "0000000000000000FFFF00000100007F"}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def configuration(runtime_settings, make_ports, tmp_path):
    kafka, controller, spark, spark_ui, dagster, ztf, lsst = make_ports(7)
    resolve(runtime_settings.jars)
    return runtime_settings.model_copy(
        update={
            "home": tmp_path / "home",
            "kafka_port": kafka,
            "kafka_controller_port": controller,
            "spark_port": spark,
            "spark_ui_port": spark_ui,
            "dagster_port": dagster,
            "api_ports": {"ztf": ztf, "lsst": lsst},
        }
    )


@contextmanager
def fink_up(configuration, *names):
    """Run `fink up` and give it once it says that all services answer."""
    words = [word for name in names for word in ("--only", name)]
    program = subprocess.Popen(
        [sys.executable, "-m", "fink_assets.cli", "up", *words],
        env=os.environ | environment(configuration) | {"JAVA_TOOL_OPTIONS": JAVA},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = []
        for line in program.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail("".join(said))
        yield program
    finally:
        program.kill()
        program.communicate()


def children(pid):
    """The services: processes whose parent is the supervisor."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.1)


@LINUX
def test_up_answers_on_loopback_only_and_ctrl_c_leaves_nothing(configuration):
    with fink_up(configuration, "kafka", "spark") as program:
        assert ready.kafka(configuration)
        assert ready.spark(configuration)
        services = children(program.pid)
        assert len(services) == 2
        assert {each.address for each in sockets_of(services)} <= LOOPBACK_HEX
        program.send_signal(signal.SIGINT)
        assert program.wait(60) == 0
        assert [pid for each in services for pid in session_members(each)] == []
        assert "Stopped." in program.stdout.read()


@LINUX
def test_services_end_when_their_supervisor_is_killed(configuration):
    with fink_up(configuration, "kafka") as program:
        (kafka,) = children(program.pid)
        program.kill()
        wait_until(lambda: session_members(kafka) == [])
    assert not ready.kafka(configuration)


@LINUX
def test_a_service_that_crashes_is_started_again_but_not_for_ever(configuration):
    with processes.running(configuration, only=["kafka"]) as services:
        pids, said = [services["kafka"].pid], []
        os.kill(pids[0], signal.SIGKILL)

        def say(line):
            said.append(line)
            if "answers again" in line:
                assert ready.kafka(configuration)
                pids.append(services["kafka"].pid)
                os.kill(pids[-1], signal.SIGKILL)

        with pytest.raises(ServiceError, match="ended with code -9 soon after its second start"):
            processes.watch(services.values(), say)
    assert len(set(pids)) == 2
    assert "ended with code -9; starting it again" in said[0]


def test_up_on_a_taken_port_says_which_and_how_to_move_it(configuration):
    with socket.socket() as other:
        other.bind((LOOPBACK, configuration.kafka_port))
        other.listen()
        answer = subprocess.run(
            [sys.executable, "-m", "fink_assets.cli", "up", "--only", "kafka"],
            env=os.environ | environment(configuration),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert answer.returncode == 1
    assert f"Port {configuration.kafka_port}" in answer.stderr
    assert "FINK_KAFKA_PORT" in answer.stderr


def test_kafka_keeps_its_topics_over_a_crash(kafka_service, topic, kafka_servers):
    from confluent_kafka.admin import AdminClient

    kafka_service.kill()
    kafka_service.start()
    assert topic in AdminClient({"bootstrap.servers": kafka_servers}).list_topics(timeout=30).topics


def test_a_session_reads_kafka_and_avro_writes_delta_and_runs_our_python(
    spark, topic, kafka_servers, lake
):
    import fastavro
    import pandas as pd
    from confluent_kafka import Producer
    from pyspark.sql import functions as f
    from pyspark.sql.avro.functions import from_avro

    schema = {"type": "record", "name": "r", "fields": [{"name": "x", "type": "double"}]}
    producer = Producer({"bootstrap.servers": kafka_servers, "transactional.id": topic})
    producer.init_transactions(60)
    producer.begin_transaction()
    for x in range(100):
        datum = io.BytesIO()
        fastavro.schemaless_writer(datum, schema, {"x": float(x)})
        producer.produce(topic, datum.getvalue())
    producer.commit_transaction(60)

    messages = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", kafka_servers)
        .option("subscribe", topic)
        .load()
    )
    decoded = messages.select(from_avro("value", json.dumps(schema)).alias("r")).select("r.x")
    decoded.write.format("delta").save(f"{lake}/numbers")

    @f.pandas_udf("double")
    def doubled(x: pd.Series) -> pd.Series:
        import fink_assets.settings  # noqa: F401  the point: our packages are there

        return x * 2

    numbers = spark.read.format("delta").load(f"{lake}/numbers")
    assert numbers.agg(f.sum(doubled("x"))).first()[0] == 9900.0


def sockets_of(pids):
    """The listening sockets of processes."""
    links = [
        os.readlink(link.path)
        for pid in pids
        for link in os.scandir(f"/proc/{pid}/fd")
        if os.path.islink(link.path)
    ]
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    found = [each for each in listening() if each.inode in inodes]
    assert found, "no listening socket was found"
    return found
