"""Which alerts are sent, in which order, and under which identity when they are repeated.

Reads messages from files, one at a time. How a packet is read and copied belongs to `surveys`,
Kafka to `replay`.
"""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fink_assets.simulator.surveys import PACKETS, Packets

# Ready to be copied; they weigh as much as their messages, some 100 kB each.
KEPT_ALERTS = 1000


class Waiting(NamedTuple):
    """An alert on disk; its time is on its survey's scale."""

    time: float
    path: Path
    object_id: str


class Outgoing(NamedTuple):
    """An alert to send, the night of its exposure, and its time on the survey's scale, in days.

    Messages of others, such as notices, name their topic; alerts go to that of their night.
    """

    night: str
    message: bytes
    time: float = 0.0
    topic: str | None = None


def waiting(
    source: Path | Iterable[Path], *, shuffle: int | None = None, survey: str = "ztf"
) -> list[Waiting]:
    """Alerts of folders, recursively, or of files, in the order of their exposures.

    Parameters
    ----------
    source
        Folder of `*.avro` messages, or such files and folders.
    shuffle
        Seed of a random order instead.
    survey
        Whose alerts they are.
    """
    alerts = sorted(_look(path, survey) for path in files(source))
    if shuffle is not None:
        random.Random(shuffle).shuffle(alerts)
    return alerts


def files(source: Path | Iterable[Path]) -> Iterator[Path]:
    """Files of folders, recursively, and those that are given themselves."""
    for path in [source] if isinstance(source, Path) else source:
        yield from path.rglob("*.avro") if path.is_dir() else [path]


def nights(source: Path | Iterable[Path], *, survey: str = "ztf") -> dict[str, list[Path]]:
    """Files by observing night (`YYYY-MM-DD`), both in the order of time."""
    found: dict[str, list[Path]] = {}
    for alert in waiting(source, survey=survey):
        found.setdefault(PACKETS[survey].night(alert.time), []).append(alert.path)
    return found


def outgoing(alerts: Iterable[Waiting], *, survey: str = "ztf") -> Iterator[Outgoing]:
    """Messages of the alerts, each as its file has it."""
    packets = PACKETS[survey]
    for time, path, _ in alerts:
        yield Outgoing(packets.night(time), packets.message(path.read_bytes()), time)


def repeated(
    alerts: list[Waiting],
    total: int | None,
    *,
    used: int = 0,
    survey: str = "ztf",
    night: str | None = None,
    days: int = 0,
    in_turn: bool = False,
) -> Iterator[Outgoing]:
    """As many messages as asked for, copies of the alerts; without end if `total` is None.

    All get new identifiers, which increase by one from `first_id` on in the order of sending and
    begin, as the survey's do, with the time. The first copy of each alert keeps the object's name,
    others form further objects: the k-th copies of an object's alerts belong to one object. `used`
    identifiers were given to messages sent before and are not given again.

    Copies of an alert come one after the other, so that the nights do; with `in_turn`, and without
    end, all alerts come in turn, again and again. With `days` all times move by so many, those of
    the history too. With `night` (`YYYY-MM-DD`) each alert moves by as many as it takes to be of
    that one, and they come in turn, so that the stream is the same from its begin to its end.
    """
    if not alerts:
        return
    packets = PACKETS[survey]
    in_turn = in_turn or night is not None or total is None

    @lru_cache(maxsize=KEPT_ALERTS if in_turn else 1)
    def copies(position: int) -> tuple[str, Callable[[int, int], bytes], float]:
        alert = alerts[position]
        message = packets.message(alert.path.read_bytes())
        moved = _days(alert, night, packets) if night else days
        time = alert.time + moved
        return night or packets.night(time), packets.copies(message, moved), time

    alert_id = first_id(alerts, survey=survey, night=night, days=days) + used
    for number, (position, copy) in enumerate(_order(len(alerts), total, in_turn=in_turn)):
        when, written, time = copies(position)
        yield Outgoing(when, written(alert_id + number, copy), time)


def _order(alerts: int, total: int | None, *, in_turn: bool) -> Iterator[tuple[int, int]]:
    """Position of an alert and number of its copy."""
    if in_turn:
        numbers = itertools.count() if total is None else range(total)
        yield from ((number % alerts, number // alerts) for number in numbers)
    elif total is not None:
        each, more = divmod(total, alerts)
        yield from (
            (position, copy)
            for position in range(alerts)
            for copy in range(each + (position < more))
        )


def _days(alert: Waiting, night: str, packets: Packets) -> int:
    return days_between(packets.night(alert.time), night)


def days_between(night: str, other: str) -> int:
    """Days from a night (`YYYY-MM-DD`) to another."""
    return (date.fromisoformat(other) - date.fromisoformat(night)).days


def first_id(
    alerts: Iterable[Waiting], *, survey: str = "ztf", night: str | None = None, days: int = 0
) -> int:
    """Identifier of the first of the repeated alerts."""
    packets = PACKETS[survey]
    return packets.first_id(
        min(alert.time + (_days(alert, night, packets) if night else days) for alert in alerts)
    )


def _look(path: Path, survey: str) -> Waiting:
    time, object_id = PACKETS[survey].look(path.read_bytes())
    return Waiting(time, path, object_id)
