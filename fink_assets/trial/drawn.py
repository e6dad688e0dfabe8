"""Which alerts an archive of ZTF has: a year of them, drawn at random.

Transients of a month, variables, bodies of the Solar System. What their columns hold belongs to
`many`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.trial import many

if TYPE_CHECKING:
    import numpy as np

FIRST, NIGHTS = "2025-01-01", 360
LASTS = 30
"""Nights from the first to the last alert of a transient."""
BODY, TRANSIENT, VARIABLE = range(3)
PARTS = {BODY: 0.05, TRANSIENT: 0.45, VARIABLE: 0.5}
MEAN = {BODY: 20, TRANSIENT: 14, VARIABLE: 40}
"""Alerts of an object, in the mean; those of transients and variables spread as in ZTF, widely."""


@dataclass(frozen=True, kw_only=True)
class Sky:
    """The alerts in the order of their times: arrays with an element per alert.

    `source` numbers what was seen, `night` from 0; `moment` is in UTC, `ra` and `dec` in degrees.
    """

    kind: np.ndarray
    source: np.ndarray
    night: np.ndarray
    moment: np.ndarray
    ra: np.ndarray
    dec: np.ndarray

    @property
    def names(self) -> np.ndarray:
        """Objects: that of a body has one alert only."""
        import numpy as np

        place = np.where(
            self.kind == BODY, len(self.source) + np.arange(len(self.source)), self.source
        )
        return np.char.add("ZTF25", np.char.zfill(place.astype(str), 9))

    @property
    def bodies(self) -> np.ndarray:
        """Names of bodies, where an alert is of one."""
        return (self.source + 100_000).astype(str)

    @property
    def nights(self) -> np.ndarray:
        """Nights as dates."""
        import numpy as np

        return (np.datetime64(FIRST) + self.night).astype(str)


def sky(alerts: int, *, seed: int = 1) -> Sky:
    """Draw sources, and when each was seen."""
    import numpy as np

    chance = np.random.default_rng(seed)
    numbers = {kind: max(1, int(alerts * part / MEAN[kind])) for kind, part in PARTS.items()}
    kinds = np.repeat(list(numbers), list(numbers.values()))
    spread = chance.lognormal(-0.32, 0.8, len(kinds))  # mean 1
    means = np.repeat([MEAN[kind] for kind in numbers], list(numbers.values()))
    sizes = np.maximum(1, chance.poisson(means * spread))
    source = np.repeat(np.arange(len(kinds)), sizes)
    source = chance.permutation(np.resize(source, alerts))
    kind, whole = kinds[source], len(kinds)
    begins = chance.integers(0, NIGHTS - LASTS, whole)[source]
    night = np.where(
        kind == TRANSIENT,
        begins + chance.integers(0, LASTS, alerts),
        chance.integers(0, NIGHTS, alerts),
    )
    hours = (chance.uniform(2, 12, alerts) * 3.6e9).astype("m8[us]")
    moment = (np.datetime64(FIRST) + night).astype("M8[us]") + hours
    ra = chance.uniform(0, 360, whole)[source] + many.noise(chance, alerts, 3e-5)
    dec = chance.uniform(-30, 80, whole)[source] + many.noise(chance, alerts, 3e-5)
    drift = np.where(kind == BODY, night * 0.2, 0.0)
    order = np.argsort(moment)
    return Sky(
        kind=kind[order],
        source=source[order],
        night=night[order],
        moment=moment[order],
        ra=((ra + drift) % 360)[order],
        dec=dec[order],
    )
