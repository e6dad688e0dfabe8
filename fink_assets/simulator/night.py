"""Synthetic nights: the alerts of an observatory that looks at a sky of known sources.

Alerts come in the order of exposures. One seed gives one sky, one schedule and one noise for all
time: what nights have in common, they tell in the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from fink_assets.simulator import lsst_told, ztf_told
from fink_assets.simulator.cutouts import Library
from fink_assets.simulator.observatory import night_name, night_number
from fink_assets.simulator.population import Population
from fink_assets.simulator.schedule import visits
from fink_assets.simulator.sequence import Outgoing
from fink_assets.simulator.sight import FieldNight
from fink_assets.simulator.told import Teller
from fink_assets.simulator.truth import Truth

if TYPE_CHECKING:
    from fink_assets.simulator.population import Sky

TELLERS: dict[str, Teller] = {"ztf": ztf_told.alerts, "lsst": lsst_told.alerts}

PART = 256
"""Objects whose alerts are made together."""


def simulate(
    survey: str,
    *,
    night: str,
    alerts: int,
    seed: int,
    nights: int = 1,
    factors: Mapping[str, float] | None = None,
    density: float = 1.0,
    sky: Sky | None = None,
    reuse_cutouts: bool = True,
    truth: Truth | None = None,
) -> Iterator[Outgoing]:
    """Alerts of nights, in the order of exposures.

    Memory is that of some fifty fields. A night ends early when it has as many alerts as asked for,
    and has fewer if all its visits give no more: ask for another `density` then.

    Parameters
    ----------
    survey
        Whose.
    night
        The first (`YYYY-MM-DD`).
    alerts
        Of each night, at most.
    seed
        Of the sky, the schedule and the noise. Calls with one seed and different nights are about
        the same objects, whose later alerts tell of the earlier ones.
    nights
        How many, one after the other.
    factors
        How many times the natural density of a kind, by its name; see `sky.mix.RICH`.
    density
        Times that of all kinds.
    sky
        Draws other sources than those of `sky.mix`, which then has no say.
    reuse_cutouts
        Whether alerts that look alike share their images; otherwise each has noise of its own, and
        takes some milliseconds.
    truth
        Takes a row for each object.
    """
    population = Population(seed=seed, sky=sky or _mixed(factors or {}, density))
    library = Library(survey, reuse=reuse_cutouts)
    first = night_number(night)
    for number in range(first, first + nights):
        yield from _night(survey, population, number, alerts, library, truth)


def _mixed(factors: Mapping[str, float], density: float) -> Sky:
    from fink_assets.simulator.sky.mix import KINDS, members

    every = {kind.name: density for kind in KINDS}
    every |= {name: density * factor for name, factor in factors.items()}
    return partial(members, factors=every)


def _night(
    survey: str,
    population: Population,
    number: int,
    left: int,
    library: Library,
    truth: Truth | None,
) -> Iterator[Outgoing]:
    name, block = night_name(number), -1
    looks: dict[int, FieldNight] = {}
    for visit in visits(survey, population.seed, number):
        if visit["block"] != block:  # its fields do not come again
            looks.clear()
            block = visit["block"]
        field = int(visit["field"])
        if field not in looks:
            looks[field] = FieldNight(survey, population, field, number)
        seen = looks[field].at(int(visit["number"])).shuffled()
        for begin in range(0, len(seen.known), PART):
            part = seen.part(begin, min(begin + PART, begin + left))
            for told in TELLERS[survey](part, library):
                if truth is not None:
                    source = part.known[told.place].source
                    truth.add(survey, name, told.object_id, told.alert_id, source)
                yield Outgoing(name, told.message, told.time)
            left -= len(part.known)
            if left <= 0:
                return
