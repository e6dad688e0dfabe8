"""What a measurement sends: copies of a folder's alerts, or a synthetic night.

The night is written before anything is measured, by a process of its own: making alerts would take
a part of the machine and of this process's memory. Sending belongs to `bench` and `latency`.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from fink_assets.packages import PackageError
from fink_assets.settings import Settings
from fink_assets.simulator import archive
from fink_assets.simulator.sequence import Outgoing, Waiting, first_id, repeated, waiting
from fink_assets.simulator.surveys import PACKETS
from fink_assets.trial.ground import TrialError
from fink_assets.trial.plan import NIGHT, SEED, Plan

if TYPE_CHECKING:
    import pandas as pd


NATURAL = 300_000
"""Alerts that the night has, at least, whichever survey's, if the sky has its usual density."""


class Feed(Protocol):
    """Alerts of one night, always the same."""

    def stream(self, total: int, *, used: int = 0) -> Iterator[Outgoing]:
        """Give so many alerts, none of which was among the first `used`."""

    def places(self, ids: pd.Series) -> pd.Series:
        """Place of each alert in the order of sending, from 0 on, by its identifier."""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Copies of some alerts, in turn, under identifiers that increase by one."""

    survey: str
    alerts: list[Waiting]

    def stream(self, total: int, *, used: int = 0) -> Iterator[Outgoing]:
        """Give so many alerts, none of which was among the first `used`."""
        return repeated(self.alerts, total, used=used, survey=self.survey, night=NIGHT)

    def places(self, ids: pd.Series) -> pd.Series:
        """Place of each alert in the order of sending."""
        return ids - first_id(self.alerts, survey=self.survey, night=NIGHT)


@dataclass(frozen=True, kw_only=True)
class Night:
    """Alerts of an archive, each once."""

    survey: str
    folder: Path

    def stream(self, total: int, *, used: int = 0) -> Iterator[Outgoing]:
        """Give so many alerts, none of which was among the first `used`."""
        return islice(archive.read(self.folder), used, used + total)

    def places(self, ids: pd.Series) -> pd.Series:
        """Place of each alert in the order of sending; reads them all."""
        alert_id = PACKETS[self.survey].alert_id
        sent = enumerate(archive.read(self.folder))
        return ids.map({alert_id(alert.message): place for place, alert in sent})


def feed_of(plan: Plan, alerts: int, configuration: Settings, console: Console) -> Feed:
    """Alerts of a plan; a synthetic night is written to the home of the measurement.

    Raises
    ------
    TrialError
        The night has fewer alerts, or cannot be made.
    """
    survey = plan.survey.name
    if plan.source is not None:
        return Copies(survey=survey, alerts=waiting(plan.source, survey=survey))
    try:
        plan.survey.packet_schema()
    except PackageError as problem:
        raise TrialError(f"{problem}.", "The alerts are written with them.") from None
    console.print(f"Writing {alerts} alerts: {plan.alerts}")
    folder = configuration.home / "alerts" / survey
    if (code := _written_elsewhere(survey, alerts, folder)) != 0:
        said = f"Writing the synthetic night to {folder} ended with code {code}."
        raise TrialError(said, "See what it said above, and whether the disk is full.")
    there = sum(archive.nights(folder).values())
    if there < alerts:
        raise TrialError(f"The synthetic night has {there} alerts only.", "Ask for fewer.")
    return Night(survey=survey, folder=folder)


def _written_elsewhere(survey: str, alerts: int, folder: Path) -> int | None:
    """Exit code of the process that wrote the night."""
    process = multiprocessing.get_context("spawn").Process(
        target=_write, args=(survey, alerts, folder), daemon=True
    )
    process.start()
    try:
        process.join()
    finally:
        process.terminate()
    return process.exitcode


def _write(survey: str, alerts: int, folder: Path) -> None:
    from fink_assets.simulator.night import simulate

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process ends this one
    density = max(1.0, alerts / NATURAL)
    night = simulate(survey, night=NIGHT, alerts=alerts, seed=SEED, density=density)
    archive.write(night, folder, survey=survey)
