"""A real Kafka broker on loopback: one process, its own controller, state in `<home>/kafka`.

`python -m resources.embedded.kafka` becomes the broker. Topics are made by those who need them.
"""

import base64
import os
import subprocess
import uuid
from pathlib import Path

from fink_assets.settings import Settings, settings
from resources.embedded.jars import class_path
from resources.embedded.machine import LOOPBACK, Port, java

LOG4J = Path(__file__).with_name("log4j2.properties")
# The quick compiler alone halves the start; one broker on loopback waits for disks, not for code.
JVM = ("-Xms256m", "-Xmx512m", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1")
JVM_LOG = f"-Dlog4j2.configurationFile={LOG4J}"
MEGABYTE = 2**20
WEEK_HOURS = 7 * 24


def ports(configuration: Settings) -> tuple[Port, ...]:
    """List the ports that the broker listens on."""
    return (
        Port(configuration.kafka_port, "the Kafka broker", "FINK_KAFKA_PORT"),
        Port(
            configuration.kafka_controller_port, "Kafka's controller", "FINK_KAFKA_CONTROLLER_PORT"
        ),
    )


def properties(configuration: Settings) -> dict[str, str]:
    """Give the broker's configuration."""
    broker = f"PLAINTEXT://{LOOPBACK}:{configuration.kafka_port}"
    controller = f"{LOOPBACK}:{configuration.kafka_controller_port}"
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"{broker},CONTROLLER://{controller}",
        "advertised.listeners": broker,
        "log.dirs": _folder(configuration) / "logs",
        "auto.create.topics.enable": "false",
        # An alert with its cutouts is 60-140 kB; producers batch several into one request.
        "message.max.bytes": 10 * MEGABYTE,
        "replica.fetch.max.bytes": 10 * MEGABYTE,
        "log.retention.hours": WEEK_HOURS,
        # One broker cannot replicate; without these, groups and transactions wait for two more.
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        "num.network.threads": 2,
        "num.io.threads": 4,
    }
    return {name: str(value) for name, value in values.items()}


def main() -> None:
    """Become the broker."""
    configuration = settings()
    program = str(java())
    classes = ["-cp", class_path(configuration.jars, "kafka")]
    file = _write_properties(configuration)
    if not (_folder(configuration) / "logs" / "meta.properties").exists():
        _format(program, classes, file)
    os.execv(program, [program, *JVM, JVM_LOG, *classes, "kafka.Kafka", str(file)])


def _folder(configuration: Settings) -> Path:
    return configuration.home.absolute() / "kafka"


def _write_properties(configuration: Settings) -> Path:
    file = _folder(configuration) / "server.properties"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(f"{name}={value}\n" for name, value in properties(configuration).items())
    )
    return file


def new_cluster_id() -> str:
    """Make an identity in Kafka's form: 16 bytes in base64 that do not look like an option."""
    first, *rest = uuid.uuid4().bytes
    without_leading_dash = bytes((first & 0x7F, *rest))
    return base64.urlsafe_b64encode(without_leading_dash).decode().rstrip("=")


def _format(program: str, classes: list[str], file: Path) -> None:
    tool = [
        "kafka.tools.StorageTool",
        "format",
        "--cluster-id",
        new_cluster_id(),
        "--config",
        str(file),
    ]
    subprocess.run([program, *JVM, JVM_LOG, *classes, *tool], check=True)


if __name__ == "__main__":
    main()
