"""Measure the whole chain on this machine: alerts a second, and seconds until a user has an alert.

Each part runs on services of its own in an empty `<home>/bench`. Asserts nothing. The second part
is `latency`, the third `science`, the fourth `backfill`; what the REST API takes is in `asked`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from fink_assets.definitions import build_chain
from fink_assets.settings import Settings
from fink_assets.simulator.replay import send
from fink_assets.trial import measures
from fink_assets.trial.asked import answers
from fink_assets.trial.backfilling import backfill
from fink_assets.trial.feed import feed_of
from fink_assets.trial.figures import throughput_table
from fink_assets.trial.ground import emptied
from fink_assets.trial.ingested import send_watched
from fink_assets.trial.latency import QUIET_SECONDS, drain, latency
from fink_assets.trial.plan import Plan
from fink_assets.trial.science import science
from fink_assets.trial.summary import Summary, summarize
from resources.embedded.processes import running


def measure(configuration: Settings, plan: Plan, console: Console) -> str:
    """Measure the parts of a plan, show them, and return one line of JSON."""
    found: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "survey": plan.survey.name,
        "alerts": plan.alerts,
        "machine": measures.machine(),
        "alerts_per_batch": configuration.most_alerts(plan.survey.message_kb),
    }
    console.print(", ".join(f"{name} {value}" for name, value in found["machine"].items()))
    parts = {
        "throughput": throughput,
        "latency": latency,
        "science": science,
        "backfill": backfill,
    }
    for name in plan.parts:
        if name == "api":
            found[name] = answers(configuration, plan, console)
        else:
            found[name] = parts[name](emptied(configuration, "bench"), plan, console)
    return json.dumps(found)


def throughput(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Let alerts wait in Kafka, then drain them through all stages; the first ones only warm up."""
    servers = configuration.input_servers
    feed = feed_of(plan, plan.warm + plan.total, configuration, console)
    with running(configuration, only=("kafka", "spark")) as services:
        chain = build_chain(plan.survey, configuration)
        console.print(f"Warming up with {plan.warm} alerts")
        send(feed.stream(plan.warm), servers, plan.topic)
        drain(chain)
        warm = summarize(chain.tables)
        send_watched(feed.stream(plan.total, used=plan.warm), plan, servers, console)
        console.print("Draining")
        before = measures.speed()
        begun = datetime.now(UTC)
        drain(chain)
        ended = datetime.now(UTC) - timedelta(seconds=QUIET_SECONDS)
        speeds = {"sha256_mb_s": [before, measures.speed()]}
        seconds = measures.stage_seconds(chain.ledger.rows(), begun=begun)
        found = _rates(seconds, plan.total, (ended - begun).total_seconds()) | {
            "memory_gb": measures.peak_memory(services)
        }
    found |= speeds | _counted(summarize(chain.tables), warm)
    console.print(throughput_table(found))
    return found


def _rates(stages: dict[str, float], alerts: int, whole: float) -> dict[str, Any]:
    return {
        "alerts": alerts,
        "seconds": round(whole, 1),
        "alerts_per_second": round(alerts / whole, 1),
        "stages": {name: round(seconds, 2) for name, seconds in stages.items()},
    }


def _counted(all_: Summary, warm: Summary) -> dict[str, Any]:
    """What the measured alerts became: the lake without the warm-up."""
    rows = {noun: all_.rows[noun] - warm.rows[noun] for noun in ("raw", "science", "quarantine")}
    delivered = sum(all_.delivered.values()) - sum(warm.delivered.values())
    return {**rows, "delivered": delivered, "balanced": all_.balanced}
