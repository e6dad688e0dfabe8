"""Measure how long alerts take to users while they come at a rate, evenly or in visits.

The numbers come from Kafka's timestamps and the table of deliveries. Asserts nothing.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console
from rich.progress import Progress

from fink_assets.chain import STAGES, Chain, backlog
from fink_assets.definitions import build_chain
from fink_assets.drain import Drain
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.simulator.pacing import at_rate
from fink_assets.simulator.replay import ReplayReport, send
from fink_assets.trial import measures, runs
from fink_assets.trial.feed import Feed, feed_of
from fink_assets.trial.figures import QUANTILES, latency_table
from fink_assets.trial.ground import require_running
from fink_assets.trial.plan import Plan
from fink_assets.trial.progress import follow
from fink_assets.trial.summary import columns_of, quantiles, summarize
from resources.embedded.processes import running
from resources.embedded.service import SERVICES, Service

QUIET_SECONDS = 1.0


def latency(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Send at a fixed rate while the chain drains, from the start of the services on."""
    names = ("kafka", "spark") if plan.in_process else SERVICES
    tables = Tables(plan.survey.name, configuration.lake)
    feed = feed_of(plan, plan.sent, configuration, console)
    before = measures.speed()
    with running(configuration, only=names) as services:
        how = f", {plan.visit} at once every {plan.every:g} s" if plan.visit > 1 else ""
        console.print(f"Sending {plan.sent} alerts, {plan.rate:g} a second{how}")
        sender = _Sender(plan, feed, configuration.input_servers)
        sender.start()
        if plan.in_process:
            _drain_while(sender, build_chain(plan.survey, configuration))
        else:
            _follow(configuration, services, tables, plan)
        begun = sender.begun()
        topics = sorted(set(columns_of(tables.deliveries, ["topic"])["topic"]))
        received = measures.consumed(configuration.output_servers, topics)
        memory = measures.peak_memory(services)
    sent = columns_of(tables.deliveries, ["topic", "alert_id", "arrived", "sent"])
    both = sent.merge(received, on=["topic", "alert_id"], how="outer", indicator=True)
    found = {
        "alerts": plan.sent,
        "rate": plan.rate,
        "memory_gb": memory,
        "sha256_mb_s": [before, measures.speed()],
        "in_process": plan.in_process,
        "received": len(received),
        "deliveries": len(sent),
        "wrong": int((both["_merge"] != "both").sum())
        + int(received.duplicated(["topic", "alert_id"]).sum()),
        **_latencies(both, settled=begun + timedelta(seconds=plan.settle)),
        "balanced": summarize(tables).balanced,
    }
    if plan.visit > 1:
        found["visit"], found["every_s"] = plan.visit, plan.every
        found["visits"] = visits(both, feed.places(both["alert_id"]), begun=begun, plan=plan)
    console.print(latency_table(found, settle=plan.settle, seconds=plan.seconds))
    return found


class _Sender(threading.Thread):
    """Sends in the background; an error comes out of `begun` and `check`."""

    def __init__(self, plan: Plan, feed: Feed, servers: str) -> None:
        super().__init__(daemon=True)
        self._plan, self._feed, self._servers = plan, feed, servers
        self._report: ReplayReport | None = None
        self._problem: Exception | None = None

    def run(self) -> None:
        plan = self._plan
        try:
            stream, pacing = self._feed.stream(plan.sent), at_rate(plan.rate, visit=plan.visit)
            self._report = send(stream, self._servers, plan.topic, pacing=pacing)
        except Exception as problem:  # raised again where somebody listens
            self._problem = problem

    def check(self) -> None:
        """Raise what went wrong."""
        if self._problem:
            raise self._problem

    def begun(self) -> datetime:
        """Wait for the end, and say when the first alert was sent."""
        self.join()
        self.check()
        assert self._report
        assert self._report.first_sent
        return self._report.first_sent


def drain(chain: Chain) -> None:
    """Take all that waits through all stages."""
    Drain(
        chain=chain,
        report=lambda report: None,
        quiet_seconds=QUIET_SECONDS,
        limit_seconds=float("inf"),
        report_seconds=15.0,
    ).run()


def _drain_while(sender: _Sender, chain: Chain) -> None:
    waits = True
    while sender.is_alive() or waits:
        sender.check()
        drain(chain)
        waits = any(backlog(chain.survey, chain.ledger, chain.input_servers).values())


def _follow(
    configuration: Settings, services: dict[str, Service], tables: Tables, plan: Plan
) -> None:
    with runs.opened(configuration) as instance, Progress() as bars:
        task = bars.add_task("through", total=plan.sent)

        def require() -> None:
            require_running(services)
            runs.require_success(instance, plan.survey, configuration.home)

        follow(
            plan.survey,
            tables,
            configuration.input_servers,
            messages=plan.sent,
            show=lambda done: bars.update(task, completed=done[STAGES[-1]]),
            require=require,
        )


def _latencies(both: Any, *, settled: datetime) -> dict[str, Any]:
    """Seconds from an alert's Kafka timestamp to that of the user's message, and to its commit."""
    matched = both[both["_merge"] == "both"]
    cold = matched["arrived"] < settled
    found: dict[str, Any] = {}
    for name, rows in (("cold", matched[cold]), ("steady", matched[~cold])):
        written = (rows["written"] - rows["arrived"]).dt.total_seconds()
        committed = (rows["sent"] - rows["arrived"]).dt.total_seconds()
        found[name] = {
            "messages": len(rows),
            "written_s": quantiles(written, QUANTILES),
            "committed_s": quantiles(committed, QUANTILES),
        }
    return found


def visits(both: Any, places: Any, *, begun: datetime, plan: Plan) -> list[dict[str, Any]]:
    """Seconds from each visit until the last of its messages was written, and was committed.

    The place of an alert in the order of sending says to which visit it belongs. A visit is due
    `plan.every` seconds after the one before, whenever its alerts reached Kafka.
    """
    matched = both[both["_merge"] == "both"]
    found: list[dict[str, Any]] = []
    for number in range(plan.sent // plan.visit):
        rows = matched[places[matched.index] // plan.visit == number]
        due = begun + timedelta(seconds=number * plan.every)
        spent = {
            f"last_{name}_s": round((rows[column].max() - due).total_seconds(), 1)
            for name, column in (("written", "written"), ("committed", "sent"))
            if len(rows)
        }
        found.append({"messages": len(rows), **spent})
    return found
