"""Which alerts are sent, in which order, and under which identity when they are repeated.

Reads messages from files, one at a time. How a packet is read and copied belongs to `surveys`,
Kafka to `replay`.
"""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from fink_assets.simulator.surveys import PACKETS


class Waiting(NamedTuple):
    """An alert on disk; its time is on its survey's scale."""

    time: float
    path: Path
    object_id: str


class Outgoing(NamedTuple):
    """An alert to send and the night of its exposure."""

    night: str
    message: bytes


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
    alerts: list[Waiting], total: int, *, used: int = 0, survey: str = "ztf"
) -> Iterator[Outgoing]:
    """As many messages as asked for: copies of each alert, one after the other.

    All get new identifiers, which increase by one from `first_id` on in the order of sending and
    begin, as the survey's do, with the time. The first copy of each alert keeps the object's name,
    others form further objects: the k-th copies of an object's alerts belong to one object. `used`
    identifiers were given to messages sent before and are not given again.
    """
    if not alerts:
        return
    packets = PACKETS[survey]
    alert_id = first_id(alerts, survey=survey) + used
    each, more = divmod(total, len(alerts))
    for position, alert in enumerate(alerts):
        night = packets.night(alert.time)
        original = packets.message(alert.path.read_bytes())
        for copy in range(each + (position < more)):
            yield Outgoing(night, packets.copied(original, alert_id, copy))
            alert_id += 1


def first_id(alerts: Iterable[Waiting], *, survey: str = "ztf") -> int:
    """Identifier of the first of the repeated alerts."""
    return PACKETS[survey].first_id(min(alert.time for alert in alerts))


def _look(path: Path, survey: str) -> Waiting:
    time, object_id = PACKETS[survey].look(path.read_bytes())
    return Waiting(time, path, object_id)
