"""What the options of a stream mean: nights, paces, faults and notices, as people write them.

Wrong ones are told as Typer tells them. The commands are in `stream_commands`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import typer

from fink_assets.simulator.faults import require_possible
from fink_assets.simulator.notices.choice import COUNTERPARTS, Asked
from fink_assets.simulator.pacing import (
    LONGEST_PAUSE_S,
    Pacing,
    as_observed,
    at_once,
    at_rate,
)
from fink_assets.surveys import Survey
from fink_assets.trial.plan import pace

TONIGHT = "tonight"


def night_named(text: str, survey: Survey, *, now: datetime | None = None) -> str:
    """Night (`YYYY-MM-DD`) that is written so, or as ``tonight``: the survey's at this moment."""
    if text == TONIGHT:
        begun = (now or datetime.now(UTC)) - timedelta(hours=survey.night_offset_hours)
        return begun.date().isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise typer.BadParameter(f"{text}: write YYYY-MM-DD, or {TONIGHT}") from None


def pacing_of(
    *,
    rate: float | None = None,
    visits: int | None = None,
    every: float | None = None,
    compression: float | None = None,
    pause: float | None = None,
) -> Pacing:
    """Pacing by any of a mean rate, visits, and the time of the exposures."""
    if compression is not None:
        if rate or visits or every:
            raise typer.BadParameter("--compression goes without --rate, --visits and --every")
        return as_observed(compression, longest_pause=pause or LONGEST_PAUSE_S)
    if pause is not None:
        raise typer.BadParameter("--pause goes with --compression")
    if rate and visits and every:
        raise typer.BadParameter("two of --rate, --visits and --every say it all")
    if rate and visits:
        return at_rate(rate, visit=visits)
    if visits is None and every and rate is None:
        raise typer.BadParameter("--every goes with --rate or --visits")
    if rate is None and visits is None:
        return at_once
    mean, visit = pace(rate or 0.0, visits, every)
    return at_rate(mean, visit=visit)


def faults_of(words: Iterable[str]) -> dict[str, float]:
    """Rates of faults, each written as ``name=rate``."""
    rates: dict[str, float] = {}
    try:
        for word in words:
            name, _, number = word.partition("=")
            rates[name] = float(number)
        require_possible(rates)
    except ValueError as problem:
        raise typer.BadParameter(f"{problem}; write e.g. duplicates=0.01") from None
    return rates


def notices_of(words: Iterable[str]) -> list[Asked]:
    """Notices that are asked for, each written as ``fermi`` or ``lvk=without``."""
    asked = []
    for word in words:
        source, _, counterpart = word.partition("=")
        if source not in COUNTERPARTS or counterpart not in ("", "with", "without"):
            names = ", ".join(COUNTERPARTS)
            raise typer.BadParameter(f"{word}: write one of {names}, or e.g. fermi=without")
        asked.append(Asked(source, counterpart != "without"))
    return asked
