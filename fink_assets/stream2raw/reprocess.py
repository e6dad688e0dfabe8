"""Plan dead letters to be decoded again, once the cause is mended: an id has become known, say.

Only writes plans down. The streaming run takes them up like any batch: what decodes moves to raw
and goes through all stages, the rest stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fink_assets.lake.ledger import Ledger, Plan
from fink_assets.lake.table import of_nights
from fink_assets.lake.tables import Tables


def reprocess(tables: Tables, *, most: int, nights: Sequence[str] = ()) -> dict[int, int]:
    """Plan batches of dead letters, and return how many each will try, by its number.

    Parameters
    ----------
    tables : Tables
        Tables of the survey.
    most : int
        Most dead letters in one batch; those of one earlier batch stay together.
    nights : sequence of str
        Dates (UTC, ``YYYY-MM-DD``) on which Kafka received them; by default all.
    """
    waiting = _waiting(tables, nights)
    planned = {}
    for batches in _groups(waiting, most):
        planned[_add(tables.ledger, batches)] = sum(waiting[batch] for batch in batches)
    return planned


def _waiting(tables: Tables, nights: Sequence[str]) -> dict[int, int]:
    """Dead letters by the batch that brought them, of finished batches."""
    if not tables.dead_letter.exists():
        return {}
    where = f"batch <= {tables.ledger.position('stream2raw')}"
    where += f" and {of_nights(nights)}" if nights else ""
    counted = tables.dead_letter.query(
        f"select batch, count(*) as letters from it where {where} group by batch order by batch"
    )
    return {row["batch"]: row["letters"] for row in counted.to_pylist()}


def _groups(waiting: dict[int, int], most: int) -> Iterator[tuple[int, ...]]:
    group: list[int] = []
    for batch, letters in waiting.items():
        if group and sum(waiting[b] for b in group) + letters > most:
            yield tuple(group)
            group = []
        group.append(batch)
    if group:
        yield tuple(group)


def _add(ledger: Ledger, batches: Iterable[int]) -> int:
    """Write a plan down under the next free number, which the stream may want as well."""
    while True:
        last = ledger.last_plan()
        plan = Plan(
            batch=last.batch + 1, ranges=(), cursor=last.cursor, dead_letters=tuple(batches)
        )
        ledger.add_plan(plan)
        if ledger.plan(plan.batch) == plan:
            return plan.batch
