"""Notices of GCN for `fink simulate`: what they need of the sky, and what to do if it is not there.

How notices are chosen and written belongs to the simulator's `notices`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fink_assets.simulator.notices.choice import RICHER, Asked, NoCounterpartError
from fink_assets.simulator.notices.model import Notice
from fink_assets.simulator.notices.night import notices
from fink_assets.simulator.sequence import Outgoing
from fink_assets.simulator.truth import Truth
from fink_assets.trial.ground import TrialError


def richer(asked: Sequence[Asked]) -> dict[str, Any]:
    """Options of `simulate` for a sky in which there are counterparts; none if none are wanted."""
    factors: dict[str, float] = {}
    for source in (each.source for each in asked if each.counterpart):
        factors |= RICHER[source]
    return {"factors": factors} if factors else {}


def announced(
    asked: Sequence[Asked], sky: Callable[..., Iterator[Outgoing]], *, survey: str, seed: int
) -> list[Notice]:
    """Notices of a sky, whose alerts are made here once, as far as the last counterpart.

    Raises
    ------
    TrialError
        There are too few counterparts.
    """
    if not asked:
        return []
    told = Truth()
    try:
        return notices(asked, sky(truth=told), told.rows, survey=survey, seed=seed)
    except NoCounterpartError as problem:
        raise TrialError(
            f"The sky has {problem}.",
            "Ask for more --alerts or --nights, more --density, or another --seed or --night.",
        ) from None
