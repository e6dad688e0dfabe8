"""Follow alerts through the stages by the ledger, without Spark, until all have gone through."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from fink_assets.chain import STAGES, backlog
from fink_assets.lake.ledger import PLAN, Ledger
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

POLL_SECONDS = 0.5


def through(ledger: Ledger) -> dict[str, int]:
    """Messages that have been planned (`plan`) and that each stage has finished."""
    plans = {row["batch"]: row["counts"]["offsets"] for row in ledger.rows(stage=PLAN)}
    at = {name: ledger.position(name) for name in (PLAN, *STAGES)}
    return {n: sum(o for batch, o in plans.items() if batch <= last) for n, last in at.items()}


def follow(
    survey: Survey,
    tables: Tables,
    servers: str,
    *,
    messages: int,
    show: Callable[[Mapping[str, int]], None],
    require: Callable[[], None],
) -> None:
    """Return when every stage has finished so many messages and none waits.

    Parameters
    ----------
    survey, tables, servers
        The stream and its tables.
    messages : int
        Messages that were sent.
    show : callable
        Told how many messages each stage has finished.
    require : callable
        Called each time; raises if there is nothing more to wait for.
    """
    while True:
        require()
        done = through(tables.ledger)
        show(done)
        complete = all(number >= messages for number in done.values())
        if complete and not any(backlog(survey, tables.ledger, servers).values()):
            return
        time.sleep(POLL_SECONDS)
