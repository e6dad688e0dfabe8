"""What this machine must offer before a service can start: Java, disk, free ports.

Looks and explains; changes nothing. Every `SetupError` says what is missing and what to do.
"""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

JAVA_VERSIONS = (17, 21)
LOOPBACK = "127.0.0.1"


class SetupError(RuntimeError):
    """The machine lacks something; `remedy` says in one sentence what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem} {remedy}")
        self.problem = problem
        self.remedy = remedy


class JavaError(SetupError):
    """No `java` to run, or one of a version that Spark does not run on."""


class DiskError(SetupError):
    """Too little free space."""


class PortTakenError(SetupError):
    """Another process listens on a port that a service needs."""


@dataclass(frozen=True)
class Port:
    """A port that a service listens on, and the setting that moves it."""

    number: int
    purpose: str
    setting: str


def java() -> Path:
    """Find a Java that Spark and Kafka run on.

    Raises
    ------
    JavaError
        If there is none, or its version is not one of `JAVA_VERSIONS`.
    """
    program = _java_program()
    versions = " or ".join(map(str, JAVA_VERSIONS))
    remedy = (
        f"Install a JRE {versions} (Debian: apt install openjdk-17-jre-headless) or set JAVA_HOME."
    )
    if program is None:
        raise JavaError("Java was not found.", remedy)
    answer = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    version = java_version(answer.stderr)
    if version not in JAVA_VERSIONS:
        raise JavaError(f"{program} is version {version or 'unknown'}, not {versions}.", remedy)
    return Path(program)


def java_version(text: str) -> int | None:
    """Read the major version out of what `java -version` prints."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found[1]) if found else None


def java_home(program: Path) -> Path:
    """Find the installation folder of a `java` program."""
    return program.resolve().parent.parent


def _java_program() -> str | None:
    # JAVA_HOME is Java's own convention, which Spark's launcher follows too, not a setting of ours.
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


def require_space(folder: Path, megabytes: int) -> None:
    """Raise `DiskError` unless the file system of `folder` has that much room."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free // 2**20
    if free < megabytes:
        raise DiskError(
            f"{folder} has {free} MB free, {megabytes} MB are needed.",
            "Free some space, or set FINK_CACHE and FINK_HOME to folders on a larger disk.",
        )


def require_free(ports: Iterable[Port]) -> None:
    """Raise `PortTakenError` for the first of the ports that something listens on."""
    for port in ports:
        if not is_free(port.number):
            owner = listener(port.number) or "another process"
            raise PortTakenError(
                f"Port {port.number}, for {port.purpose}, is in use by {owner}.",
                f"Stop that process, or set {port.setting} to another port.",
            )


def is_free(port: int) -> bool:
    """Tell whether a service could listen on a loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def listener(port: int) -> str | None:
    """Name the process that listens on a port, where the system lets us know."""
    inodes = {socket_.inode for socket_ in listening() if socket_.port == port}
    for folder in Path("/proc").glob("[0-9]*"):
        if inodes & set(_sockets_of(folder)):
            return f"{_command_of(folder)} (process {folder.name})"
    return None


@dataclass(frozen=True)
class Listening:
    """A listening TCP socket as `/proc/net` tells it; `address` is hexadecimal."""

    address: str
    port: int
    inode: str


def listening() -> Iterator[Listening]:
    """List the listening TCP sockets of this machine (Linux; elsewhere none)."""
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        lines = table.read_text().splitlines()[1:] if table.exists() else []
        for fields in map(str.split, lines):
            if fields[3] == "0A":
                address, port = fields[1].split(":")
                yield Listening(address, int(port, 16), fields[9])


def _sockets_of(process: Path) -> Iterator[str]:
    with suppress(OSError):  # not ours to look at, or gone
        for link in os.listdir(process / "fd"):
            with suppress(OSError):  # closed in the meantime
                target = os.readlink(process / "fd" / link)
                if target.startswith("socket:["):
                    yield target[8:-1]


def _command_of(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
