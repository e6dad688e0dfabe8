"""The command `fink`: set up this machine, run the services on it, ask how they are.

Only words and tables for people; what a command does belongs to the packages, which are imported
when it runs.
"""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__.splitlines()[0])

Only = Annotated[
    list[str] | None,
    typer.Option("--only", help="Name of a service; may be repeated. Default: all."),
]


@app.command()
def setup() -> None:
    """Check this machine and fetch what the services need. Does nothing twice."""
    from fink_assets.settings import settings
    from resources.embedded import jars, machine

    configuration = settings()
    with _explained():
        typer.echo(f"Java       {machine.java()}")
        machine.require_space(configuration.home, 2000)
        typer.echo(f"State      {configuration.home}")
        fetched = jars.resolve(configuration.jars, typer.echo)
        typer.echo(f"Libraries  {configuration.jars}{'' if fetched else ' (already there)'}")


@app.command()
def up(only: Only = None) -> None:
    """Run the services until Ctrl-C."""
    from fink_assets.settings import settings
    from resources.embedded.jars import class_path
    from resources.embedded.processes import running, watch

    configuration = settings()
    names = _services(only)
    typer.echo(f"Starting {', '.join(names)}; logs are in {configuration.home / 'logs'}")
    with _explained(), _until_interrupted():
        class_path(configuration.jars, "spark")
        with running(configuration, only=names, on_ready=_say_ready) as services:
            _print_addresses(configuration, names)
            typer.echo("Press Ctrl-C to stop.")
            watch(services.values(), typer.echo)
    typer.echo("Stopped.")


@app.command()
def status(only: Only = None) -> None:
    """Ask each service whether it answers; exit with 1 if one does not."""
    from fink_assets.settings import settings
    from resources.embedded.service import KINDS

    configuration = settings()
    answers = {name: KINDS[name].answers(configuration) for name in _services(only)}
    for name, answering in answers.items():
        state = "answers" if answering else "does not answer"
        typer.echo(f"{name:<10} {state:<16} {KINDS[name].address(configuration)}")
    raise typer.Exit(0 if all(answers.values()) else 1)


def _services(only: Iterable[str] | None) -> tuple[str, ...]:
    from resources.embedded.service import SERVICES

    chosen = tuple(only or SERVICES)
    unknown = set(chosen) - set(SERVICES)
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(SERVICES)}")
    return chosen


def _say_ready(service: object, seconds: float) -> None:
    typer.echo(f"{service.name:<10} answers after {seconds:.1f} s")  # type: ignore[attr-defined]


def _print_addresses(configuration: object, names: Iterable[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    from resources.embedded.service import KINDS

    table = Table("service", "address")
    for name in names:
        table.add_row(name, KINDS[name].address(configuration))  # type: ignore[arg-type]
    Console().print(table)


@contextmanager
def _explained() -> Iterator[None]:
    """End with the remedy, not a stack trace, when the machine lacks something."""
    from resources.embedded.machine import SetupError

    try:
        yield
    except SetupError as problem:
        typer.secho(f"{problem.problem}\n-> {problem.remedy}", fg="red", err=True)
        raise typer.Exit(1) from None


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM or a closed terminal end the block, and nothing disturb its end."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(number: int, frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        typer.echo("Stopping.")
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in signals}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


if __name__ == "__main__":
    app()
