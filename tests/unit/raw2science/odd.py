"""Alerts as odd as packets may be: nothing before them, nothing known, one band, equal times.

Each is a real or a built alert of which only that is changed.
"""

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

from unit.raw2science.batches import PREVIOUS, Packet, previous, sample
from unit.raw2science.rubin import packet as rubin_packet
from unit.raw2science.rubin import source

Entry = dict[str, Any]
IDENTITY = {"candid", "pid", "diaSourceId", "diaObjectId", "ssObjectId", "objectId"}
TIME = {"ztf": "jd", "lsst": "midpointMjdTai"}
CURRENT = {"ztf": "candidate", "lsst": "diaSource"}
RED = {"ztf": {"fid": 3}, "lsst": {"band": "y"}}
FLUX = {"ztf": "magpsf", "lsst": "psfFlux"}
ERRORS = {"ztf": ("sigmapsf", "sigmagnr"), "lsst": ("psfFluxErr", "templateFluxErr")}
ABSURD = {"zeros everywhere", "-999 everywhere"}
"""Alerts whose epochs are no dates, nor is what is told of them; whole batches are held back."""


def odd(survey: str) -> dict[str, Packet]:
    """Make the alerts, by what is odd about them."""
    time, flux, errors = TIME[survey], FLUX[survey], ERRORS[survey]
    ordinary = rich(survey)
    now = ordinary[CURRENT[survey]]
    changes: dict[str, Callable[[list[Entry]], Any]] = {
        "ordinary": lambda entries: entries,
        "no history": lambda entries: [None, entries[-1]],
        "empty history": lambda entries: entries[-1:],
        "history of nulls": lambda e: [*filled(e[:-1], None), e[-1]],
        "history of NaN": lambda e: [*filled(e[:-1], math.nan), e[-1]],
        "nulls everywhere": lambda entries: filled(entries, None),
        "NaN everywhere": lambda entries: filled(entries, math.nan),
        "infinity everywhere": lambda entries: filled(entries, math.inf),
        "minus infinity everywhere": lambda entries: filled(entries, -math.inf),
        "zeros everywhere": lambda entries: filled(entries, 0),
        "-999 everywhere": lambda entries: filled(entries, -999),
        "alert of nulls": lambda e: [*e[:-1], *filled(e[-1:], None)],
        "alert of NaN": lambda e: [*e[:-1], *filled(e[-1:], math.nan)],
        "alert of infinity": lambda e: [*e[:-1], *filled(e[-1:], math.inf)],
        "history of infinity": lambda e: [*filled(e[:-1], math.inf), e[-1]],
        "one of the reddest band": lambda e: [e[0] | RED[survey], *e[1:]],
        "the reddest band only": lambda entries: with_values(entries, RED[survey]),
        "one point in the reddest band": lambda e: with_values(e[-1:], RED[survey]),
        "equal times": lambda entries: with_values(entries, {time: now[time]}),
        "times two by two equal": lambda entries: [e for one in entries for e in (one, one)],
        "latest first": lambda entries: [*entries[-2::-1], entries[-1]],
        "alert before its history": lambda entries: [*entries[1:], entries[0]],
        "equal values": lambda e: with_values(e, {name: e[-1][name] for name in (flux, *errors)}),
        "no errors": lambda entries: with_values(entries, dict.fromkeys(errors)),
        "errors of zero": lambda entries: with_values(entries, dict.fromkeys(errors, 0.0)),
        "values of zero": lambda entries: with_values(entries, {flux: 0.0}),
        "infinite values": lambda e: with_values(e, dict.fromkeys((flux, *errors), math.inf)),
        "values of minus infinity": lambda entries: with_values(entries, {flux: -math.inf}),
        "no time": lambda entries: with_values(entries, {time: None}),
        "infinite times": lambda entries: with_values(entries, {time: math.inf}),
    }
    found = {name: packet(survey, ordinary, change) for name, change in changes.items()}
    found["nothing but an identity"] = emptied(found["nulls everywhere"])
    return dict(numbered(found, survey))


def rich(survey: str) -> Packet:
    """Choose an alert with a long history in several bands, to which most modules apply."""
    if survey == "ztf":
        return max(sample(), key=lambda p: len(previous(p, "candidate")))
    host = {"templateFlux": 1000.0, "templateFluxErr": 50.0}
    return rubin_packet(
        *[source(day, "ugrizy"[day % 6], 1000 + day**2) | host for day in range(25)]
    )


def packet(survey: str, ordinary: Packet, change: Callable[[list[Entry]], Any]) -> Packet:
    """Change history and detection of an alert; no history at all is None in its place."""
    current = CURRENT[survey]
    entries = [*previous(ordinary, current), ordinary[current]]
    *before, now = change(copy.deepcopy(entries))
    history = None if before == [None] else before
    return {**ordinary, PREVIOUS[current]: history, current: now}


def filled(entries: list[Entry], value: Any) -> list[Entry]:
    """Put a value in the place of all others, but for identifiers; words can only be null."""

    def instead(name: str, was: Any) -> Any:
        return was if name in IDENTITY else None if isinstance(was, str) else value

    return [{name: instead(name, was) for name, was in entry.items()} for entry in entries]


def with_values(entries: list[Entry], values: Entry) -> list[Entry]:
    """Set some values of all entries."""
    return [entry | values for entry in entries]


def emptied(alert: Packet) -> Packet:
    """Take everything away but the detection of which nothing is known."""
    kept = {"candid", "candidate", "diaSourceId", "diaSource"}
    return {name: value if name in kept else None for name, value in alert.items()}


def numbered(packets: dict[str, Packet], survey: str) -> Iterator[tuple[str, Packet]]:
    """Give each alert a number of its own."""
    current = CURRENT[survey]
    key = "candid" if survey == "ztf" else "diaSourceId"
    for number, (name, alert) in enumerate(packets.items(), start=1):
        yield name, {**alert, key: number, current: alert[current] | {key: number}}
