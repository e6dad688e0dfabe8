"""What measurements of archived alerts begin with: the alerts, gone through the whole chain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from fink_assets.chain import Chain
from fink_assets.definitions import build_chain
from fink_assets.settings import Settings
from fink_assets.simulator.replay import send
from fink_assets.simulator.sequence import Outgoing
from fink_assets.trial.feed import feed_of
from fink_assets.trial.latency import drain
from fink_assets.trial.plan import Plan
from resources.embedded.processes import running
from resources.embedded.service import Service


def send_watched(alerts: Iterable[Outgoing], plan: Plan, servers: str, console: Console) -> None:
    """Send as many alerts as a plan measures, with a bar."""
    with Progress(console=console) as bars:
        task = bars.add_task("sending", total=plan.total)
        send(alerts, servers, plan.topic, progress=lambda _: bars.advance(task))


@contextmanager
def ingested(
    configuration: Settings, plan: Plan, console: Console
) -> Iterator[tuple[Chain, dict[str, Service]]]:
    """Archive a plan's alerts; the chain and its services are there until the end of the block."""
    feed = feed_of(plan, plan.total, configuration, console)
    with running(configuration, only=("kafka", "spark")) as services:
        chain = build_chain(plan.survey, configuration)
        send_watched(feed.stream(plan.total), plan, configuration.input_servers, console)
        console.print(f"Taking {plan.total} alerts through all stages")
        drain(chain)
        yield chain, services
