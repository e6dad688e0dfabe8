"""The Java libraries of Spark's connectors and of Kafka, resolved once into a folder of the cache.

Set-up calls `resolve`; services only read `spark_jars` and `kafka_jars`. The resolver is the Ivy
that comes with pyspark, so neither Maven nor a download at session start is needed.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import quoteattr

from resources.embedded.machine import SetupError, java, require_space

MEGABYTES_NEEDED = 600
STAMP = "COORDINATES"


class JarsError(SetupError):
    """The libraries are not in the cache, or could not be brought there."""


@dataclass(frozen=True)
class Group:
    """Libraries that share a class path, with or without those of pyspark beside them."""

    name: str
    coordinates: tuple[str, ...]
    beside_pyspark: bool


GROUPS = (
    Group(
        "spark",
        (
            "io.delta:delta-spark_2.13:4.0.1",
            "org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.0",
            "org.apache.spark:spark-avro_2.13:4.0.0",
        ),
        beside_pyspark=True,
    ),
    Group(
        "kafka",
        # Without the binding to log4j, Kafka would swallow its own error messages.
        ("org.apache.kafka:kafka_2.13:4.1.1", "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3"),
        beside_pyspark=False,
    ),
)


def spark_home() -> Path:
    """Find the Spark that is inside the pyspark package, without importing it."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise JarsError("pyspark is not installed.", "Run `make setup`.")
    return Path(spec.origin).parent


def class_path(jars: Path, group: str) -> str:
    """Give the class path of a group of resolved libraries.

    Raises
    ------
    JarsError
        If set-up has not brought them, or has brought others.
    """
    if not is_resolved(jars):
        raise JarsError(f"{jars} does not hold the Java libraries.", "Run `fink setup`.")
    return str(jars / group / "*")


def is_resolved(jars: Path) -> bool:
    """Tell whether the folder holds the libraries that this version asks for."""
    stamp = jars / STAMP
    return stamp.is_file() and stamp.read_text() == wanted()


def wanted() -> str:
    """Name what is asked for: any change of it makes set-up resolve again."""
    beside = hashlib.sha256("\n".join(sorted(_in_pyspark())).encode()).hexdigest()
    lines = (f"{group.name} {line}" for group in GROUPS for line in group.coordinates)
    return "\n".join((*lines, f"beside {beside}", ""))


def resolve(jars: Path, say: Callable[[str], None] = print) -> bool:
    """Bring all libraries into the folder, unless they are there; tell whether it did anything.

    The folder appears complete or not at all, also when two set-ups run at once.
    """
    if is_resolved(jars):
        return False
    program = java()
    require_space(jars, MEGABYTES_NEEDED)
    jars.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(jars.with_name("jars.lock")):
        if is_resolved(jars):
            return False
        fresh = jars.with_name(f"jars.new-{os.getpid()}")
        try:
            for group in GROUPS:
                say(f"Java libraries for {group.name}: resolving {', '.join(group.coordinates)}")
                _retrieve(program, group, fresh / group.name, jars.with_name("ivy"))
            (fresh / STAMP).write_text(wanted())
            _put_in_place(fresh, jars)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(jars.with_name("ivy"), ignore_errors=True)
    return True


def _retrieve(program: Path, group: Group, target: Path, downloads: Path) -> None:
    target.mkdir(parents=True)
    request = target / "ivy.xml"
    request.write_text(_ivy_request(group))
    (ivy,) = (spark_home() / "jars").glob("ivy-*.jar")
    options = {
        "-ivy": str(request),
        "-cache": str(downloads),
        "-retrieve": f"{target}/[artifact]-[revision].[ext]",
    }
    command = [str(program), "-cp", str(ivy), "org.apache.ivy.Main", "-types", "jar", "bundle"]
    for option, value in options.items():
        command += [option, value]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    request.unlink()
    if answer.returncode or not any(target.glob("*.jar")):
        raise _explain(group, answer.stdout + answer.stderr)


def _ivy_request(group: Group) -> str:
    excluded = sorted(set(map(_artifact, _in_pyspark()))) if group.beside_pyspark else []
    return "\n".join(
        (
            '<ivy-module version="2.0">',
            f'<info organisation="fink" module={quoteattr(group.name)}/>',
            '<configurations><conf name="default"/></configurations>',
            "<dependencies>",
            *(_dependency(line) for line in group.coordinates),
            *(f"<exclude module={quoteattr(name)}/>" for name in excluded),
            "</dependencies></ivy-module>",
        )
    )


def _dependency(coordinates: str) -> str:
    organisation, name, revision = map(quoteattr, coordinates.split(":"))
    return f'<dependency org={organisation} name={name} rev={revision} conf="default->default"/>'


def _in_pyspark() -> list[str]:
    return [path.name for path in (spark_home() / "jars").glob("*.jar")]


def _artifact(jar: str) -> str:
    return re.sub(r"-\d[^/]*\.jar$", "", jar)


def _explain(group: Group, log: str) -> JarsError:
    if "No space left on device" in log:
        return JarsError("The disk is full.", "Free some space and run `fink setup` again.")
    if re.search(
        r"UnknownHost|ConnectException|timed out|SSLException|Server access Error", log, re.I
    ):
        return JarsError(
            f"The Maven repository did not answer while resolving {group.name}.",
            "Check the network (a proxy is told by JAVA_TOOL_OPTIONS=-Dhttps.proxyHost=...) "
            "and run `fink setup` again.",
        )
    tail = "\n".join(log.strip().splitlines()[-15:])
    return JarsError(f"Ivy could not resolve {group.name}:\n{tail}\n", "Run `fink setup` again.")


def _put_in_place(fresh: Path, jars: Path) -> None:
    old = jars.with_name(f"jars.old-{os.getpid()}")
    if jars.exists():
        jars.rename(old)
    fresh.rename(jars)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
