"""Which alerts are sent, in which order, and under which identity when they are repeated.

Reads messages from files, one at a time. Kafka belongs to `replay`.
"""

import random
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from fink_assets.astro.time import night_of_jd
from fink_assets.simulator.packet import read_detection, renamed

FIRST_NIGHT_JD = 2457754.5
"""Julian date from which ZTF counts its nights; identifiers begin with the days since."""


class Waiting(NamedTuple):
    """An alert on disk."""

    jd: float
    path: Path
    object_id: str


class Outgoing(NamedTuple):
    """An alert to send and the night of its exposure."""

    night: str
    message: bytes


def waiting(source: Path | Iterable[Path], *, shuffle: int | None = None) -> list[Waiting]:
    """Alerts of a folder, recursively, or of the given files, in the order of their exposures.

    Parameters
    ----------
    source
        Folder of `*.avro` messages, or such files.
    shuffle
        Seed of a random order instead.
    """
    paths = source.rglob("*.avro") if isinstance(source, Path) else source
    alerts = sorted(_look(path) for path in paths)
    if shuffle is not None:
        random.Random(shuffle).shuffle(alerts)
    return alerts


def nights(source: Path | Iterable[Path]) -> dict[str, list[Path]]:
    """Files by observing night (UTC date, `YYYY-MM-DD`), both in the order of time."""
    found: dict[str, list[Path]] = {}
    for alert in waiting(source):
        found.setdefault(night_of_jd(alert.jd), []).append(alert.path)
    return found


def outgoing(alerts: Iterable[Waiting]) -> Iterator[Outgoing]:
    """Messages of the alerts, as they are on disk."""
    for alert in alerts:
        yield Outgoing(night_of_jd(alert.jd), alert.path.read_bytes())


def repeated(alerts: list[Waiting], total: int, *, used: int = 0) -> Iterator[Outgoing]:
    """As many messages as asked for: copies of each alert, one after the other.

    All get new identifiers, which increase in the order of sending and begin, as the survey's
    do, with the time in days. The first copy of each alert keeps the object's name, others form
    further objects: the k-th copies of an object's alerts belong to one object. `used` identifiers
    were given to messages sent before and are not given again.
    """
    if not alerts:
        return
    candid = candid_at(min(alert.jd for alert in alerts)) + used
    each, more = divmod(total, len(alerts))
    for position, alert in enumerate(alerts):
        night, original = night_of_jd(alert.jd), alert.path.read_bytes()
        for copy in range(each + (position < more)):
            yield Outgoing(night, renamed(original, candid, object_name(alert.object_id, copy)))
            candid += 1


def candid_at(jd: float) -> int:
    """First of a thousand million identifiers of an instant, of 19 digits as the survey's are."""
    return int((jd - FIRST_NIGHT_JD) * 1_000_000) * 1_000_000_000


def object_name(object_id: str, copy: int) -> str:
    """Name of the object that stands for a copy of an object: the same year, other letters.

    Examples
    --------
    >>> object_name("ZTF18abcjaev", 0)
    'ZTF18abcjaev'
    """
    if copy == 0:
        return object_id
    number = int.from_bytes(blake2b(f"{object_id}/{copy}".encode(), digest_size=8).digest(), "big")
    letters = (chr(ord("a") + number // 26**place % 26) for place in range(7))
    return object_id[:5] + "".join(letters)


def _look(path: Path) -> Waiting:
    alert = read_detection(path.read_bytes())
    return Waiting(alert["candidate"]["jd"], path, alert["objectId"])
