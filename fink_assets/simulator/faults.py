"""What goes wrong with a stream, on demand: alerts twice, late, damaged, too many, changed.

Each fault is a generator over a stream with random numbers of its own, so that one more changes no
other. Duplicates, floods and damaged messages come on top: every alert of the stream is still sent.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from fink_assets.simulator.sequence import Outgoing
from fink_assets.simulator.surveys import PACKETS, Packets

WINDOW = 100
"""Alerts by which a duplicate, or one out of order, comes later at most."""

_FLOOD_IDS = 500_000_000  # further than copies and synthetic alerts count


@dataclass(frozen=True, kw_only=True)
class How:
    """How often a fault strikes.

    Parameters
    ----------
    name : str
        Of the fault.
    rate : float
        Chance that it strikes at an alert.
    packets : Packets
        Of the survey.
    random : random.Random
        Gives every random number of it.
    made : Counter
        Counts how often it struck, by name.
    total : int, optional
        Alerts of the stream, where that is known.
    """

    name: str
    rate: float
    packets: Packets
    random: random.Random
    made: Counter[str]
    total: int | None = None

    def strikes(self) -> bool:
        """Draw whether it strikes now, and count it if so."""
        struck = self.drawn()
        if struck:
            self.count()
        return struck

    def drawn(self) -> bool:
        """Draw whether it strikes now."""
        return self.random.random() < self.rate

    def count(self) -> None:
        """Count a message of it."""
        self.made[self.name] += 1


Stream = Iterator[Outgoing]
Damage = Callable[[bytes, How], bytes]


def flood(stream: Stream, how: How) -> Stream:
    """Add alerts of one object: copies of the night's first alert under new identifiers."""
    first: Outgoing | None = None
    alert_id = 0
    for alert in stream:
        if first is None or first.night != alert.night:
            first, copies = alert, how.packets.copies(alert.message, 0.0)
            begin = how.packets.first_id(how.packets.look(alert.message)[0]) + _FLOOD_IDS
            alert_id = max(alert_id, begin)
        yield alert
        if how.strikes():
            yield first._replace(message=copies(alert_id, 0), time=alert.time)
            alert_id += 1


def late(stream: Stream, how: How) -> Stream:
    """Have alerts be of the night before: all their times move by a day, their identity stays."""
    for alert in stream:
        if not how.strikes():
            yield alert
            continue
        message = how.packets.copies(alert.message, -1.0)(how.packets.alert_id(alert.message), 0)
        night = how.packets.night(how.packets.look(message)[0])
        yield alert._replace(night=night, message=message)


def schema_change(stream: Stream, how: How) -> Stream:
    """Write the last alerts, so large a share of all, with another schema of the survey."""
    assert how.total is not None, "nobody knows which alerts are the last"
    begin = round((1 - how.rate) * how.total)
    for position, alert in enumerate(stream):
        if position < begin:
            yield alert
        else:
            how.count()
            yield alert._replace(message=how.packets.changed(alert.message))


def duplicates(stream: Stream, how: How) -> Stream:
    """Send alerts a second time, up to `WINDOW` alerts later."""
    return _deferred(stream, how, also_now=True)


def out_of_order(stream: Stream, how: How) -> Stream:
    """Hold alerts back by up to `WINDOW` others."""
    return _deferred(stream, how, also_now=False)


def _deferred(stream: Stream, how: How, *, also_now: bool) -> Stream:
    held: list[tuple[int, int, Outgoing]] = []  # until when, since when: so two are never compared
    time = 0.0

    def released() -> Outgoing:
        how.count()
        return heapq.heappop(held)[2]._replace(time=time)

    for position, alert in enumerate(stream):
        struck, time = how.drawn(), alert.time
        if struck:
            heapq.heappush(held, (position + how.random.randint(1, WINDOW), position, alert))
        if also_now or not struck:
            yield alert
        while held and held[0][0] <= position:
            yield released()
    while held:
        yield released()


def _cut_short(message: bytes, how: How) -> bytes:
    return message[: how.random.randint(len(message) // 4, len(message) * 3 // 4)]


def _no_message(message: bytes, how: How) -> bytes:
    """Random bytes; the first is one that no message begins with."""
    return b"\xff" + how.random.randbytes(how.random.randint(15, 1023))


def _of_nobody(message: bytes, how: How) -> bytes:
    return how.packets.unknown(message)


def _added(damage: Damage) -> Callable[[Stream, How], Stream]:
    def fault(stream: Stream, how: How) -> Stream:
        for alert in stream:
            yield alert
            if how.strikes():
                yield alert._replace(message=damage(alert.message, how))

    return fault


DAMAGES: Mapping[str, Damage] = {
    "truncated": _cut_short,
    "garbage": _no_message,
    "unknown_schema": _of_nobody,
}
"""What is added to a stream in the likeness of an alert, and no stage can use."""

FAULTS: Mapping[str, Callable[[Stream, How], Stream]] = {
    "flood": flood,
    "late": late,
    "schema_change": schema_change,
    "duplicates": duplicates,
    "out_of_order": out_of_order,
    **{name: _added(damage) for name, damage in DAMAGES.items()},
}
"""By name, in the order in which they are made: what is damaged is no duplicate of an alert."""


def disturbed(
    stream: Stream,
    rates: Mapping[str, float],
    *,
    survey: str = "ztf",
    seed: int = 0,
    total: int | None = None,
    made: Counter[str] | None = None,
) -> Stream:
    """Disturb a stream.

    Parameters
    ----------
    stream
        Whole alerts.
    rates
        Chance by which each fault strikes at an alert, by its name in `FAULTS`; of
        `schema_change`: the share of the alerts, the last ones, that have the new schema.
    survey
        Whose alerts they are.
    seed
        The same seed gives the same stream.
    total
        Alerts of the stream, which `schema_change` needs.
    made
        Counts the messages of each fault as they are given.

    Raises
    ------
    ValueError
        No such fault, no such rate, or a change of schema in a stream of unknown length.
    """
    require_possible(rates)
    if rates.get("schema_change") and total is None:
        raise ValueError("schema_change needs a stream of known length")
    counts = Counter[str]() if made is None else made
    for name, fault in FAULTS.items():
        if rates.get(name):
            how = How(
                name=name,
                rate=rates[name],
                packets=PACKETS[survey],
                random=random.Random(f"{seed}/{name}"),
                made=counts,
                total=total,
            )
            stream = fault(stream, how)
    return stream


def require_possible(rates: Mapping[str, float]) -> None:
    """Raise `ValueError` where there is no such fault, or no such rate."""
    for name, rate in rates.items():
        if name not in FAULTS:
            raise ValueError(f"{name} is no fault: choose from {', '.join(FAULTS)}")
        if not 0 <= rate <= 1:
            raise ValueError(f"{name}={rate:g}: a rate is between 0 and 1")


def broken(message: bytes, *, survey: str = "ztf", seed: int = 0) -> dict[str, bytes]:
    """One damaged message of each kind, by the fault's name, in the likeness of a given one."""
    how = How(
        name="broken",
        rate=1.0,
        packets=PACKETS[survey],
        random=random.Random(seed),
        made=Counter(),
    )
    return {name: damage(message, how) for name, damage in DAMAGES.items()}
