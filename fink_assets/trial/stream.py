"""A stream of alerts, from its files to Kafka or to a folder: chosen, disturbed, paced, counted.

What a fault is, and a pace, belongs to the simulator; words for people are in `stream_show`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from fink_assets.simulator import archive
from fink_assets.simulator.archive import Archive, ArchiveError
from fink_assets.simulator.faults import disturbed
from fink_assets.simulator.notices.night import interleaved
from fink_assets.simulator.outlet import Outlet, ReplayError
from fink_assets.simulator.pacing import Pacing, at_once
from fink_assets.simulator.replay import ReplayReport, Target, hand_over
from fink_assets.simulator.sequence import (
    Outgoing,
    Waiting,
    days_between,
    outgoing,
    repeated,
    waiting,
)
from fink_assets.simulator.surveys import PACKETS
from fink_assets.terminal import asked_to_stop
from fink_assets.trial.ground import TrialError, require_kafka
from fink_assets.trial.stream_show import counting


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Alerts to send; `total` is None where they have no end or nobody counted them.

    Messages of others, such as notices, go `among` them when their time comes, whatever is done to
    the alerts.
    """

    survey: str
    alerts: Iterator[Outgoing]
    total: int | None
    among: Sequence[Outgoing] = ()


@dataclass(frozen=True, kw_only=True)
class Played:
    """What was sent, and how many messages of each fault were among it."""

    report: ReplayReport
    faults: Mapping[str, int]
    stopped: bool


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which alerts of some files are sent, and as what.

    Parameters
    ----------
    nights : collection of str
        Only these nights, as the files have them; all of them by default.
    total : int, optional
        So many, with copies under new identities.
    loop : bool
        All in turn, again and again; without end where there is no `total`.
    shuffle : int, optional
        Seed of a random order.
    first_night, last_night : str, optional
        Night that the first, or the last, of the chosen nights becomes: all times move by as many
        whole days, and the alerts get new identities.
    """

    nights: Collection[str] = field(default=())
    total: int | None = None
    loop: bool = False
    shuffle: int | None = None
    first_night: str | None = None
    last_night: str | None = None

    @property
    def as_it_is(self) -> bool:
        """Whether order, number, time and identity are to stay."""
        given = (self.total, self.shuffle, self.first_night, self.last_night)
        return not self.loop and all(each is None for each in given)

    def wants(self, night: str) -> bool:
        """Whether the alerts of a night are sent."""
        return not self.nights or night in self.nights


def chosen(sources: Sequence[Path], survey: str, choice: Choice) -> Stream:
    """Stream of alerts from files, folders, or one archive.

    Raises
    ------
    TrialError
        A file is no alert. An archive with damaged messages can be sent as it is, not otherwise.
    """
    first = sources[0]
    if len(sources) == 1 and archive.is_archive(first) and choice.as_it_is:
        counts = archive.nights(first)
        kept = (alert for alert in archive.read(first) if choice.wants(alert.night))
        total = sum(number for night, number in counts.items() if choice.wants(night))
        return Stream(survey=survey, alerts=kept, total=total)
    try:
        found = waiting(sources, shuffle=choice.shuffle, survey=survey)
    except (ValueError, KeyError) as problem:
        said = f"Not every file is an alert that can be sent so: {problem}."
        raise TrialError(said, "Send an archive with faults as it is, or only alerts.") from None
    night = PACKETS[survey].night
    return _copied([a for a in found if choice.wants(night(a.time))], survey, choice)


def _copied(alerts: list[Waiting], survey: str, choice: Choice) -> Stream:
    if choice.as_it_is or not alerts:
        return Stream(survey=survey, alerts=outgoing(alerts, survey=survey), total=len(alerts))
    total = choice.total or (None if choice.loop else len(alerts))
    days = _days([PACKETS[survey].night(alert.time) for alert in alerts], choice)
    stream = repeated(alerts, total, survey=survey, days=days, in_turn=choice.loop)
    return Stream(survey=survey, alerts=stream, total=total)


def _days(nights: list[str], choice: Choice) -> int:
    if choice.first_night:
        return days_between(min(nights), choice.first_night)
    if choice.last_night:
        return days_between(max(nights), choice.last_night)
    return 0


def target(survey: str, servers: str, folder: Path | None) -> Target:
    """Kafka with a topic for each night, or a folder.

    Raises
    ------
    TrialError
        No broker answers, or there is something in the folder.
    """
    if folder is None:
        require_kafka(servers)
        return Outlet(servers, PACKETS[survey].topic)
    try:
        return Archive(folder, survey=survey)
    except ArchiveError as problem:
        raise TrialError(f"{problem}.", "Name a new folder with --to.") from None


def play(
    stream: Stream,
    to: Target,
    console: Console,
    *,
    pacing: Pacing = at_once,
    faults: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Played:
    """Send a stream until its end or Ctrl-C, and show how far it is.

    Raises
    ------
    TrialError
        A message was not delivered.
    """
    made = Counter[str]()
    with asked_to_stop() as stop, counting(console, stream.total) as advance:
        disturbance = disturbed(
            _counted(stream.alerts, advance),
            faults or {},
            survey=stream.survey,
            seed=seed,
            total=stream.total,
            made=made,
        )
        whole = interleaved(disturbance, stream.among)
        try:
            report = hand_over(whole, to, pacing=pacing, stop=stop)
        except ReplayError as problem:
            raise TrialError(
                f"{problem}.", "See whether the broker is well: `fink status`."
            ) from None
        return Played(report=report, faults=dict(made), stopped=stop())


def _counted(alerts: Iterator[Outgoing], advance: Callable[[], None]) -> Iterator[Outgoing]:
    for alert in alerts:
        yield alert
        advance()
