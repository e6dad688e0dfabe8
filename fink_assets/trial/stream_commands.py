"""The commands `fink replay` and `fink simulate`: their options.

What they do belongs to the other modules of this package, which are imported when a command runs.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fink_assets.terminal import console, explained
from fink_assets.trial.commands import Name, served

if TYPE_CHECKING:
    from fink_assets.trial.stream import Stream

PACE, FAULT, TIME = "Pace", "Faults", "Time and number"

Rate = Annotated[
    float | None,
    typer.Option(min=0.01, help="Alerts per second; default: no limit.", rich_help_panel=PACE),
]
Visits = Annotated[
    int | None,
    typer.Option(min=2, help="So many at once, as an exposure ends.", rich_help_panel=PACE),
]
Every = Annotated[
    float | None,
    typer.Option(min=0.1, help="Seconds between visits; default: 39.", rich_help_panel=PACE),
]
Compression = Annotated[
    float | None,
    typer.Option(
        min=1e-3,
        help="As the exposures were taken, so many times faster.",
        rich_help_panel=PACE,
    ),
]
Pause = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        help="With --compression: most seconds between exposures, of the observatory's time; "
        "default: 3600, so that days are left out.",
        rich_help_panel=PACE,
    ),
]
Fault = Annotated[
    list[str] | None,
    typer.Option(
        help="name=rate, e.g. duplicates=0.01; may be repeated. Names: flood, late, "
        "schema_change, duplicates, out_of_order, truncated, garbage, unknown_schema.",
        rich_help_panel=FAULT,
    ),
]
Notices = Annotated[
    list[str] | None,
    typer.Option(
        "--notice",
        help="fermi or lvk, with a counterpart among the alerts, or e.g. lvk=without; "
        "may be repeated.",
    ),
]
To = Annotated[
    Path | None,
    typer.Option(file_okay=False, help="Write an archive to this new folder, nothing to Kafka."),
]
Alerts = Annotated[
    list[Path] | None,
    typer.Option(
        exists=True,
        help="Folder of *.avro, file, or archive; may be repeated. Default: fetched at set-up, "
        "for lsst a small synthetic night.",
    ),
]
Nights = Annotated[
    list[str] | None,
    typer.Option(help="Only this night, YYYY-MM-DD; may be repeated.", rich_help_panel=TIME),
]
Total = Annotated[
    int | None,
    typer.Option(min=1, help="So many, with copies of other objects.", rich_help_panel=TIME),
]
Loop = Annotated[
    bool,
    typer.Option(
        "--loop",
        help="All in turn, again and again, under new identities, until Ctrl-C or --total.",
        rich_help_panel=TIME,
    ),
]
First = Annotated[
    str | None,
    typer.Option(
        help="Move all by whole days, so that the first night is YYYY-MM-DD or tonight; "
        "under new identities.",
        rich_help_panel=TIME,
    ),
]
Last = Annotated[
    str | None, typer.Option(help="The same for the last night.", rich_help_panel=TIME)
]


def replay(
    survey: Name = "ztf",
    alerts: Alerts = None,
    to: To = None,
    night: Nights = None,
    total: Total = None,
    loop: Loop = False,
    first_night: First = None,
    last_night: Last = None,
    shuffle: Annotated[bool, typer.Option("--shuffle", help="In a random order.")] = False,
    seed: Annotated[int, typer.Option(help="Of order and faults.")] = 0,
    rate: Rate = None,
    visits: Visits = None,
    every: Every = None,
    compression: Compression = None,
    pause: Pause = None,
    fault: Fault = None,
) -> None:
    """Send alerts to Kafka as the survey does, each night to its topic."""
    from fink_assets.settings import settings
    from fink_assets.trial.options import night_named
    from fink_assets.trial.source import alerts_to_send
    from fink_assets.trial.stream import Choice, chosen

    kind, screen = served(survey), console()
    if first_night and last_night:
        raise typer.BadParameter("--first-night or --last-night, not both")
    choice = Choice(
        nights=night or (),
        total=total,
        loop=loop,
        shuffle=seed if shuffle else None,
        first_night=first_night and night_named(first_night, kind),
        last_night=last_night and night_named(last_night, kind),
    )
    how = _how(fault, seed, rate, visits, every, compression, pause)
    with explained():
        given = [alerts_to_send(settings(), kind, each, screen) for each in alerts or (None,)]
        _play(chosen(given, kind.name, choice), to, how)


def simulate(
    survey: Name = "ztf",
    alerts: Annotated[int, typer.Option(min=1, help="Alerts of each night, at most.")] = 10_000,
    night: Annotated[str, typer.Option(help="First night: YYYY-MM-DD or tonight.")] = "tonight",
    nights: Annotated[int, typer.Option(min=1, help="Nights in a row.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same sky and alerts.")] = 0,
    density: Annotated[
        float, typer.Option(min=1e-3, help="Times the usual number of sources.")
    ] = 1.0,
    notice: Notices = None,
    to: To = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="Delta table of the objects sent; default: truth, in the lake, or with --to "
            "FOLDER.truth."
        ),
    ] = None,
    rate: Rate = None,
    visits: Visits = None,
    every: Every = None,
    compression: Compression = None,
    pause: Pause = None,
    fault: Fault = None,
) -> None:
    """Send nights of a synthetic sky, whose truth is known, as the survey would."""
    from fink_assets.settings import settings
    from fink_assets.trial.options import night_named, notices_of
    from fink_assets.trial.stream import Stream

    kind, asked = served(survey), notices_of(notice or ())
    how = _how(fault, seed, rate, visits, every, compression, pause)
    from fink_assets.lake.tables import Tables
    from fink_assets.simulator.night import simulate as built
    from fink_assets.simulator.notices.night import outgoing, write_truth
    from fink_assets.simulator.truth import Truth
    from fink_assets.trial.known import truth_of
    from fink_assets.trial.notices import announced, richer

    table = truth_of(Tables(kind.name, settings().lake))
    beside = f"{to}.truth" if to else None  # the lake's is of what was sent to it
    told = Truth(where := str(truth or beside or table.address))
    sky = partial(
        built,
        kind.name,
        night=night_named(night, kind),
        alerts=alerts,
        seed=seed,
        nights=nights,
        density=density,
        **richer(asked),
    )
    with explained():
        notices = announced(asked, sky, survey=kind.name, seed=seed)
        among = outgoing(notices, survey=kind.name)
        sent = sky(truth=told)
        try:
            whole = Stream(survey=kind.name, alerts=sent, total=alerts * nights, among=among)
            _play(whole, to, how)
        finally:
            told.write()
            write_truth(notices, f"{where}_notices", survey=kind.name)


def _how(
    fault: list[str] | None,
    seed: int,
    rate: float | None,
    visits: int | None,
    every: float | None,
    compression: float | None,
    pause: float | None,
) -> dict[str, Any]:
    """Options of `play`."""
    from fink_assets.trial.options import faults_of, pacing_of

    pacing = pacing_of(rate=rate, visits=visits, every=every, compression=compression, pause=pause)
    return {"pacing": pacing, "faults": faults_of(fault or ()), "seed": seed}


def _play(stream: "Stream", to: Path | None, how: dict[str, Any]) -> None:
    """Send, and say what was sent; exit with 1 if nothing was."""
    from fink_assets.settings import settings
    from fink_assets.trial.stream import play, target
    from fink_assets.trial.stream_show import summary

    if how["faults"].get("schema_change") and stream.total is None:
        raise typer.BadParameter("schema_change goes with --total: it is the last part of all")
    servers = settings().input_servers_of(stream.survey)
    screen = console()
    played = play(stream, target(stream.survey, servers, to), screen, **how)
    screen.print(summary(played))
    if not played.report.sent:
        screen.print("Nothing was sent: no alert was found for what was asked.")
        raise typer.Exit(1)
