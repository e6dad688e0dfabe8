"""Whether a service answers: real questions to it, not open ports or log lines.

Each function asks once and returns soon; waiting belongs to `processes`.
"""

import json
import socket
import time
from contextlib import suppress
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from fink_assets.settings import Settings
from resources.embedded.api import address
from resources.embedded.machine import LOOPBACK

ANSWER_SECONDS = 5.0
HEARTBEAT_SECONDS = 60.0


def kafka(configuration: Settings) -> bool:
    """Tell whether the broker lists its topics."""
    if not _connects(configuration.kafka_port):
        return False
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    client = AdminClient(
        {"bootstrap.servers": f"{LOOPBACK}:{configuration.kafka_port}", "log_level": 0}
    )
    try:
        return bool(client.list_topics(timeout=ANSWER_SECONDS).brokers)
    except KafkaException:
        return False


def spark(configuration: Settings) -> bool:
    """Tell whether the server computes `SELECT 1`."""
    if not _connects(configuration.spark_port):
        return False
    from pyspark.errors import PySparkException
    from pyspark.sql.connect.client import SparkConnectClient
    from pyspark.sql.connect.plan import SQL

    # A bare client: a `SparkSession` would become the default session of this process.
    client = SparkConnectClient(f"sc://{LOOPBACK}:{configuration.spark_port}")
    try:
        rows, *_ = client.to_table(SQL("SELECT 1").to_proto(client), {})
        return rows.num_rows == 1
    except PySparkException:
        return False
    finally:
        client.close()


def webserver(configuration: Settings) -> bool:
    """Tell whether Dagster's web server serves pages."""
    with suppress(URLError, OSError):
        address = f"http://{LOOPBACK}:{configuration.dagster_port}/server_info"
        with urlopen(address, timeout=ANSWER_SECONDS) as answer:
            return answer.status == 200
    return False


def api(configuration: Settings, *, survey: str) -> bool:
    """Tell whether the REST API of a survey says how its archive is, be it empty."""
    place = f"{address(configuration, survey=survey)}/health"
    with suppress(URLError, OSError, ValueError):
        try:
            with urlopen(place, timeout=ANSWER_SECONDS) as answer:
                told = json.load(answer)
        except HTTPError as empty:
            told = json.load(empty)
        return bool(told["survey"] == survey)
    return False


def daemon(configuration: Settings) -> bool:
    """Tell whether Dagster's daemon has left a heartbeat within the last minute."""
    from dagster import DagsterInstance

    home = configuration.home / "dagster"
    if not home.is_dir():
        return False
    with DagsterInstance.from_config(str(home)) as instance:
        beats = instance.get_daemon_heartbeats().values()
    return any(time.time() - beat.timestamp < HEARTBEAT_SECONDS for beat in beats)


def _connects(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False
