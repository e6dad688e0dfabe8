"""The command `fink`: set up this machine, run the services on it, ask how they are.

Only words and tables for people; what a command does belongs to the packages, which are imported
when it runs.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from fink_assets.terminal import console, explained, say_ready, until_interrupted
from fink_assets.trial.commands import bench, demo, served
from fink_assets.trial.stream_commands import replay, simulate

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__.splitlines()[0])
for command in (demo, bench, replay, simulate):
    app.command()(command)

Only = Annotated[
    list[str] | None,
    typer.Option("--only", help="Name of a service; may be repeated. Default: all."),
]


@app.command()
def setup() -> None:
    """Check this machine and fetch what the services need. Does nothing twice."""
    from fink_assets.catalogues.build import ensure_all
    from fink_assets.packages import PackageError
    from fink_assets.raw2science.models.store import ensure_models
    from fink_assets.raw2science.modules import MODULES
    from fink_assets.raw2science.modules.catalogues import catalogues_of
    from fink_assets.settings import settings
    from fink_assets.simulator.sample import ensure_samples
    from fink_assets.surveys.lsst_packet import ensure_packets
    from resources.embedded import jars, machine

    configuration = settings()
    with explained():
        typer.echo(f"Java       {machine.java()}")
        machine.require_space(configuration.home, 2000)
        typer.echo(f"State      {configuration.home}")
        fetched = jars.resolve(configuration.jars, typer.echo)
        typer.echo(f"Libraries  {configuration.jars}{'' if fetched else ' (already there)'}")
        try:
            typer.echo(f"Alerts     {ensure_samples(configuration.samples)}")
        except PackageError as problem:
            typer.echo(f"Alerts     none but the 57 in tests/data/ztf: {problem}")
        try:
            typer.echo(f"Schemas    {ensure_packets(configuration.packets)}")
        except PackageError as problem:
            typer.echo(f"Schemas    none of LSST: {problem}")
        try:
            typer.echo(f"Models     {ensure_models(configuration.models)}")
        except PackageError as problem:
            typer.echo(f"Models     none, modules that need one are unavailable: {problem}")
        for told in set(ensure_all(catalogues_of(MODULES)).values()):
            typer.echo(f"Catalogues some are missing: {told}")
        typer.echo(f"Catalogues {configuration.catalogues}")


@app.command()
def up(only: Only = None) -> None:
    """Run the services until Ctrl-C."""
    from fink_assets.services.configured import clients
    from fink_assets.settings import settings
    from resources.embedded.jars import class_path
    from resources.embedded.machine import SetupError
    from resources.embedded.processes import running, watch

    configuration = settings()
    names = _services(only)
    with explained():
        try:
            clients(configuration)
        except ValueError as wrong:
            raise SetupError(str(wrong), "set FINK_SERVICES to some of these, or to none") from None
    typer.echo(f"Starting {', '.join(names)}; logs are in {configuration.home / 'logs'}")
    with explained(), until_interrupted():
        class_path(configuration.jars, "spark")
        with running(configuration, only=names, on_ready=say_ready) as services:
            _print_addresses(configuration, names)
            typer.echo("Press Ctrl-C to stop.")
            watch(services.values(), typer.echo)
    typer.echo("Stopped.")


@app.command()
def status(only: Only = None) -> None:
    """Ask each service of this home whether it answers; exit with 1 if one does not."""
    from fink_assets.settings import settings
    from resources.embedded.service import KINDS

    configuration = settings()
    answers = {name: KINDS[name].answers(configuration) for name in _services(only)}
    for name, answering in answers.items():
        state = "answers" if answering else "does not answer"
        typer.echo(f"{name:<10} {state:<16} {KINDS[name].address(configuration)}")
    if all(answers.values()):
        return
    typer.echo(f"These are the services of {configuration.home}; FINK_HOME chooses others.")
    raise typer.Exit(1)


@app.command()
def summary(
    survey: str = "ztf", json: Annotated[bool, typer.Option(help="One line of JSON.")] = False
) -> None:
    """Count what the lake holds and whether the books balance; exit with 1 if they do not."""
    from fink_assets.lake.tables import Tables
    from fink_assets.settings import settings
    from fink_assets.trial.known import fates, show_fates
    from fink_assets.trial.summary import line, show, summarize

    tables = Tables(served(survey).name, settings().lake)
    found, simulated = summarize(tables), fates(tables)
    if json:
        typer.echo(line(found, simulated))
    else:
        nothing = "" if tables.ledger.table.exists() else ": nothing there yet; is FINK_HOME right?"
        typer.echo(f"Tables in {tables.root}/{tables.survey}{nothing}")
        console().print(show(found))
        if simulated:
            console().print(show_fates(simulated))
    raise typer.Exit(0 if found.balanced or found.unfinished else 1)


@app.command()
def api(survey: str = "ztf") -> None:
    """Answer queries on the archive of a survey over HTTP until Ctrl-C."""
    from fink_assets.api.command import serve
    from fink_assets.settings import settings

    serve(settings(), served(survey))


@app.command()
def backfill(
    night: Annotated[str, typer.Argument(metavar="NIGHT", help="YYYY-MM-DD or tonight.")],
    until: Annotated[str | None, typer.Option(help="Last night. Default: the same.")] = None,
    module: Annotated[list[str] | None, typer.Option(help="Only this science module.")] = None,
    survey: str = "ztf",
) -> None:
    """Compute nights anew from raw, or the columns of some modules. Nothing is sent again."""
    from fink_assets.backfill import backfill as compute
    from fink_assets.settings import settings
    from fink_assets.trial.options import night_named
    from fink_assets.trial.runs import opened

    kind, done = served(survey), None
    first, last = (night_named(each, kind) for each in (night, until or night))
    typer.echo(f"Computing {first} to {last}")
    with opened(settings()) as instance, until_interrupted():
        try:
            done = compute(
                settings(),
                instance,
                kind,
                first=first,
                last=last,
                modules=module or (),
                tell=typer.echo,
            )
        except LookupError as problem:
            raise typer.BadParameter(str(problem)) from None
    state = {True: "done", False: "failed", None: "stopped; what is not done is as it was"}[done]
    typer.echo(f"{first} to {last}: {state}")
    raise typer.Exit(0 if done else 1)


@app.command()
def reprocess(
    night: Annotated[
        list[str] | None, typer.Option(help="Date (UTC) of receipt; may be repeated. Default: all.")
    ] = None,
    survey: str = "ztf",
) -> None:
    """Have dead letters decoded again, once the cause is mended. What succeeds moves to raw."""
    from fink_assets.lake.tables import Tables
    from fink_assets.settings import settings
    from fink_assets.stream2raw.reprocess import reprocess as plan
    from fink_assets.trial.options import night_named

    kind = served(survey)
    nights = [night_named(each, kind) for each in night or ()]
    most = settings().most_alerts(kind.message_kb)
    planned = plan(Tables(kind.name, settings().lake), most=most, nights=nights)
    for batch, letters in planned.items():
        typer.echo(f"batch {batch}: {letters} dead letters")
    said = "the streaming run takes them up" if planned else "nothing to try"
    typer.echo(f"{sum(planned.values())} dead letters are tried again: {said}")


@app.command()
def new_module(
    name: Annotated[str, typer.Argument(help="As of a Python function, e.g. colour_of_alert.")],
    survey: str = "ztf",
    owner: Annotated[
        str, typer.Option(help="Who answers for it: team:name or an e-mail address.")
    ] = "team:science",
) -> None:
    """Write the file of a new science module, with a golden value that is still to be found."""
    from fink_assets.raw2science.template import NewModuleError, write

    try:
        written = write(name, survey=served(survey).name, owner=owner)
    except NewModuleError as problem:
        raise typer.BadParameter(str(problem)) from None
    typer.echo(f"Written   {written.file}")
    typer.echo(f"Named in  {written.listed}")
    typer.echo("Next: write it, then find the golden value that this test asks for:")
    typer.echo(f'make test-fast ARGS="tests/unit/raw2science/test_modules.py -k {name}"')


@app.command()
def catalogues(
    archive: Annotated[
        list[Path] | None, typer.Option(help="A package's file, where there is no network.")
    ] = None,
) -> None:
    """Fetch the catalogues, write those that changed to the lake, and list them all."""
    from fink_assets.catalogues.build import ensure_all
    from fink_assets.catalogues.table import publish, show
    from fink_assets.raw2science.modules import MODULES
    from fink_assets.raw2science.modules.catalogues import catalogues_of
    from fink_assets.settings import settings

    known = catalogues_of(MODULES)
    problems = ensure_all(known, archives=archive or ())
    there = [c for c in known if c.name not in problems]
    console().print(show([publish(c, settings().lake) for c in there]))
    for name, problem in problems.items():
        typer.echo(f"{name} is missing: {problem}")
    raise typer.Exit(1 if problems else 0)


def _services(only: Iterable[str] | None) -> tuple[str, ...]:
    from resources.embedded.service import SERVICES

    chosen = tuple(only or SERVICES)
    unknown = set(chosen) - set(SERVICES)
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {', '.join(SERVICES)}")
    return chosen


def _print_addresses(configuration: object, names: Iterable[str]) -> None:
    from rich.table import Table

    from resources.embedded.service import KINDS

    table = Table("service", "address")
    for name in names:
        table.add_row(name, KINDS[name].address(configuration))  # type: ignore[arg-type]
    console().print(table)


if __name__ == "__main__":
    app()
