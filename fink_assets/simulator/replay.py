"""Hand alerts over as the survey does: in order, when they are due, each one counted.

Which alerts and in which order belongs to `sequence`, when to `pacing`, Kafka to `outlet`, files to
`archive`.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from fink_assets.simulator.outlet import Outlet, ReplayError
from fink_assets.simulator.pacing import Pacing, at_once, paced
from fink_assets.simulator.sequence import Outgoing


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


def send(
    stream: Iterable[Outgoing],
    servers: str,
    topic: str | Callable[[str], str],
    *,
    pacing: Pacing = at_once,
    progress: Callable[[int], object] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> ReplayReport:
    """Send messages to a topic, which is created if it is missing, or each to that of its night.

    Parameters
    ----------
    stream
        The messages, as `sequence` gives them.
    servers
        Bootstrap servers.
    topic
        Topic to send to, or which one takes the alerts of a night.
    pacing
        When they are due; as fast as the broker takes them by default.
    progress
        Called after each message with the number handed over so far.
    stop
        Tells whether to end: what was handed over then is still waited for and reported.

    Raises
    ------
    ReplayError
        A delivery failed, or was not acknowledged in a minute.
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
