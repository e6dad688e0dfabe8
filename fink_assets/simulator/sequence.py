"""Which alerts are sent, in which order, and under which identity when they are repeated.

Reads messages from files, one at a time. How a packet is read and copied belongs to `surveys`,
Kafka to `replay`.
"""

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
    """An alert to send, the night of its exposure, and the time on its survey's scale, in days."""

    night: str
    message: bytes
    time: float = 0.0


def waiting(
    source: Path | Iterable[Path], *, shuffle: int | None = None, survey: str = "ztf"
) -> list[Waiting]:
    """Alerts of a folder, recursively, or of the given files, in the order of their exposures.

    Parameters
    ----------
    source
        Folder of `*.avro` messages, or such files.
    shuffle
        Seed of a random order instead.
    survey
        Whose alerts they are.
    """
    paths = source.rglob("*.avro") if isinstance(source, Path) else source
    alerts = sorted(_look(path, survey) for path in paths)
    if shuffle is not None:
        random.Random(shuffle).shuffle(alerts)
    return alerts


def nights(source: Path | Iterable[Path], *, survey: str = "ztf") -> dict[str, list[Path]]:
    """Files by observing night (`YYYY-MM-DD`), both in the order of time."""
    found: dict[str, list[Path]] = {}
    for alert in waiting(source, survey=survey):
        found.setdefault(PACKETS[survey].night(alert.time), []).append(alert.path)
    return found


def outgoing(alerts: Iterable[Waiting], *, survey: str = "ztf") -> Iterator[Outgoing]:
    """Messages of the alerts, each as its file has it."""
    packets = PACKETS[survey]
    for alert in alerts:
        yield Outgoing(packets.night(alert.time), packets.message(alert.path.read_bytes()))


def repeated(
    alerts: list[Waiting],
    total: int,
    *,
    used: int = 0,
    survey: str = "ztf",
    night: str | None = None,
) -> Iterator[Outgoing]:
    """As many messages as asked for, copies of the alerts.

    All get new identifiers, which increase by one from `first_id` on in the order of sending and
    begin, as the survey's do, with the time. The first copy of each alert keeps the object's name,
    others form further objects: the k-th copies of an object's alerts belong to one object. `used`
    identifiers were given to messages sent before and are not given again.

    Copies of an alert come one after the other, so that the nights do. With `night` (`YYYY-MM-DD`)
    all are of that one: their times move by whole days, and all alerts come in turn again and
    again, so that the stream is the same from its begin to its end.
    """
    if not alerts:
        return
    packets = PACKETS[survey]

    @lru_cache(maxsize=KEPT_ALERTS if night else 1)
    def copies(position: int) -> Callable[[int, int], bytes]:
        alert = alerts[position]
        message = packets.message(alert.path.read_bytes())
        return packets.copies(message, _days(alert, night, packets))

    alert_id = first_id(alerts, survey=survey, night=night) + used
    for number, (position, copy) in enumerate(_order(len(alerts), total, in_turn=bool(night))):
        when = night or packets.night(alerts[position].time)
        yield Outgoing(when, copies(position)(alert_id + number, copy))


def _order(alerts: int, total: int, *, in_turn: bool) -> Iterator[tuple[int, int]]:
    """Position of an alert and number of its copy."""
    each, more = divmod(total, alerts)
    if in_turn:
        yield from ((number % alerts, number // alerts) for number in range(total))
    else:
        yield from (
            (position, copy)
            for position in range(alerts)
            for copy in range(each + (position < more))
        )


def _days(alert: Waiting, night: str | None, packets: Packets) -> int:
    """Days from an alert's night to another."""
    if night is None:
        return 0
    return (date.fromisoformat(night) - date.fromisoformat(packets.night(alert.time))).days


def first_id(alerts: Iterable[Waiting], *, survey: str = "ztf", night: str | None = None) -> int:
    """Identifier of the first of the repeated alerts."""
    packets = PACKETS[survey]
    return packets.first_id(min(alert.time + _days(alert, night, packets) for alert in alerts))


def _look(path: Path, survey: str) -> Waiting:
    time, object_id = PACKETS[survey].look(path.read_bytes())
    return Waiting(time, path, object_id)
