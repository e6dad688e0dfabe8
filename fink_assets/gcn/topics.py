"""To which topics an alert that matches a notice goes, and when it goes again. Pure.

The topics of Fink's multi-messenger filters (fink-filters, ztf `mm_module`), with its names. A tier
includes those below it: who reads bronze sees silver and gold as well.
"""

from __future__ import annotations

import hashlib
import inspect
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from fink_assets.gcn import tiers
from fink_assets.gcn.tiers import BRONZE, BURSTS, GOLD, MERGERS, SILVER

_LADDER = (BRONZE, SILVER, GOLD)
DOCS: Mapping[str, str] = MappingProxyType(
    {
        "grb_bronze": "Alerts that match a gamma-ray burst, bronze or better.",
        "grb_silver": "Alerts that match a gamma-ray burst, silver or better.",
        "grb_gold": "Alerts that match a gamma-ray burst, gold.",
        "gw_bronze": "Alerts in the region of a gravitational wave, bronze.",
    }
)
"""Filters, each with a topic."""
VERSION = f"1.0.0+{hashlib.sha256(inspect.getsource(tiers).encode()).hexdigest()[:8]}"
"""Version of the criteria."""


class Match(NamedTuple):
    """An alert, the event that it matches by a notice's revision, and how well."""

    alert_id: int
    notice_id: str
    revision: str
    tier: str


def topic(name: str) -> str:
    """Kafka topic of a filter; no survey in it, alerts of all go there."""
    return f"fink_{name}"


def filters_of(observatory: str, tier: str) -> tuple[str, ...]:
    """Filters that a match passes, none where its observatory has none."""
    steps = _LADDER[: _LADDER.index(tier) + 1]
    if observatory in BURSTS:
        return tuple(f"grb_{step}" for step in steps)
    return ("gw_bronze",) if observatory in MERGERS else ()


def filters_sql() -> str:
    """`filters_of` the columns `observatory` and `tier` in Spark SQL, an array."""
    cases = " ".join(
        f"when observatory = '{name}' and tier = '{tier}' then array({_quoted(name, tier)})"
        for name in (*BURSTS, *MERGERS)
        for tier in _LADDER
    )
    return f"case {cases} else cast(array() as array<string>) end"


def _quoted(observatory: str, tier: str) -> str:
    return ", ".join(f"'{name}'" for name in filters_of(observatory, tier))


def due(matches: Iterable[Match], sent: Sequence[Match]) -> list[Match]:
    """Choose the matches to send.

    What was sent goes again when its tier has changed, because of a new revision of the notice or
    because the alert was computed anew; not when only the revision has. Nothing goes twice.

    Parameters
    ----------
    matches : iterable of Match
        As they are now.
    sent : sequence of Match
        What went to topics, from first to last.
    """
    latest = {(m.alert_id, m.notice_id): m.tier for m in sent}
    known = set(sent)
    return sorted(
        m
        for m in set(matches)
        if latest.get((m.alert_id, m.notice_id)) != m.tier and m not in known
    )


def books(
    matches: Collection[tuple[Match, str]],
    planned: Collection[tuple[Match, str]],
    delivered: Sequence[tuple[Match, str]],
) -> dict[str, int]:
    """Count what should have been sent against what was; all is well if `wrong` is 0.

    Parameters
    ----------
    matches : collection of (Match, str)
        Associations with a tier, as they are now, each with its observatory.
    planned : collection of (Match, str)
        Messages that were written down, each with its observatory.
    delivered : sequence of (Match, str)
        Deliveries, each with its filter.
    """
    told = {(m.alert_id, m.notice_id, m.tier, name) for m, name in delivered}
    missing = [
        m
        for m, observatory in matches
        for name in filters_of(observatory, m.tier)
        if (m.alert_id, m.notice_id, m.tier, name) not in told
    ]
    sent = Counter(delivered)
    unsent = [
        m for m, seen in planned for name in filters_of(seen, m.tier) if (m, name) not in sent
    ]
    known = {m for m, _ in planned}
    unexpected = [m for m, _ in sent if m not in known]
    counts = {
        "with a tier": len(matches),
        "sent": len(delivered),
        "missing": len(missing),
        "planned and not sent": len(unsent),
        "sent and not planned": len(unexpected),
        "twice": sum(sent.values()) - len(sent),
    }
    wrong = ("missing", "planned and not sent", "sent and not planned", "twice")
    return {**counts, "wrong": sum(counts[name] for name in wrong)}
