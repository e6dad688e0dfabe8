"""The commands `fink demo` and `fink bench`: their options; those that only send are elsewhere.

What they do belongs to the other modules of this package, which are imported when a command runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fink_assets.terminal import console, explained, say_ready, until_interrupted

if TYPE_CHECKING:
    from fink_assets.surveys import Survey

Alerts = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="Folder of *.avro; default: fetched at set-up, for lsst a small synthetic night.",
    ),
]
OfZtf = Annotated[
    Path | None,
    typer.Option(exists=True, file_okay=False, help="Folder of *.avro; default: of set-up."),
]
Name = Annotated[str, typer.Option("--survey", help="Whose alerts they are.")]
Rate = Annotated[float | None, typer.Option(min=0.01, help="Alerts per second; default: no limit.")]


def demo(
    alerts: OfZtf = None,
    rate: Rate = None,
    simulated: Annotated[
        int, typer.Option(min=0, help="Alerts of a synthetic sky, sent after the real ones.")
    ] = 200,
    leave: Annotated[bool, typer.Option("--exit", help="Stop after the summary.")] = False,
) -> None:
    """Replay real alerts through the whole pipeline, beginning with an empty <home>/demo."""
    from fink_assets.settings import settings
    from fink_assets.surveys import ZTF
    from fink_assets.trial.demo import addresses, demonstrate
    from fink_assets.trial.ground import emptied
    from fink_assets.trial.source import alerts_to_send
    from resources.embedded.processes import running, watch

    screen = console()
    with explained(), until_interrupted():
        source = alerts_to_send(settings(), ZTF, alerts, screen)
        configuration = emptied(settings(), "demo")
        screen.print(f"Starting the services in {configuration.home}")
        with running(configuration, on_ready=say_ready) as services:
            summary = demonstrate(
                configuration, services, source, screen, rate=rate, simulated=simulated
            )
            if leave:
                raise typer.Exit(0 if summary.balanced else 1)
            screen.print("\n".join(addresses(configuration)), "\nPress Ctrl-C to stop.")
            watch(services.values(), typer.echo)
    typer.echo("Stopped.")


def bench(
    survey: Name = "ztf",
    alerts: Alerts = None,
    total: Annotated[
        int, typer.Option(min=1, help="Alerts of the throughput part, and others.")
    ] = 20_000,
    warm: Annotated[int, typer.Option(min=1, help="Alerts before it, not measured.")] = 24_000,
    rate: Annotated[float, typer.Option(min=0.01, help="Alerts/s of the latency part.")] = 100.0,
    visits: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Send them in visits of so many at once, whatever the rate; LSST's have 10000.",
        ),
    ] = None,
    every: Annotated[
        float | None,
        typer.Option(
            min=0.1, help="Seconds between visits, by default 39; alone: visits of that rate."
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="Steady part of it.")] = 120.0,
    settle: Annotated[float, typer.Option(min=0, help="What goes before, from cold.")] = 300.0,
    synthetic: Annotated[
        bool,
        typer.Option("--synthetic", help="A synthetic night, instead of copies of a few alerts."),
    ] = False,
    in_process: Annotated[bool, typer.Option(help="Drain here, without Dagster.")] = False,
    part: Annotated[
        str, typer.Option(help="throughput, latency, both, science, backfill, or api.")
    ] = "both",
    json: Annotated[Path | None, typer.Option(help="File that gets a line of JSON.")] = None,
) -> None:
    """Measure the throughput and latency of the chain, or its modules, in an empty <home>/bench."""
    from fink_assets.settings import settings
    from fink_assets.trial.bench import measure
    from fink_assets.trial.plan import Plan, pace
    from fink_assets.trial.source import alerts_to_send

    screen, kind = console(), served(survey)
    mean_rate, visit = pace(rate, visits, every)
    if synthetic and alerts:
        raise typer.BadParameter("--alerts or --synthetic, not both")
    with explained(), until_interrupted():
        plan = Plan(
            survey=kind,
            source=None
            if synthetic or part == "api"
            else alerts_to_send(settings(), kind, alerts, screen),
            total=total,
            warm=warm,
            rate=mean_rate,
            visit=visit,
            seconds=seconds,
            settle=settle,
            in_process=in_process,
            parts=("throughput", "latency") if part == "both" else (part,),
        )
        found = measure(settings(), plan, screen)
        if json:
            with json.open("a") as file:
                file.write(found + "\n")


def served(name: str) -> "Survey":
    """Survey of a name; any other is a wrong option."""
    from fink_assets.surveys import SURVEYS

    if name not in SURVEYS:
        raise typer.BadParameter(f"{name}: choose from {', '.join(SURVEYS)}")
    return SURVEYS[name]
