"""Notices of a night: written for the events that were found, and put into the stream of alerts.

Which events there are belongs to `choice`; a notice goes to a topic of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from fink_assets.simulator.notices import fermi, lvk
from fink_assets.simulator.notices.choice import (
    EARLIER_DAYS,
    UNWATCHED,
    Asked,
    Found,
    empty_place,
    search,
)
from fink_assets.simulator.notices.model import Event, Notice, schema
from fink_assets.simulator.notices.scale import time_on
from fink_assets.simulator.sequence import Outgoing
from fink_assets.simulator.surveys import PACKETS
from fink_assets.simulator.truth import add_missing

if TYPE_CHECKING:
    import pyarrow as pa

Writer = Callable[[np.random.Generator, Event], Notice]

WRITERS: Mapping[str, Writer] = MappingProxyType({"fermi": fermi.notice, "lvk": lvk.notice})
"""By source of the notice."""


def notices(
    asked: Sequence[Asked],
    stream: Iterable[Outgoing],
    rows: Sequence[Mapping[str, Any]],
    *,
    survey: str,
    seed: int,
) -> list[Notice]:
    """Write the notices that are asked for, about a stream that is read as far as it takes.

    Parameters
    ----------
    asked
        Notices, in any order.
    stream
        Alerts in the order of time, as they will be sent.
    rows
        Truth, which grows as the stream is read: see `choice.search`.
    survey
        Whose alerts they are.
    seed
        The same seed, alerts and notices asked for give the same notices.

    Raises
    ------
    NoCounterpartError
        There are fewer counterparts than notices with one.
    """
    found = search(stream, rows, asked, survey=survey)
    left = {source: iter(events) for source, events in found.events.items()}
    made = []
    for number, (source, counterpart) in enumerate(asked):
        random = np.random.default_rng([seed, number, list(WRITERS).index(source)])
        event = next(left[source]) if counterpart else _elsewhere(random, found, survey)
        made.append(WRITERS[source](random, event))
    return made


def outgoing(made: Iterable[Notice], *, survey: str) -> list[Outgoing]:
    """Messages of notices in the order of time, on the scale of a survey."""
    night = PACKETS[survey].night
    times = ((time_on(notice.sent, survey), notice) for notice in made)
    sent = [Outgoing(night(time), each.message, time, each.topic) for time, each in times]
    return sorted(sent, key=lambda each: each.time)


def interleaved(alerts: Iterable[Outgoing], among: Iterable[Outgoing]) -> Iterator[Outgoing]:
    """Put notices, in the order of time, before the first alert that is not earlier.

    Those of a later time than every alert come last.
    """
    waiting = iter(among)
    following = next(waiting, None)
    for alert in alerts:
        while following is not None and following.time <= alert.time:
            yield following
            following = next(waiting, None)
        yield alert
    if following is not None:
        yield following
        yield from waiting


def table(made: Iterable[Notice], *, survey: str) -> pa.Table:
    """Truth of notices: a row for each, with the object that is its counterpart."""
    import pyarrow as pa

    return pa.Table.from_pylist([notice.row(survey) for notice in made], schema=schema())


def write_truth(made: Iterable[Notice], folder: Path | str, *, survey: str) -> None:
    """Add the truth of notices to a Delta table, but those that it has already."""
    add_missing(folder, table(made, survey=survey), keys=("survey", "event_id"))


def _elsewhere(random: np.random.Generator, found: Found, survey: str) -> Event:
    """Event in the middle of a region that the survey never sees, before the first alert."""
    if found.first is None:
        raise ValueError("there are no alerts that a notice could come before")
    ra, dec = empty_place(random, within=UNWATCHED[survey])
    return Event(ra=ra, dec=dec, mjd=found.first - random.uniform(0, EARLIER_DAYS))
