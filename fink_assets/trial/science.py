"""Measure the science modules on this machine, each one and all together, on archived alerts.

A module costs what Spark needs for alerts with it, less what it needs without it. Asserts nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import Progress

from fink_assets.chain import Chain
from fink_assets.raw2science.module import ScienceModule
from fink_assets.settings import Settings
from fink_assets.trial import measures
from fink_assets.trial.figures import science_table
from fink_assets.trial.ingested import ingested
from fink_assets.trial.plan import Plan
from resources.embedded.service import Service

ROUNDS = 4
"""The first is left out: much is compiled in it."""
ALL = "all together"


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds that passed, and seconds of all processes of Spark on processors."""

    seconds: float
    cpu: float


def science(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Archive alerts with the whole chain, then compute the modules again and again."""
    with ingested(configuration, plan, console) as (chain, services):
        groups = combinations(chain.enrich.modules)
        found: dict[str, list[Spent]] = {name: [] for name in groups}
        before = measures.speed()
        with Progress(console=console) as bars:
            task = bars.add_task("computing", total=ROUNDS * len(groups))
            for _ in range(ROUNDS):
                for name, modules in groups.items():
                    found[name].append(_computed(chain, modules, services["spark"]))
                    bars.advance(task)
        figures = {
            "alerts": chain.tables.science.count(),
            "modules": costs(chain.enrich.modules, found, chain.tables.science.count()),
            "sha256_mb_s": [before, measures.speed()],
            "memory_gb": measures.peak_memory(services),
        }
    console.print(science_table(figures))
    return figures


def combinations(modules: Sequence[ScienceModule]) -> dict[str, list[ScienceModule]]:
    """What is computed: each module with what it needs, that without the module, all, none.

    By the names of the modules in it, joined by ``+``.
    """
    named = {module.name: module for module in modules}
    chosen = [list(named), *(needed(module, named) for module in modules)]
    chosen += [needed(module, named)[:-1] for module in modules]
    return {_label(names): [named[name] for name in names] for names in chosen}


def needed(module: ScienceModule, named: Mapping[str, ScienceModule]) -> list[str]:
    """Names of a module and of all that it needs, itself at the end."""
    names = sorted({other for need in module.runs_after for other in needed(named[need], named)})
    return [*names, module.name]


def costs(
    modules: Sequence[ScienceModule], found: Mapping[str, Sequence[Spent]], alerts: int
) -> dict[str, dict[str, float | None]]:
    """Cost of each module, and of all: milliseconds of CPU an alert, and alerts a second.

    Medians of the differences round by round, without the first; None where a module costs nothing
    that can be measured.
    """
    named = {module.name: module for module in modules}
    pairs = {m.name: (needed(m, named), needed(m, named)[:-1]) for m in modules}
    pairs[ALL] = (list(named), [])
    rows = {}
    for name, (with_it, without) in pairs.items():
        both = list(zip(found[_label(with_it)], found[_label(without)], strict=True))[1:]
        seconds = median(one.seconds - other.seconds for one, other in both)
        cpu = median(one.cpu - other.cpu for one, other in both)
        rows[name] = {
            "cpu_ms": round(max(cpu, 0) * 1000 / alerts, 3),
            "alerts_per_second": round(alerts / seconds, 1) if seconds > 0 else None,
        }
    return rows


def _label(names: Sequence[str]) -> str:
    return "+".join(sorted(names))


def _computed(chain: Chain, modules: Sequence[ScienceModule], spark: Service) -> Spent:
    """Compute modules on everything that raw holds; the rows are thrown away."""
    enrich = replace(chain.enrich, modules=modules)
    begun, cpu = time.perf_counter(), measures.cpu_seconds(spark)
    rows = enrich.science(chain.tables.raw.read(chain.spark))
    rows.write.format("noop").mode("overwrite").save()
    return Spent(seconds=time.perf_counter() - begun, cpu=measures.cpu_seconds(spark) - cpu)
