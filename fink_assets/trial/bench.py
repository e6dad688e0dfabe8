"""Measure the whole chain on this machine: alerts a second, and seconds until a user has an alert.

Each part runs on services of its own in an empty `<home>/bench`. Asserts nothing.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from fink_assets.chain import STAGES, Chain, backlog
from fink_assets.definitions import build_chain
from fink_assets.drain import Drain
from fink_assets.lake.contracts import Tables
from fink_assets.lake.ledger import PLAN
from fink_assets.settings import Settings
from fink_assets.simulator.replay import create_topic, replay, send
from fink_assets.simulator.sequence import repeated, waiting
from fink_assets.surveys import ZTF
from fink_assets.trial import measures, runs
from fink_assets.trial.figures import QUANTILES, latency_table, throughput_table
from fink_assets.trial.ground import emptied, require_running
from fink_assets.trial.progress import follow
from fink_assets.trial.sending import topic_of
from fink_assets.trial.summary import Summary, columns_of, quantiles, summarize
from resources.embedded.processes import running
from resources.embedded.service import SERVICES, Service

TOPIC = topic_of("2024-06-06")
QUIET_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured; see `fink bench --help`."""

    source: Path
    total: int
    warm: int
    rate: float
    seconds: float
    settle: float
    in_process: bool
    parts: tuple[str, ...]


