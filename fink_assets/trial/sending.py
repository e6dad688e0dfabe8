"""What the demonstration sends: a folder of alerts, what may be wrong, and a simulated night.

How alerts are simulated, and how messages reach Kafka, belongs to the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from fink_assets.simulator.faults import broken
from fink_assets.simulator.night import simulate
from fink_assets.simulator.pacing import Pacing, at_once, at_rate
from fink_assets.simulator.replay import send
from fink_assets.simulator.sequence import Outgoing, Waiting, outgoing
from fink_assets.simulator.sky.mix import RICH
from fink_assets.simulator.surveys import PACKETS
from fink_assets.simulator.truth import Truth

REPEATED = 5
NIGHT = "2024-06-06"
"""Of the simulated alerts."""
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent and acknowledged; `messages` counts all, repeats and broken ones included."""

    messages: int = 0
    repeated: int = 0
    broken: int = 0
    topics: tuple[str, ...] = ()

    def __add__(self, other: Sent) -> Sent:
        """Both together; each topic once."""
        return Sent(
            messages=self.messages + other.messages,
            repeated=self.repeated + other.repeated,
            broken=self.broken + other.broken,
            topics=tuple(dict.fromkeys(self.topics + other.topics)),
        )


def send_nights(
    alerts: Iterable[Waiting],
    servers: str,
    *,
    rate: float | None = None,
    advance: Callable[[], object] = lambda: None,
) -> Sent:
    """Send alerts in their order.

    Parameters
    ----------
    alerts : iterable of Waiting
        As `sequence.waiting` finds them.
    servers : str
        Bootstrap servers.
    rate : float, optional
        Alerts per second; as fast as the broker takes them by default.
    advance : callable
        Called after each message.
    """
    return _send(outgoing(alerts), servers, advance, at_rate(rate) if rate else at_once)


def send_disturbed(alerts: Sequence[Waiting], servers: str, advance: Callable[[], object]) -> Sent:
    """Send messages that are no alerts of ZTF, and some alerts of the first night a second time."""
    first = list(outgoing(alerts[:1]))
    again = [a for a in outgoing(alerts[:REPEATED]) if a.night == first[0].night]
    damaged = [first[0]._replace(message=m) for m in broken(first[0].message).values()]
    sent = _send([*again, *damaged], servers, advance)
    return Sent(
        messages=sent.messages, repeated=len(again), broken=len(damaged), topics=sent.topics
    )


def send_simulated(
    number: int, servers: str, truth: str, advance: Callable[[], object] = lambda: None
) -> Sent:
    """Send alerts of a synthetic sky with many rare sources, and write what they truly are.

    Parameters
    ----------
    number : int
        How many.
    servers : str
        Bootstrap servers.
    truth : str
        Delta table of the objects; it is there before the first alert is.
    advance : callable
        Called after each message.
    """
    known = Truth(truth)
    alerts = list(simulated(number, known))
    known.write()
    return _send(alerts, servers, advance)


def simulated(number: int, truth: Truth | None = None) -> Iterator[Outgoing]:
    """Alerts of a synthetic sky that a demonstration sends: the same each time."""
    return simulate("ztf", night=NIGHT, alerts=number, seed=SEED, factors=RICH, truth=truth)


def _send(
    stream: Iterable[Outgoing],
    servers: str,
    advance: Callable[[], object],
    pacing: Pacing = at_once,
) -> Sent:
    topic = PACKETS["ztf"].topic
    report = send(stream, servers, topic, pacing=pacing, progress=lambda _: advance())
    return Sent(messages=report.sent, topics=report.topics)
