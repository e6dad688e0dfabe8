"""Cut the stream into batches: which offsets come next.

Pure functions on watermarks and plans. Nothing is read here; a plan is written down by the `ledger`
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fink_assets.lake.ledger import Plan, Range
from resources.kafka import Watermarks


def waiting(marks: Sequence[Watermarks], cursor: dict[str, int]) -> int:
    """Number of messages not planned yet."""
    return sum(r.end - r.start for r in (_range(mark, cursor) for mark in marks))


def next_plan(marks: Sequence[Watermarks], last: Plan, *, most: int) -> Plan | None:
    """Plan the batch after `last`, None where there is nothing to read.

    Parameters
    ----------
    marks : sequence of Watermarks
        What Kafka holds now.
    last : Plan
        Newest plan.
    most : int
        Most messages in the batch, shared between the partitions in proportion to what waits there.
    """
    cursor = dict(last.cursor)
    everything = [_range(mark, cursor) for mark in marks]
    open_ranges = [r for r in everything if r.end > r.start or _moved(r, cursor)]
    if not open_ranges:
        return None
    total = sum(r.end - r.start for r in open_ranges)
    ranges = tuple(_shortened(r, most, total) for r in open_ranges)
    # Topics that Kafka no longer holds drop out of the cursor, so that it does not grow with the
    # archive.
    ends = {_key(r): r.start for r in everything}
    ends |= {_key(r): r.end for r in ranges}
    return Plan(batch=last.batch + 1, ranges=ranges, cursor=ends)


def begins(plan: Plan, *, ahead: int, most: int) -> bool:
    """Whether a batch is read while `ahead` earlier ones are still on their way to users.

    Side by side two batches go through sooner than one after the other, but each for itself takes
    longer. So one is prepared while the one before is sent only if a quarter of the `most` messages
    that it can hold waits; otherwise what waits decides how large the next is, and nothing queues
    up.
    """
    return ahead <= 0 or (ahead == 1 and 4 * plan.offsets >= most)


def _key(at: Range | Watermarks) -> str:
    """Name of a topic partition in the cursor; a topic made anew under an old name is another."""
    return f"{at.topic}:{at.partition}:{at.topic_id}".rstrip(":")


def _range(mark: Watermarks, cursor: dict[str, int]) -> Range:
    """What waits in a partition.

    Offsets below the low watermark are lost. A position beyond the high watermark means that the
    topic was made anew, and all it holds is read; where Kafka's id says that it is the same topic,
    its leader has only not caught up, and nothing waits.
    """
    at = cursor.get(_key(mark))
    if at is None or (at > mark.high and not mark.topic_id):
        at = mark.low
    start = max(at, mark.low)
    return Range(
        topic=mark.topic,
        partition=mark.partition,
        start=start,
        end=max(start, mark.high),
        lost=start - at,
        topic_id=mark.topic_id,
    )


def _moved(r: Range, cursor: dict[str, int]) -> bool:
    """Whether a position changes although nothing is read: offsets lost, or a topic made anew."""
    return r.start != cursor.get(_key(r), r.start)


def _shortened(whole: Range, most: int, total: int) -> Range:
    size = whole.end - whole.start
    share = size if total <= most else min(size, -(-size * most // total))
    return replace(whole, end=whole.start + share)
