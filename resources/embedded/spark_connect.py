"""A warm Spark Connect server on loopback, with Delta, Kafka and Avro; state in `<home>/spark`.

`python -m resources.embedded.spark_connect` becomes the server. What sessions ask of it belongs to
the stages.
"""

import os
import shutil
import sys
from pathlib import Path

from fink_assets.settings import PROJECT, Settings, settings
from resources.embedded.jars import class_path, spark_home
from resources.embedded.machine import LOOPBACK, Port, java, java_home

LOG4J = Path(__file__).with_name("log4j2.properties")
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
MEGABYTE = 2**20
# Concurrent collectors take a tenth of two busy cores, and nobody waits for one pause.
JVM = "-XX:+UseParallelGC"
# A damaged message may say that a text in it has 2 GB: Avro would take the memory before it looks.
LIMITS = " ".join(
    f"-Dorg.apache.avro.limits.{name}.maxLength={most}"
    for name, most in {
        "bytes": 64 * MEGABYTE,
        "string": 64 * MEGABYTE,
        "collectionItems": MEGABYTE,
    }.items()
)


def ports(configuration: Settings) -> tuple[Port, ...]:
    """List the ports that the server listens on."""
    return (
        Port(configuration.spark_port, "Spark Connect", "FINK_SPARK_PORT"),
        Port(configuration.spark_ui_port, "Spark's web page", "FINK_SPARK_UI_PORT"),
    )


def properties(configuration: Settings) -> dict[str, str]:
    """Give the server's configuration."""
    folder = _folder(configuration)
    values = {
        "spark.master": "local[*]",
        "spark.app.name": "fink",
        "spark.driver.memory": configuration.spark_memory,
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.extraClassPath": class_path(configuration.jars, "spark"),
        "spark.driver.extraJavaOptions": f"{JVM} {LIMITS} -Dderby.system.home={folder / 'derby'}",
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": configuration.spark_port,
        "spark.connect.grpc.maxInboundMessageSize": 128 * MEGABYTE,
        "spark.ui.port": configuration.spark_ui_port,
        "spark.port.maxRetries": 0,
        "spark.ui.showConsoleProgress": "false",
        "spark.eventLog.enabled": "false",
        "spark.local.dir": folder / "scratch",
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Plans of packets are long: to find the line of Python of each expression is half the work.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        # The defaults of 200 and 50 cost 15 s per read of a small table on a small machine.
        "spark.sql.shuffle.partitions": 2,
        "spark.databricks.delta.snapshotPartitions": 2,
    }
    return {name: str(value) for name, value in values.items()}


def main() -> None:
    """Become the server."""
    configuration = settings()
    home = str(java_home(java()))
    conf = _write_configuration(configuration)
    submit = str(spark_home() / "bin" / "spark-submit")
    os.chdir(_folder(configuration))
    os.execve(submit, [submit, "--class", SERVER, "spark-internal"], _environment(conf, home))


def _environment(conf: Path, java: str) -> dict[str, str]:
    # Workers must be our Python, able to import our packages wherever the server was started.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    path = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return inherited | {
        "JAVA_HOME": java,
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": LOOPBACK,
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(path),
    }


def _folder(configuration: Settings) -> Path:
    return configuration.home.absolute() / "spark"


def _write_configuration(configuration: Settings) -> Path:
    folder = _folder(configuration)
    # What an earlier server left behind when it was killed.
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    conf = folder / "conf"
    conf.mkdir(parents=True, exist_ok=True)
    lines = (f"{name} {value}\n" for name, value in properties(configuration).items())
    (conf / "spark-defaults.conf").write_text("".join(lines))
    shutil.copy(LOG4J, conf / "log4j2.properties")
    return conf


if __name__ == "__main__":
    main()