def measure(configuration: Settings, plan: Plan, console: Console) -> str:
    """Measure the parts of a plan, show them, and return one line of JSON."""
    found: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": measures.machine(),
        "alerts_per_batch": configuration.alerts_per_batch,
    }
    console.print(", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    parts = {"throughput": throughput, "latency": latency}
    for name in plan.parts:
        found[name] = parts[name](emptied(configuration, "bench"), plan, console)
    return json.dumps(found)


def throughput(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Let alerts wait in Kafka, then drain them through all stages; the first ones only warm up."""
    servers = configuration.input_servers
    with running(configuration, only=("kafka", "spark")) as services:
        chain = build_chain(ZTF, configuration)
        console.print(f"Warming up with {plan.warm} alerts")
        alerts = waiting(plan.source)
        create_topic(servers, TOPIC)
        send(repeated(alerts, plan.warm), servers, TOPIC)
        _drain(chain)
        warm = summarize(chain.tables)
        with Progress(console=console) as bars:
            task = bars.add_task("sending", total=plan.total)
            stream = repeated(alerts, plan.total, used=plan.warm)
            send(stream, servers, TOPIC, progress=lambda _: bars.advance(task))
        console.print("Draining")
        begun = datetime.now(UTC)
        _drain(chain)
        ended = datetime.now(UTC) - timedelta(seconds=QUIET_SECONDS)
        seconds = measures.stage_seconds(chain.ledger.rows(), begun=begun, ended=ended)
        found = _rates(seconds, plan.total) | {"memory_gb": measures.peak_memory(services)}
    found |= _counted(summarize(chain.tables), warm)
    console.print(throughput_table(found))
    return found


def _drain(chain: Chain) -> None:
    Drain(
        chain=chain,
        report=lambda report: None,
        quiet_seconds=QUIET_SECONDS,
        limit_seconds=float("inf"),
        report_seconds=15.0,
    ).run()


def _rates(seconds: dict[str, float], alerts: int) -> dict[str, Any]:
    whole = sum(seconds.values())
    names = [PLAN, *STAGES, *measures.REFRESHED]
    return {
        "alerts": alerts,
        "seconds": round(whole, 1),
        "alerts_per_second": round(alerts / whole, 1),
        "stages": {name: round(seconds.get(name, 0.0), 2) for name in names},
    }


def _counted(all_: Summary, warm: Summary) -> dict[str, Any]:
    """What the measured alerts became: the lake without the warm-up."""
    rows = {noun: all_.rows[noun] - warm.rows[noun] for noun in ("raw", "science", "quarantine")}
    delivered = sum(all_.delivered.values()) - sum(warm.delivered.values())
    return {**rows, "delivered": delivered, "balanced": all_.balanced}


def latency(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Send at a fixed rate while the chain drains, from the start of the services on."""
    names = ("kafka", "spark") if plan.in_process else SERVICES
    total = int(plan.rate * (plan.settle + plan.seconds))
    tables = Tables(ZTF.name, configuration.lake)
    with running(configuration, only=names) as services:
        console.print(f"Sending {total} alerts, {plan.rate:g} a second")
        begun = datetime.now(UTC)
        sender = _Sender(plan, configuration.input_servers, total)
        sender.start()
        if plan.in_process:
            _drain_while(sender, build_chain(ZTF, configuration))
        else:
            _follow(configuration, services, tables, total)
        sender.join()
        topics = sorted(set(columns_of(tables.deliveries, ["topic"])["topic"]))
        received = measures.consumed(configuration.output_servers, topics)
        memory = measures.peak_memory(services)
    found = _latencies(received, tables, settled=begun + timedelta(seconds=plan.settle))
    counts = {"alerts": total, "rate": plan.rate, "memory_gb": memory}
    found = {
        **counts,
        "in_process": plan.in_process,
        **found,
        "balanced": summarize(tables).balanced,
    }
    console.print(latency_table(found, settle=plan.settle, seconds=plan.seconds))
    return found


class _Sender(threading.Thread):
    """Sends in the background; an error comes out of `join`."""

    def __init__(self, plan: Plan, servers: str, total: int) -> None:
        super().__init__(daemon=True)
        self._send = lambda: replay(plan.source, servers, TOPIC, rate=plan.rate, repeats_to=total)
        self.problem: Exception | None = None

    def run(self) -> None:
        try:
            self._send()
        except Exception as problem:  # raised again where somebody listens
            self.problem = problem

    def check(self) -> None:
        """Raise what went wrong."""
        if self.problem:
            raise self.problem

    def join(self, timeout: float | None = None) -> None:
        super().join(timeout)
        self.check()


def _drain_while(sender: _Sender, chain: Chain) -> None:
    while sender.is_alive() or any(backlog(ZTF, chain.ledger, chain.input_servers).values()):
        sender.check()
        _drain(chain)


def _follow(
    configuration: Settings, services: dict[str, Service], tables: Tables, total: int
) -> None:
    with runs.opened(configuration) as instance, Progress() as bars:
        task = bars.add_task("through", total=total)

        def require() -> None:
            require_running(services)
            runs.require_success(instance, ZTF, configuration.home)

        follow(
            ZTF,
            tables,
            configuration.input_servers,
            messages=total,
            show=lambda done: bars.update(task, completed=done[STAGES[-1]]),
            require=require,
        )


def _latencies(received: Any, tables: Tables, *, settled: datetime) -> dict[str, Any]:
    """Seconds from an alert's Kafka timestamp to that of the user's message, and to its commit."""
    sent = columns_of(tables.deliveries, ["topic", "alert_id", "arrived", "sent"])
    both = sent.merge(received, on=["topic", "alert_id"], how="outer", indicator=True)
    matched = both[both["_merge"] == "both"]
    cold = matched["arrived"] < settled
    found: dict[str, Any] = {
        "received": len(received),
        "deliveries": len(sent),
        "wrong": int((both["_merge"] != "both").sum())
        + int(received.duplicated(["topic", "alert_id"]).sum()),
    }
    for name, rows in (("cold", matched[cold]), ("steady", matched[~cold])):
        written = (rows["written"] - rows["arrived"]).dt.total_seconds()
        committed = (rows["sent"] - rows["arrived"]).dt.total_seconds()
        found[name] = {
            "messages": len(rows),
            "written_s": quantiles(written, QUANTILES),
            "committed_s": quantiles(committed, QUANTILES),
        }
    return found
