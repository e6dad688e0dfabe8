"""The demonstration: real alerts through the real services, from an empty folder to a summary.

Each demonstration begins with an empty `<home>/demo`, so that its numbers are always the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fink_assets.chain import STAGES
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.simulator.sequence import waiting
from fink_assets.surveys import ZTF
from fink_assets.trial import runs
from fink_assets.trial.ground import require_running
from fink_assets.trial.known import fates, show_fates, truth_of
from fink_assets.trial.progress import POLL_SECONDS, follow
from fink_assets.trial.sending import Sent, send_disturbed, send_nights, send_simulated
from fink_assets.trial.summary import Summary, columns_of, show, summarize
from resources.embedded.service import KINDS, Service


def demonstrate(
    configuration: Settings,
    services: dict[str, Service],
    source: Path,
    console: Console,
    *,
    rate: float | None = None,
    simulated: int = 0,
) -> Summary:
    """Send alerts, wait until they have gone through all stages, and count what became of them.

    Parameters
    ----------
    configuration, services
        What is running, and where.
    source
        Folder of alerts.
    console
        Where progress and the summary are shown.
    rate
        Alerts of the folder per second; as fast as they are taken by default.
    simulated
        How many alerts of a synthetic sky are sent after them.

    Raises
    ------
    TrialError
        If a streaming run fails.
    """
    tables, servers = Tables(ZTF.name, configuration.lake), configuration.input_servers
    with runs.opened(configuration) as instance, _bars(console) as bars:

        def require() -> None:
            require_running(services)
            runs.require_success(instance, ZTF, configuration.home)

        sent = _sent(source, tables, servers, rate, simulated, bars)
        stages = {name: bars.add_task(name, total=sent.messages) for name in STAGES}
        log = _Log(console, sent.messages)

        def show_stages(done: Mapping[str, int]) -> None:
            for name, task in stages.items():
                bars.update(task, completed=done[name])
            log.tell(done)

        follow(
            ZTF,
            tables,
            servers,
            messages=sent.messages,
            show=show_stages,
            require=require,
        )
        _await_end(lambda: runs.active(instance, ZTF), require, bars)
    console.print(
        f"Sent {sent.messages} messages to {len(sent.topics)} topics: {simulated} simulated "
        f"alerts, {sent.repeated} alerts for the second time, {sent.broken} no alerts at all."
    )
    summary = summarize(tables)
    console.print(show(summary))
    if simulated:
        console.print(show_fates(fates(tables)))
    console.print(
        "The latency is that of alerts sent all at once to services that have just started; "
        "`fink bench` measures a steady stream."
    )
    return summary


def _sent(
    source: Path,
    tables: Tables,
    servers: str,
    rate: float | None,
    simulated: int,
    bars: Progress,
) -> Sent:
    alerts = waiting(source)
    task = bars.add_task("sending", total=len(alerts) + simulated)

    def advance() -> None:
        bars.advance(task)

    sent = send_nights(alerts, servers, rate=rate, advance=advance)
    sent += send_disturbed(alerts, servers, advance)
    if simulated:
        sent += send_simulated(simulated, servers, truth_of(tables).address, advance)
    bars.update(task, total=sent.messages)
    return sent


def _await_end(active: Callable[[], bool], require: Callable[[], None], bars: Progress) -> None:
    """Wait until the run has refreshed what follows the stages, and ended."""
    task = bars.add_task("archive", total=1)
    while active():
        require()
        time.sleep(POLL_SECONDS)
    require()
    bars.update(task, completed=1)


class _Log:
    """Lines instead of bars, which show at their end only where there is no terminal."""

    def __init__(self, console: Console, messages: int) -> None:
        self._console, self._messages = console, messages
        self._said: Mapping[str, int] = {}

    def tell(self, done: Mapping[str, int]) -> None:
        """Print how far each stage has come, if it has come further."""
        if self._console.is_terminal or done == self._said:
            return
        self._said = dict(done)
        stages = ", ".join(f"{name} {done[name]}" for name in STAGES)
        self._console.print(f"of {self._messages}: {stages}")


def _bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<13}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


APIS = (("api_ztf", "ZTF"), ("api_lsst", "LSST, no alerts yet"))


def question(configuration: Settings) -> str:
    """Write a request of the REST API: the light curve of the real object with most alerts."""
    tables = Tables(ZTF.name, configuration.lake)
    made = set(columns_of(truth_of(tables), ["object_id"])["object_id"])
    counts = columns_of(tables.alerts, ["object_id"])["object_id"].value_counts()
    real = sorted((-number, name) for name, number in counts.items() if name not in made)
    name = real[0][1] if real else "ZTF18abjrdau"
    server = KINDS["api_ztf"].address(configuration)
    return f"curl '{server}/api/v1/objects?objectId={name}&columns=i:jd,i:fid,i:magpsf'"


def addresses(configuration: Settings) -> list[str]:
    """What to open and to ask next."""
    here = surroundings(configuration)
    pages = KINDS["webserver"].address(configuration)
    return [
        f"Dagster      {pages}  (assets, checks, runs)",
        f"lineage      {pages}/asset-groups",
        f"Spark        http://127.0.0.1:{configuration.spark_ui_port}",
        *[f"REST API     {KINDS[api].address(configuration)}  ({name})" for api, name in APIS],
        f"  as in      {question(configuration)}",
        f"user topics  {configuration.output_servers}, fink_*_ztf",
        f"tables       {configuration.lake}/ztf",
        f"more alerts  {here} fink simulate --alerts 5000 --seed 1",
        f"summary      {here} fink summary",
    ]


def surroundings(configuration: Settings) -> str:
    """Variables that tell a command which demonstration it is about."""
    plain = Settings.model_fields["kafka_port"].default
    port = configuration.kafka_port
    kafka = "" if port == plain else f" FINK_KAFKA_PORT={port}"
    return f"FINK_HOME={configuration.home}{kafka}"
