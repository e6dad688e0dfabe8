"""Figures of a measurement as tables for people; how they are measured belongs to `bench`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table as Grid

QUANTILES = (50, 95, 99)
_LAST = ("last_written_s", "last_committed_s")


def throughput_table(found: Mapping[str, Any]) -> Group:
    """Seconds that each stage was busy; several are at once."""
    title = (
        f"{found['alerts']} alerts in {found['seconds']} s: {found['alerts_per_second']} alerts/s"
    )
    grid = Grid("stage", "busy seconds", "alerts/s alone", "of the time", title=title)
    for name, seconds in found["stages"].items():
        rate = f"{found['alerts'] / seconds:.0f}" if seconds else ""
        grid.add_row(name, f"{seconds:.1f}", rate, f"{seconds / found['seconds']:.0%}")
    books = "balance" if found["balanced"] else "DO NOT BALANCE"
    note = (
        f"{_machine(found)}; "
        f"{found['science']} to science, {found['quarantine']} to quarantine, "
        f"{found['delivered']} delivered, books {books}; "
        f"peak memory: {_listed(found['memory_gb'])}"
    )
    return Group(grid, note)


def science_table(found: Mapping[str, Any]) -> Group:
    """What each science module costs."""
    grid = Grid("module", "CPU ms an alert", "alerts/s", title=f"{found['alerts']} alerts")
    for name, cost in found["modules"].items():
        rate = cost["alerts_per_second"]
        grid.add_row(name, f"{cost['cpu_ms']:.3f}", f"{rate:.0f}" if rate else "not measurable")
    note = f"{_machine(found)}; peak memory: {_listed(found['memory_gb'])}"
    return Group(grid, note)


def backfill_table(found: Mapping[str, Any]) -> Group:
    """How long it takes to compute a module anew, and everything."""
    title = f"{found['alerts']} alerts of {found['nights']} nights, again"
    grid = Grid("computed", "seconds", "of everything", title=title)
    whole = found["seconds"]["everything"]
    for name, seconds in found["seconds"].items():
        grid.add_row(name, f"{seconds:.1f}", f"1/{whole / seconds:.1f}")
    note = f"{_machine(found)}; peak memory: {_listed(found['memory_gb'])}"
    return Group(grid, note)


def latency_table(found: Mapping[str, Any], *, settle: float, seconds: float) -> Group:
    """Quantiles of the parts of a latency measurement."""
    how = "a drain in one process" if found["in_process"] else "Dagster's sensor and runs"
    grid = Grid(
        "part",
        "messages",
        "seconds to",
        *[f"p{q}" for q in QUANTILES],
        title=f"{found['rate']:g} alerts/s, {how}",
    )
    parts = {"cold": f"first {settle:g} s, from cold", "steady": f"next {seconds:g} s"}
    for name, title in parts.items():
        part = found[name]
        for what in ("written", "committed"):
            values = [f"{part[f'{what}_s'].get(f'p{q}', float('nan')):.2f}" for q in QUANTILES]
            grid.add_row(title, str(part["messages"]), f"message {what}", *values)
    note = (
        f"{_machine(found)}; "
        f"{found['received']} messages received, {found['wrong']} missing, unasked or twice; "
        f"peak memory: {_listed(found['memory_gb'])}"
    )
    return Group(grid, *([visits_table(found)] if "visits" in found else []), note)


def visits_table(found: Mapping[str, Any]) -> Grid:
    """Seconds from each visit until the last of its alerts that any user gets was delivered."""
    title = f"{found['visit']} alerts at once every {found['every_s']:g} s"
    names = ("visit", "due at", "messages", "s to last written", "s to last committed")
    grid = Grid(*names, title=title)
    for number, visit in enumerate(found["visits"]):
        spent = [f"{visit[n]:.1f}" if n in visit else "" for n in _LAST]
        due = f"{number * found['every_s']:g} s"
        grid.add_row(str(number + 1), due, str(visit["messages"]), *spent)
    return grid


def _machine(found: Mapping[str, Any]) -> str:
    before, after = found["sha256_mb_s"]
    return f"this machine hashed {before} MB/s before, {after} MB/s after"


def _listed(memory: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {gigabytes} GB" for name, gigabytes in memory.items())
