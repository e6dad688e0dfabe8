"""Measure a backfill of one module against computing nights anew, on archived alerts.

Asserts nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import Progress

from fink_assets.raw2science.backfill import replace_modules, replace_nights
from fink_assets.settings import Settings
from fink_assets.trial import measures
from fink_assets.trial.figures import backfill_table
from fink_assets.trial.ingested import ingested
from fink_assets.trial.plan import Plan

ROUNDS = 3
"""The first is left out: much is compiled in it."""
CHEAP = ("classification", "solar_system")
"""One that reads other modules' values, and one that reads the packet; both surveys have them."""


def backfill(configuration: Settings, plan: Plan, console: Console) -> dict[str, Any]:
    """Archive alerts with the whole chain, then compute a module anew, and everything."""
    with ingested(configuration, plan, console) as (chain, services):
        nights = sorted(chain.tables.science.nights())
        own = {module.name: module for module in chain.enrich.modules}
        steps: dict[str, Callable[[], None]] = {
            name: lambda name=name: replace_modules(chain.enrich, [own[name]], nights)  # type: ignore[misc]
            for name in CHEAP
        }
        steps["everything"] = lambda: replace_nights(chain.enrich, nights)
        before = measures.speed()
        spent: dict[str, list[float]] = {name: [] for name in steps}
        with Progress(console=console) as bars:
            task = bars.add_task("computing again", total=ROUNDS * len(steps))
            for _ in range(ROUNDS):
                for name, step in steps.items():
                    begun = time.perf_counter()
                    step()
                    spent[name].append(time.perf_counter() - begun)
                    bars.advance(task)
        figures = {
            "alerts": chain.tables.science.count(),
            "nights": len(nights),
            "seconds": {name: round(median(each[1:]), 1) for name, each in spent.items()},
            "sha256_mb_s": [before, measures.speed()],
            "memory_gb": measures.peak_memory(services),
        }
    console.print(backfill_table(figures))
    return figures
