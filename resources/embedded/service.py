"""One service of the embedded runtime as a process that can be started, stopped and killed.

The commands are the lines of `Procfile`, so that `honcho start` runs the same. A service counts as
started when it answers, and as stopped when no process of its session is left.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fink_assets.settings import PROJECT, Settings
from fink_assets.terminal import ENDING
from resources.embedded import api, dagster_home, kafka, ready, spark_connect
from resources.embedded.machine import LOOPBACK, Port, SetupError, require_free

POLL_SECONDS = 0.1
STOP_SECONDS = 15.0
LOG_BYTES = 20_000_000
SET_PARENT_DEATH_SIGNAL = 1
"""Of Linux's prctl."""


class ServiceError(SetupError):
    """A service ended, or did not answer in time."""


@dataclass(frozen=True)
class Kind:
    """What the supervisor knows of a service: its ports, when it is ready, where people find it."""

    ports: Callable[[Settings], tuple[Port, ...]]
    answers: Callable[[Settings], bool]
    address: Callable[[Settings], str]
    patience_seconds: float


# Patience is for a loaded machine: alone, Kafka answers in 3 s and Spark in 10 s.
KINDS = {
    "kafka": Kind(kafka.ports, ready.kafka, lambda s: f"{LOOPBACK}:{s.kafka_port}", 120),
    "spark": Kind(
        spark_connect.ports, ready.spark, lambda s: f"sc://{LOOPBACK}:{s.spark_port}", 300
    ),
    "webserver": Kind(
        dagster_home.ports, ready.webserver, lambda s: f"http://{LOOPBACK}:{s.dagster_port}", 300
    ),
    "daemon": Kind(lambda s: (), ready.daemon, lambda s: f"{s.home / 'dagster'}", 300),
    **{
        f"api_{survey}": Kind(
            partial(api.ports, survey=survey),
            partial(ready.api, survey=survey),
            partial(api.address, survey=survey),
            120,
        )
        for survey in api.SURVEYS
    },
}
SERVICES = tuple(KINDS)


def environment(configuration: Settings) -> dict[str, str]:
    """Give the variables from which a child process reads the same settings.

    Examples
    --------
    >>> environment(Settings(kafka_port=19092))["FINK_KAFKA_PORT"]
    '19092'
    """
    prefix = type(configuration).model_config["env_prefix"]
    return {
        f"{prefix}{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in configuration.model_dump(mode="json").items()
    }


@dataclass
class Service:
    """One service: a process (with its children) that can be started, stopped and killed."""

    name: str
    configuration: Settings
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def kind(self) -> Kind:
        """What is particular to this service."""
        return KINDS[self.name]

    @property
    def log(self) -> Path:
        """File that gets everything the service prints."""
        return self.configuration.home.absolute() / "logs" / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Process id, which is also that of its session and group."""
        if self.process is None:
            raise ServiceError(f"{self.name} was not started.", "Call start() first.")
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        """How the process ended; None while it runs."""
        return self.process.poll() if self.process else None

    def launch(self) -> None:
        """Start the process without waiting for its answer."""
        require_free(self.kind.ports(self.configuration))
        _make_room(self.log)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", f"exec {_procfile()[self.name]}"],
                cwd=PROJECT,
                env=_child_environment(self.configuration),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_beginning(),
            )

    def await_answer(self) -> None:
        """Return when the service answers; raise `ServiceError` if it ends or stays silent."""
        deadline = time.monotonic() + self.kind.patience_seconds
        while not self.kind.answers(self.configuration):
            if self.exit_code is not None:
                raise self.failure(f"ended with code {self.exit_code}")
            if time.monotonic() > deadline:
                raise self.failure(f"did not answer within {self.kind.patience_seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def start(self) -> None:
        """Start the service and return when it answers."""
        self.launch()
        self.await_answer()

    def terminate(self) -> None:
        """Ask the service to end, without waiting."""
        if self.process is not None:
            _signal_group(self.pid, signal.SIGTERM)

    def stop(self) -> None:
        """End the service and everything it started, kindly at first."""
        if self.process is None:
            return
        self.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the service and everything it started at once, as a crash would."""
        if self.process is None:
            return
        _signal_group(self.pid, signal.SIGKILL)
        self.process.wait()
        # Spark's Python workers are in groups of their own.
        while members := session_members(self.pid):
            for pid in members:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(POLL_SECONDS)

    def restart(self) -> None:
        """Stop the service and start it again."""
        self.stop()
        self.start()

    def failure(self, what: str) -> ServiceError:
        """Describe what went wrong with the last lines of the log."""
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        return ServiceError(f"{self.name} {what}:\n{tail}\n", f"See {self.log}.")


def session_members(session: int) -> list[int]:
    """List the living processes of a session, whatever their group (Linux; elsewhere none)."""
    return [int(stat.parent.name) for stat in _process_table() if _lives_in(stat, session)]


def _make_room(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _process_table() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*/stat")


def _lives_in(stat: Path, session: int) -> bool:
    try:
        state, _parent, _group, member_of, *_ = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return False
    # The dead stay in the table until their parent, here often init, takes note.
    return state not in "ZX" and int(member_of) == session


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _child_environment(configuration: Settings) -> dict[str, str]:
    programs = os.pathsep.join(
        (str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))
    )
    return os.environ | environment(configuration) | {"PATH": programs, "PYTHONUNBUFFERED": "1"}


def _procfile() -> dict[str, str]:
    from honcho.environ import parse_procfile

    return dict(parse_procfile((PROJECT / "Procfile").read_text()).processes)


def _beginning() -> Callable[[], None]:
    """What a service does first: end when asked to, whatever its supervisor ignores, or with it."""
    here = ctypes.CDLL(None) if sys.platform == "linux" else None

    def begin() -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_DFL)
        if here:
            # SIGTERM when the supervisor dies, even of SIGKILL; this outlives `exec`.
            here.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)

    return begin
