"""Dagster's own folder, `<home>/dagster`, and the two Dagster processes in it.

`python -m resources.embedded.dagster_home webserver` (or `daemon`) becomes that process.
Which assets there are is told by `workspace.yaml`.
"""

import fcntl
import os
import shutil
import sys
from pathlib import Path

from fink_assets.settings import PROJECT, Settings, settings
from resources.embedded.machine import LOOPBACK, Port


def ports(configuration: Settings) -> tuple[Port, ...]:
    """List the ports that Dagster listens on."""
    return (Port(configuration.dagster_port, "Dagster's web page", "FINK_DAGSTER_PORT"),)


def prepare(configuration: Settings) -> Path:
    """Make Dagster's folder, with our `dagster.yaml` unless a deployment put its own there."""
    folder = configuration.home.absolute() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    ours, theirs = PROJECT / "dagster.yaml", folder / "dagster.yaml"
    if theirs.is_symlink() or not theirs.exists():
        made = folder / f"dagster.yaml.{os.getpid()}"
        made.symlink_to(ours)
        made.replace(theirs)
    _make_databases(folder)
    return folder


def _make_databases(folder: Path) -> None:
    """Let one process make Dagster's databases: made by two at once they cannot be opened again."""
    done = folder / "databases-made"
    with (folder / "databases.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        import dagster as dg

        with dg.DagsterInstance.from_config(str(folder)) as instance:
            for storage in (
                instance.run_storage,
                instance.event_log_storage,
                instance.schedule_storage,
            ):
                assert storage is not None
        done.touch()


def command(process: str, configuration: Settings) -> list[str]:
    """Give the command line of the `webserver` or the `daemon`."""
    workspace = ["-w", str(PROJECT / "workspace.yaml")]
    if process == "webserver":
        port = str(configuration.dagster_port)
        return ["dagster-webserver", "-h", LOOPBACK, "-p", port, *workspace]
    return ["dagster-daemon", "run", *workspace]


def end_abandoned_runs() -> int:
    """Mark as failed the runs that an earlier daemon left behind; return how many.

    Their processes ended with it. Left as they are they would hold the place of the next streaming
    run.
    """
    import dagster as dg

    alive = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    with dg.DagsterInstance.get() as instance:
        runs = instance.get_runs(dg.RunsFilter(statuses=alive))
        for run in runs:
            instance.report_run_failed(run, "The daemon that ran it ended before it did.")
        return len(runs)


def main() -> None:
    """Become the process that the first argument names."""
    configuration = settings()
    os.environ["DAGSTER_HOME"] = str(prepare(configuration))
    if sys.argv[1] == "daemon":
        end_abandoned_runs()
    name, *arguments = command(sys.argv[1], configuration)
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or name
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main()
