"""When each alert is due: at once, at a rate, in visits, or as its exposure was taken.

A pacing says how long after the begin of sending an alert is due; `paced` waits for it. Which
alerts there are belongs to `sequence`, where they go to `outlet` and `archive`.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator

from fink_assets.astro.time import SECONDS_PER_DAY
from fink_assets.simulator.sequence import Outgoing

Pacing = Callable[[int, Outgoing], float]
"""Seconds after the begin at which an alert is due, of its position in the stream and itself."""

LONGEST_PAUSE_S = 3600.0
WAIT_S = 0.2  # so long does a stop go unnoticed


def at_once(position: int, alert: Outgoing) -> float:
    """Everything is due at the begin."""
    return 0.0


def at_rate(rate: float, *, visit: int = 1) -> Pacing:
    """So many alerts a second on the mean.

    Parameters
    ----------
    rate
        Alerts per second.
    visit
        Alerts that are due together, as when a telescope ends an exposure.
    """
    return lambda position, alert: (position - position % visit) / rate


def as_observed(compression: float = 1.0, *, longest_pause: float = LONGEST_PAUSE_S) -> Pacing:
    """As the exposures were taken, in a time that runs so many times faster.

    Alerts of an exposure are due together. Where time goes back, as when a stream begins anew,
    nothing is waited for. Good for one stream.

    Parameters
    ----------
    compression
        Seconds at the observatory in a second.
    longest_pause
        Seconds at the observatory between two exposures beyond which the rest, as the day between
        two nights, is left out.
    """
    last, due = math.inf, 0.0

    def of(position: int, alert: Outgoing) -> float:
        nonlocal last, due
        pause = max(0.0, alert.time - last) * SECONDS_PER_DAY
        due += min(pause, longest_pause) / compression
        last = alert.time
        return due

    return of


def paced(
    stream: Iterable[Outgoing],
    pacing: Pacing = at_once,
    *,
    wait: Callable[[float], object] = time.sleep,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Outgoing]:
    """Give each alert when it is due; the schedule is fixed, so that a late one delays no other.

    Parameters
    ----------
    stream
        The alerts.
    pacing
        When they are due.
    wait
        Waits for at most so many seconds.
    stop
        Tells whether to end: an alert that is waited for is given at once, as the last.
    """
    begun = time.monotonic()
    for position, alert in enumerate(stream):
        due = begun + pacing(position, alert)
        while not stop() and (early := due - time.monotonic()) > 0:
            wait(min(early, WAIT_S))
        yield alert  # what was taken is given, also after a stop: nothing is left out
        if stop():
            return
