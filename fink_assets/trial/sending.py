"""Send a folder of alerts as the survey does, each night to its topic, and what may be wrong.

How messages reach Kafka belongs to the simulator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from pathlib import Path

from fink_assets.simulator.replay import create_topic, send
from fink_assets.simulator.sequence import Outgoing, outgoing, repeated, waiting
from fink_assets.simulator.surveys import PACKETS

REPEATED = 5


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent and acknowledged; `messages` counts all, repeats and broken ones included."""

    messages: int = 0
    repeated: int = 0
    broken: int = 0
    seconds: float = 0.0
    topics: tuple[str, ...] = ()


def send_nights(
    source: Path,
    servers: str,
    *,
    survey: str = "ztf",
    rate: float | None = None,
    total: int | None = None,
    only: Callable[[str], bool] = lambda night: True,
    advance: Callable[[], object] = lambda: None,
) -> Sent:
    """Send the alerts of a folder in the order of their exposures.

    Parameters
    ----------
    source : Path
        Folder of messages.
    servers : str
        Bootstrap servers.
    survey : str
        Whose alerts they are.
    rate : float, optional
        Alerts per second; as fast as the broker takes them by default.
    total : int, optional
        Number of alerts, with copies under new identities.
    only : callable
        Tells whether a night is sent.
    advance : callable
        Called after each message.
    """
    alerts = waiting(source, survey=survey)
    if total is None:
        stream = outgoing(alerts, survey=survey)
    else:
        stream = repeated(alerts, total, survey=survey)
    wanted = (alert for alert in stream if only(alert.night))
    return _send(wanted, servers, survey, rate, advance)


def send_disturbed(source: Path, servers: str, advance: Callable[[], object]) -> Sent:
    """Send messages that are no alerts of ZTF, and some alerts of the first night a second time."""
    alerts = waiting(source)
    first = list(outgoing(alerts[:1]))
    again = [a for a in outgoing(alerts[:REPEATED]) if a.night == first[0].night]
    broken = [Outgoing(first[0].night, message) for message in broken_messages(first[0].message)]
    sent = _send([*again, *broken], servers, "ztf", None, advance)
    return Sent(messages=sent.messages, repeated=len(again), broken=len(broken), topics=sent.topics)


def broken_messages(alert: bytes) -> list[bytes]:
    """Messages that no stage can use: text, an alert cut short, a container of something else."""
    from fastavro import writer

    other = BytesIO()
    schema = {
        "type": "record",
        "name": "weather",
        "fields": [{"name": "seeing_arcsec", "type": "double"}],
    }
    writer(other, schema, [{"seeing_arcsec": 1.9}])
    return [b"not an alert", alert[: len(alert) // 2], other.getvalue()]


def _send(
    stream: Iterable[Outgoing],
    servers: str,
    survey: str,
    rate: float | None,
    advance: Callable[[], object],
) -> Sent:
    messages, seconds, topics = 0, 0.0, []
    name = PACKETS[survey].topic
    for topic, alerts in groupby(stream, key=lambda alert: name(alert.night)):
        create_topic(servers, topic)
        report = send(_counted(alerts, advance), servers, topic, rate=rate)
        messages, seconds = messages + report.sent, seconds + report.seconds
        topics.append(topic)
    return Sent(messages=messages, seconds=seconds, topics=tuple(topics))


def _counted(alerts: Iterable[Outgoing], advance: Callable[[], object]) -> Iterator[Outgoing]:
    for alert in alerts:
        yield alert
        advance()
