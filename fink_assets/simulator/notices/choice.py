"""Which events notices tell of: objects of simulated alerts, or places where there is no alert.

The truth of the alerts says what an object is. How a notice looks belongs to `fermi` and `lvk`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fink_assets.astro.angles import separation
from fink_assets.simulator.notices.model import Event
from fink_assets.simulator.notices.scale import mjd_of
from fink_assets.simulator.sky.model import Field

if TYPE_CHECKING:
    from fink_assets.simulator.sequence import Outgoing

COUNTERPARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"fermi": ("kilonova", "SN Ibc"), "lvk": ("kilonova",)}
)
"""Classes that may be counterparts.

Mergers of neutron stars give short bursts (Abbott et al. 2017, ApJL 848, L13), supernovae without
hydrogen are seen after long ones (Woosley & Bloom 2006, ARA&A 44, 507).
"""
RICHER: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {"fermi": {"kilonova": 1e4, "SN Ibc": 3.0}, "lvk": {"kilonova": 1e4}}
)
"""How many times the natural density of a kind makes some counterparts be in a small night."""
YOUNG_DAYS = 10.0
"""After which an object that is seen for the first time is no counterpart any more."""
SEARCHED = 50_000
"""Alerts among which a counterpart is looked for."""

UNWATCHED: Mapping[str, Field] = MappingProxyType(
    {
        "ztf": Field(ra=0.0, dec=-90.0, radius=10.0),
        "lsst": Field(ra=0.0, dec=90.0, radius=10.0),
    }
)
"""Middle of the sky that a survey never sees: ZTF has no field south of -32 degrees (Bellm et al.
2019, PASP 131, 018002), LSST none north of +35."""
EARLIER_DAYS = 0.25
"""Notices without a counterpart come so long before the first alert, at most."""
_DRAWS = 10_000


class Asked(NamedTuple):
    """A notice that is asked for: ``fermi`` or ``lvk``, with or without a counterpart."""

    source: str
    counterpart: bool


class NoCounterpartError(LookupError):
    """No alert is of an object that the notice could tell of."""


@dataclass(kw_only=True)
class Found:
    """Counterparts by source of the notice, and when the first alert is (MJD, UTC)."""

    first: float | None = None
    events: dict[str, list[Event]] = field(default_factory=dict)


def search(
    stream: Iterable[Outgoing],
    rows: Sequence[Mapping[str, Any]],
    asked: Sequence[Asked],
    *,
    survey: str,
    limit: int = SEARCHED,
) -> Found:
    """Find counterparts in a stream that grows its truth as it is read; reads no more than needed.

    Parameters
    ----------
    stream
        Alerts in the order of time.
    rows
        Truth: whenever an alert is given, the row of its object is there.
    asked
        Notices that are wanted.
    survey
        Whose alerts they are.
    limit
        Alerts to look at.

    Raises
    ------
    NoCounterpartError
        There are fewer than notices with one.
    """
    missing = Counter(each.source for each in asked if each.counterpart)
    found, known = Found(), 0
    for alert in itertools.islice(stream, limit):
        time = mjd_of(alert.time, survey)
        found.first = time if found.first is None else found.first
        for row, source in itertools.product(rows[known:], COUNTERPARTS):
            if missing[source] and is_counterpart(source, row, time):
                missing[source] -= 1
                found.events.setdefault(source, []).append(event_of(row, time))
        known = len(rows)
        if not missing.total():
            break
    for source in +missing:
        kinds = " or ".join(COUNTERPARTS[source])
        raise NoCounterpartError(f"too few new {kinds} among the alerts, for {source}")
    return found


def is_counterpart(source: str, row: Mapping[str, Any], mjd: float) -> bool:
    """Whether an object, first seen at a time, may be what a notice tells of."""
    begin = _begin(row)
    young = begin is None or 0 <= mjd - begin <= YOUNG_DAYS
    return row["class"] in COUNTERPARTS[source] and young


def event_of(row: Mapping[str, Any], mjd: float) -> Event:
    """Event of an object: when it began, or, if nobody knows, an hour before it was seen."""
    begin, redshift = _begin(row), row.get("redshift")
    return Event(
        ra=row["ra"],
        dec=row["dec"],
        mjd=mjd - 1 / 24 if begin is None else begin,
        object_id=row["object_id"],
        kind=row["class"],
        distance=None if not redshift else luminosity_distance(redshift),
    )


def empty_place(
    random: np.random.Generator,
    taken: Sequence[tuple[float, float]] = (),
    *,
    radius: float = 0.0,
    within: Field | None = None,
) -> tuple[float, float]:
    """Draw a place that is far from all others.

    Parameters
    ----------
    random
        Gives the numbers.
    taken
        Right ascensions and declinations of alerts, in degrees.
    radius
        How far from all of them it is, in degrees.
    within
        Where it is; anywhere by default.

    Raises
    ------
    LookupError
        There seems to be no such place.
    """
    field = within or Field(ra=0.0, dec=90.0, radius=180.0)
    ras, decs = np.array(taken, dtype=float).reshape(-1, 2).T
    for _ in range(_DRAWS):
        ra, dec = field.place(random)
        if not np.any(separation(ra, dec, ras, decs) < radius):
            return ra, dec
    raise LookupError(f"alerts are within {radius:g} degrees of every place")


def luminosity_distance(redshift: float) -> float:
    """In Mpc, for H0 = 70 km/s/Mpc and q0 = -0.55, to second order.

    c/H0 (z + (1 - q0) z^2 / 2) (Weinberg 1972, Gravitation and Cosmology, eq. 14.6.8).
    """
    return 299_792.458 / 70 * (redshift + 1.55 / 2 * redshift**2)


def _begin(row: Mapping[str, Any]) -> float | None:
    begin = dict(row.get("parameters") or {}).get("begin_mjd")
    return None if begin is None else float(begin)
