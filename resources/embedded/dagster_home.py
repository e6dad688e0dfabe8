"""Dagster's own folder, `<home>/dagster`, and the two Dagster processes in it.

`python -m resources.embedded.dagster_home webserver` (or `daemon`) becomes that process.
Which assets there are is told by `workspace.yaml`.
"""

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
        theirs.unlink(missing_ok=True)
        theirs.symlink_to(ours)
    return folder


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
