"""The commands `fink demo`, `fink bench` and `fink replay`: their options.

What they do belongs to the other modules of this package, which are imported when a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from fink_assets.terminal import console, explained, say_ready, until_interrupted

Alerts = Annotated[
    Path | None,
    typer.Option(
        exists=True, file_okay=False, help="Folder of *.avro; default: fetched at set-up."
    ),
]
Rate = Annotated[float | None, typer.Option(min=0.01, help="Alerts per second; default: no limit.")]


def demo(
    alerts: Alerts = None,
    rate: Rate = None,
    leave: Annotated[bool, typer.Option("--exit", help="Stop after the summary.")] = False,
) -> None:
    """Replay real alerts through the whole pipeline, beginning with an empty <home>/demo."""
    from fink_assets.settings import settings
    from fink_assets.trial.demo import addresses, alerts_to_send, demonstrate
    from fink_assets.trial.ground import emptied
    from resources.embedded.processes import running, watch

    screen = console()
    with explained(), until_interrupted():
        source = alerts_to_send(settings(), alerts, screen)
        configuration = emptied(settings(), "demo")
        screen.print(f"Starting the services in {configuration.home}")
        with running(configuration, on_ready=say_ready) as services:
            summary = demonstrate(configuration, services, source, screen, rate=rate)
            if leave:
                raise typer.Exit(0 if summary.balanced else 1)
            screen.print("\n".join(addresses(configuration)), "\nPress Ctrl-C to stop.")
            watch(services.values(), typer.echo)
    typer.echo("Stopped.")


def bench(
    alerts: Alerts = None,
    total: Annotated[int, typer.Option(min=1, help="Alerts of the throughput part.")] = 20_000,
    warm: Annotated[int, typer.Option(min=1, help="Alerts before it, not measured.")] = 8_000,
    rate: Annotated[float, typer.Option(min=0.01, help="Alerts/s of the latency part.")] = 100.0,
    seconds: Annotated[float, typer.Option(min=1, help="Steady part of it.")] = 120.0,
    settle: Annotated[float, typer.Option(min=0, help="What goes before, from cold.")] = 60.0,
    in_process: Annotated[bool, typer.Option(help="Drain here, without Dagster.")] = False,
    part: Annotated[str, typer.Option(help="throughput, latency or both.")] = "both",
    json: Annotated[Path | None, typer.Option(help="File that gets a line of JSON.")] = None,
) -> None:
    """Measure throughput and latency of the whole chain, in an empty <home>/bench."""
    from fink_assets.settings import settings
    from fink_assets.trial.bench import Plan, measure
    from fink_assets.trial.demo import alerts_to_send

    screen = console()
    with explained(), until_interrupted():
        plan = Plan(
            source=alerts_to_send(settings(), alerts, screen),
            total=total,
            warm=warm,
            rate=rate,
            seconds=seconds,
            settle=settle,
            in_process=in_process,
            parts=("throughput", "latency") if part == "both" else (part,),
        )
        found = measure(settings(), plan, screen)
        if json:
            with json.open("a") as file:
                file.write(found + "\n")


def replay(
    alerts: Alerts = None,
    night: Annotated[list[str] | None, typer.Option(help="YYYY-MM-DD; may be repeated.")] = None,
    total: Annotated[int | None, typer.Option(min=1, help="With copies, so many.")] = None,
    rate: Rate = None,
) -> None:
    """Send alerts to Kafka as the survey does, each night to its topic."""
    from fink_assets.settings import settings
    from fink_assets.trial.demo import alerts_to_send
    from fink_assets.trial.ground import require_kafka
    from fink_assets.trial.sending import send_nights

    with explained():
        source = alerts_to_send(settings(), alerts, console())
        require_kafka(settings().input_servers)
        sent = send_nights(
            source,
            settings().input_servers,
            rate=rate,
            total=total,
            only=lambda each: not night or each in night,
        )
    typer.echo(f"{sent.messages} alerts sent to {', '.join(sent.topics) or 'no topic'}")
    raise typer.Exit(0 if sent.messages else 1)
