"""Which alerts an archive has: a year of them, drawn at random.

Transients of a month, variables, bodies of the Solar System. What their columns hold belongs to
`shapes` and `many`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fink_assets.surveys import Survey
from fink_assets.trial import many

if TYPE_CHECKING:
    import numpy as np

NIGHTS = 360
LASTS = 30
"""Nights from the first to the last alert of a transient."""
BODY, TRANSIENT, VARIABLE = range(3)
PARTS = {BODY: 0.05, TRANSIENT: 0.45, VARIABLE: 0.5}
MEAN = {BODY: 20, TRANSIENT: 14, VARIABLE: 40}
"""Alerts of an object, in the mean; those of transients and variables spread as in ZTF, widely."""
PASSED = 0.9
"""Part of what is received that passes the cuts."""
FIRST_ID = 10**15


@dataclass(frozen=True, kw_only=True)
class Sky:
    """The alerts in the order of their times: arrays with an element per alert.

    `source` numbers what was seen, `thing` the objects of the survey, `night` from 0, which is the
    date `first`; `moment` is in UTC, `ra` and `dec` in degrees; `passed` are those that pass the
    cuts.
    """

    first: str
    kind: np.ndarray
    source: np.ndarray
    thing: np.ndarray
    night: np.ndarray
    moment: np.ndarray
    ra: np.ndarray
    dec: np.ndarray
    passed: np.ndarray

    @cached_property
    def numbers(self) -> np.ndarray:
        """How many alerts that passed each thing has."""
        import numpy as np

        return np.bincount(self.thing[self.passed])

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Places of the first and last alert of each thing, of those that passed; else 0."""
        import numpy as np

        first, last = (np.zeros(len(self.numbers), "i8") for _ in range(2))
        places = np.flatnonzero(self.passed)
        first[self.thing[places[::-1]]] = places[::-1]
        last[self.thing[places]] = places
        return first, last

    @cached_property
    def is_last(self) -> np.ndarray:
        """Which alerts are the last of their thing that passed."""
        import numpy as np

        found = np.zeros(len(self.passed), bool)
        found[self.ends[1][self.numbers > 0]] = True
        return found

    def date(self, night: int) -> str:
        """Date of a night, ``YYYY-MM-DD``."""
        import numpy as np

        return str(np.datetime64(self.first) + int(night))


@dataclass(frozen=True, kw_only=True)
class Part:
    """The alerts of one night, a batch: their places among those of the sky."""

    sky: Sky
    batch: int
    places: np.ndarray
    chance: np.random.Generator

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self.places)

    @property
    def identity(self) -> np.ndarray:
        """Identifiers of the alerts, which grow with time."""
        return FIRST_ID + self.places

    @property
    def night(self) -> str:
        """The night."""
        return self.sky.date(self.sky.night[self.places[0]])

    @property
    def kind(self) -> np.ndarray:
        """What each is of."""
        return self.sky.kind[self.places]

    def of(self, name: str) -> np.ndarray:
        """Array of the sky, of these alerts."""
        values: np.ndarray = getattr(self.sky, name)[self.places]
        return values


def sky(alerts: int, survey: Survey, *, first: str, nights: int = NIGHTS, seed: int = 1) -> Sky:
    """Draw sources, and when each was seen.

    Parameters
    ----------
    alerts : int
        Alerts that pass; more are received.
    survey : Survey
        Whose nights they are.
    first : str
        First night, ``YYYY-MM-DD``.
    nights : int
        How many there are, more than `LASTS`.
    seed : int
        Of the chance.
    """
    import numpy as np

    chance, received = np.random.default_rng(seed), round(alerts / PASSED)
    numbers = {kind: max(1, int(received * part / MEAN[kind])) for kind, part in PARTS.items()}
    kinds = np.repeat(list(numbers), list(numbers.values()))
    spread = chance.lognormal(-0.32, 0.8, len(kinds))  # mean 1
    means = np.repeat([MEAN[kind] for kind in numbers], list(numbers.values()))
    sizes = np.maximum(1, chance.poisson(means * spread))
    source = np.repeat(np.arange(len(kinds)), sizes)
    source = chance.permutation(np.resize(source, received))
    kind, whole = kinds[source], len(kinds)
    begins = chance.integers(0, nights - LASTS, whole)[source]
    night = np.where(
        kind == TRANSIENT,
        begins + chance.integers(0, LASTS, received),
        chance.integers(0, nights, received),
    )
    # A night of UTC; or one that begins at noon, and is dark on the day after.
    hours = (chance.uniform(2, 12, received) + 2 * survey.night_offset_hours) * 3.6e9
    moment = (np.datetime64(first) + night).astype("M8[us]") + hours.astype("m8[us]")
    ra = chance.uniform(0, 360, whole)[source] + many.noise(chance, received, 3e-5)
    dec = chance.uniform(-30, 80, whole)[source] + many.noise(chance, received, 3e-5)
    drift = np.where(kind == BODY, night * 0.2, 0.0)
    # A body of ZTF is another object in each alert: packets name what is at a place.
    alone = (kind == BODY) & (survey.name == "ztf")
    thing = np.where(alone, whole + np.arange(received), source)
    passed = np.zeros(received, bool)
    passed[chance.permutation(received)[:alerts]] = True
    order = np.lexsort((moment, night))
    return Sky(
        first=first,
        kind=kind[order],
        source=source[order],
        thing=thing[order],
        night=night[order],
        moment=moment[order],
        ra=((ra + drift) % 360)[order],
        dec=dec[order],
        passed=passed[order],
    )


def parts(drawn: Sky) -> Iterator[Part]:
    """Night after night, those that have alerts."""
    import numpy as np

    starts = np.flatnonzero(np.diff(drawn.night, prepend=-1))
    for batch, places in enumerate(np.split(np.arange(len(drawn.night)), starts[1:])):
        chance = np.random.default_rng([7, batch])
        yield Part(sky=drawn, batch=batch, places=places, chance=chance)
