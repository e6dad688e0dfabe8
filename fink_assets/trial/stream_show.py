"""How far a stream is and what was sent, for people: a bar or lines, and a table at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

if TYPE_CHECKING:
    from rich.console import Console

    from fink_assets.trial.stream import Played

BAR_S = 0.1
LINE_S = 10.0
NAMED = 8


@contextmanager
def counting(console: Console, total: int | None) -> Iterator[Callable[[], None]]:
    """Show how many alerts have gone; the function that it gives counts one more.

    Where there is no terminal, a line every ten seconds stands for the bar.
    """
    begun, number, shown = time.monotonic(), 0, -LINE_S
    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rate = TextColumn("{task.fields[rate]:.0f}/s")
    with Progress(*columns, rate, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task("sending", total=total, rate=0.0)

        def show() -> None:
            seconds = max(time.monotonic() - begun, 1e-3)
            bars.update(task, completed=number, rate=number / seconds)
            if not console.is_terminal:
                of = "" if total is None else f" of {total}"
                console.print(f"{number}{of} alerts, {number / seconds:.0f} a second")

        def advance() -> None:
            nonlocal number, shown
            number += 1
            now = time.monotonic()
            if now - shown >= (BAR_S if console.is_terminal else LINE_S):
                shown = now
                show()

        shown = begun
        yield advance
        bars.update(task, completed=number)


def summary(played: Played) -> Grid:
    """Table of what was sent."""
    report = played.report
    title = "stopped before its end" if played.stopped else None
    grid = Grid("what", "number", "details", title=title)
    speed = f"in {report.seconds:.1f} s: {report.alerts_per_second:.0f} a second"
    grid.add_row("messages", str(report.sent), speed)
    nights = [f"{night} {number}" for night, number in report.nights.items()]
    grid.add_row("nights", str(len(nights)), _some(nights))
    grid.add_row("topics", str(len(report.topics)), _some(report.topics))
    for name, number in played.faults.items():
        grid.add_row(f"  {name}", str(number), "")
    return grid


def _some(names: list[str] | tuple[str, ...]) -> str:
    """Names, the first and the last where there are many."""
    if len(names) <= NAMED:
        return ", ".join(names)
    return ", ".join((*names[: NAMED - 1], "…", names[-1]))
