"""Hand alerts over as the survey does: in order, when they are due, each one counted.

Which alerts and in which order belongs to `sequence`, when to `pacing`, Kafka to `outlet`, files to
`archive`.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from fink_assets.simulator.outlet import Outlet, ReplayError
from fink_assets.simulator.pacing import Pacing, at_once, paced
from fink_assets.simulator.sequence import Outgoing, outgoing, repeated, waiting


class Target(Protocol):
    """Where alerts go to; `delivered` counts those that have arrived, all of them once closed."""

    @property
    def delivered(self) -> int:
        """Alerts that have arrived."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that they went to."""

    def put(self, alert: Outgoing) -> None:
        """Take an alert."""

    def serve(self, seconds: float) -> None:
        """Wait for so long, at most."""

    def close(self) -> None:
        """Wait until all have arrived."""


@dataclass(frozen=True, kw_only=True)
class ReplayReport:
    """What was sent: every alert counted here was acknowledged by the broker."""

    sent: int
    seconds: float
    nights: dict[str, int]
    topics: tuple[str, ...]
    first_sent: datetime | None
    last_sent: datetime | None

    @property
    def alerts_per_second(self) -> float:
        """Mean rate, acknowledgement of the last alert included."""
        return self.sent / self.seconds if self.seconds else 0.0


def replay(
    source: Path | Iterable[Path],
    servers: str,
    topic: str,
    *,
    pacing: Pacing = at_once,
    repeats_to: int | None = None,
    night: str | None = None,
    shuffle: int | None = None,
    partitions: int = 2,
    progress: Callable[[int], object] | None = None,
    survey: str = "ztf",
) -> ReplayReport:
    """Send alerts to a topic, which is created if it is missing.

    Parameters
    ----------
    source
        Folder of messages (`*.avro`, recursively), or such files and folders.
    servers
        Bootstrap servers.
    topic
        Topic to send to.
    pacing
        When they are due; as fast as the broker takes them by default.
    repeats_to
        Number of alerts to send, with copies under new identities; see `sequence.repeated`.
        If None, each alert once, its bytes untouched.
    night
        Night that all copies are of, instead of their alert's own.
    shuffle
        Seed of a random order; by default the alerts go in the order of their exposures.
    partitions
        Number of partitions of a topic that is created.
    progress
        Called after each alert with the number handed over so far.
    survey
        Whose alerts they are.

    Raises
    ------
    ReplayError
        A delivery failed, or was not acknowledged in a minute.
    """
    alerts = waiting(source, shuffle=shuffle, survey=survey)
    if repeats_to is None:
        stream = outgoing(alerts, survey=survey)
    else:
        stream = repeated(alerts, repeats_to, survey=survey, night=night)
    outlet = Outlet(servers, topic, partitions=partitions)
    return hand_over(stream, outlet, pacing=pacing, progress=progress)


def send(
    stream: Iterable[Outgoing],
    servers: str,
    topic: str | Callable[[str], str],
    *,
    pacing: Pacing = at_once,
    progress: Callable[[int], object] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> ReplayReport:
    """Send given messages to a topic, or each to that of its night; otherwise as `replay`.

    Parameters
    ----------
    stop
        Tells whether to end: what was handed over then is still waited for and reported.
    """
    return hand_over(stream, Outlet(servers, topic), pacing=pacing, progress=progress, stop=stop)


def hand_over(
    stream: Iterable[Outgoing],
    target: Target,
    *,
    pacing: Pacing = at_once,
    progress: Callable[[int], object] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> ReplayReport:
    """Hand messages over to any target; otherwise as `send`."""
    count_by_night: Counter[str] = Counter()
    begun = time.monotonic()
    first = last = None
    due = paced(stream, pacing, wait=target.serve, stop=stop)
    for number, alert in enumerate(due, 1):
        target.put(alert)
        last = datetime.now(UTC)
        first = first or last
        count_by_night[alert.night] += 1
        if progress:
            progress(number)
    target.close()
    if target.delivered != count_by_night.total():
        raise ReplayError(f"{count_by_night.total()} alerts sent, {target.delivered} acknowledged")
    return ReplayReport(
        sent=target.delivered,
        seconds=time.monotonic() - begun,
        nights=dict(sorted(count_by_night.items())),
        topics=target.topics,
        first_sent=first,
        last_sent=last,
    )
