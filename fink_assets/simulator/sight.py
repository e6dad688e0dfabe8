"""What an observatory measures of a field in a night: fluxes, their errors, and what is detected.

Measurements follow from the seed, the source and the visit alone: earlier ones are the same in
whichever night they are told. Packets belong to the surveys, the order of fields to `night`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from fink_assets.simulator.chance import normal
from fink_assets.simulator.observatory import OBSERVATORIES, fields
from fink_assets.simulator.photometry import flux_error
from fink_assets.simulator.population import Known, Population, moving_number, year_of
from fink_assets.simulator.schedule import visits_of
from fink_assets.simulator.seen import Seen, identity_of, is_detected, joined
from fink_assets.simulator.sky.model import BANDS, Source

if TYPE_CHECKING:
    import numpy as np

MEMORY = 365
"""Nights before an alert's of which the observatory knows what it measured."""

_FLUX = 300


class FieldNight:
    """A field in a night.

    Parameters
    ----------
    survey
        Whose observatory.
    population
        What there is.
    field
        Number of the field.
    night
        Number of the night.
    """

    def __init__(self, survey: str, population: Population, field: int, night: int) -> None:
        import numpy as np

        self._survey, self._seed, self._field = survey, population.seed, field
        self._night, self._observatory = night, OBSERVATORIES[survey]
        self._visits = visits_of(survey, self._seed, field, night - MEMORY, night)
        self._past = int(np.searchsorted(self._visits["night"], night))
        self._tonight = self._visits[self._past :]
        self._disc = fields(survey)[field]
        known = list(population.sources(field, self._disc, night))
        self._look_at_moving([each for each in known if each.moving])
        self._look([each for each in known if not each.moving])

    def _look_at_moving(self, known: list[Known]) -> None:
        """Keep the moving sources that are detected tonight."""
        import numpy as np

        light, none = self._light(known, self._tonight), np.zeros((len(known), len(BANDS)))
        flux, error = self._measured(_column(known, "number"), light, none, self._tonight)
        chosen = np.flatnonzero(is_detected(flux, error).any(axis=1))
        self._moving = [known[place] for place in chosen.tolist()]
        self._moving_flux, self._moving_error = flux[chosen], error[chosen]

    def _look(self, known: list[Known]) -> None:
        """Keep the sources that are detected tonight, and measure them in the past."""
        import numpy as np

        reference = self._references(known)
        light = self._light(known, self._tonight)
        identity = identity_of(_column(known, "number"), _column(known, "year"))
        flux, error = self._measured(identity, light, reference, self._tonight)
        chosen = np.flatnonzero(is_detected(flux, error).any(axis=1))
        self._fixed = [known[place] for place in chosen]
        self._reference = reference[chosen]
        before = self._visits[: self._past]
        light = self._light(self._fixed, before)
        past = self._measured(identity[chosen], light, self._reference, before)
        self._flux = np.hstack([past[0], flux[chosen]])
        self._error = np.hstack([past[1], error[chosen]])

    def at(self, number: int) -> Seen:
        """What a visit of the night detects.

        Parameters
        ----------
        number
            Of the visit.
        """
        import numpy as np

        place = int(np.flatnonzero(self._visits["number"] == number)[0])
        visits, end = self._visits[: place + 1], place + 1
        found = np.flatnonzero(is_detected(self._flux[:, place], self._error[:, place]))
        known = [self._fixed[each] for each in found]
        fixed = Seen(
            survey=self._survey,
            seed=self._seed,
            field=self._field,
            visits=visits,
            known=known,
            number=_column(known, "number"),
            year=_column(known, "year"),
            flux=self._flux[found, :end],
            error=self._error[found, :end],
            reference=self._reference[found],
            ra=np.array([each.source.ra for each in known], dtype=float),
            dec=np.array([each.source.dec for each in known], dtype=float),
            moving=np.zeros(len(known), dtype=bool),
        )
        return joined(fixed, self._moved(place, visits)) if self._moving else fixed

    def _moved(self, place: int, visits: np.ndarray) -> Seen:
        """Detections of moving sources: nothing was there before but noise."""
        import numpy as np

        visit, step = visits[-1], place - self._past
        found, ra, dec = self._where(visit, step)
        known = [self._moving[each] for each in found.tolist()]
        here = moving_number(self._night, int(visit["turn"]), max(len(found) - 1, 0))
        number = here + 1 - len(found) + np.arange(len(found))
        year = np.full(len(found), year_of(self._night))
        dark = np.zeros((len(found), len(visits)))
        reference = np.zeros((len(found), len(BANDS)))
        flux, error = self._measured(identity_of(number, year), dark, reference, visits)
        flux[:, -1], error[:, -1] = self._moving_flux[found, step], self._moving_error[found, step]
        return Seen(
            survey=self._survey,
            seed=self._seed,
            field=self._field,
            visits=visits,
            known=known,
            number=number,
            year=year,
            flux=flux,
            error=error,
            reference=reference,
            ra=ra,
            dec=dec,
            moving=np.ones(len(found), dtype=bool),
        )

    def _where(self, visit: np.void, step: int) -> tuple[np.ndarray, ...]:
        """Moving sources that a visit detects in the field, and their positions."""
        import numpy as np

        from fink_assets.astro.angles import separation

        detected = is_detected(self._moving_flux[:, step], self._moving_error[:, step])
        found, middle = np.flatnonzero(detected), np.array([self._middle(visit)])
        ra, dec = np.zeros((2, len(found)))
        for places, sources in _alike([self._moving[each] for each in found.tolist()]):
            positions = type(sources[0]).positions(sources, middle)
            ra[places], dec[places] = (each[:, 0] for each in positions)
        inside = separation(ra, dec, self._disc.ra, self._disc.dec) < self._disc.radius
        return found[inside], ra[inside], dec[inside]

    def _light(self, known: Sequence[Known], visits: np.ndarray) -> np.ndarray:
        """True flux in the difference image, in the middle of exposures."""
        import numpy as np

        light = np.zeros((len(known), len(visits)))
        times, bands = self._middle(visits), np.array(list(BANDS))[visits["band"]]
        for places, sources in _alike(known):
            light[places] = type(sources[0]).fluxes(sources, times, bands)
        return light

    def _middle(self, visits: np.ndarray | np.void) -> np.ndarray:
        return visits["mjd"] + self._observatory.exposure / 2 / 86400

    def _references(self, known: Sequence[Known]) -> np.ndarray:
        import numpy as np

        found = np.zeros((len(known), len(BANDS)))
        for place, band in enumerate(BANDS):
            if band in self._observatory.bands:
                found[:, place] = [each.source.reference(band) for each in known]
        return found

    def _measured(
        self, identity: np.ndarray, light: np.ndarray, reference: np.ndarray, visits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Flux as measured, and its error; rounded to what packets state."""
        import numpy as np

        bands = self._observatory.bands
        gamma = np.array([bands[b].gamma if b in bands else np.nan for b in BANDS])
        band = visits["band"]
        error = flux_error(light + reference[:, band], visits["depth"], gamma[band])
        noise = normal(self._seed, self._field, _FLUX, identity[:, None], visits["number"])
        return (light + error * noise).astype("f4"), error.astype("f4")


def _alike(known: Sequence[Known]) -> Iterator[tuple[list[int], list[Source]]]:
    """Sources of each class, and their places."""
    alike: defaultdict[type[Source], list[int]] = defaultdict(list)
    for place, each in enumerate(known):
        alike[type(each.source)].append(place)
    for places in alike.values():
        yield places, [known[place].source for place in places]


def _column(known: Sequence[Known], name: str) -> np.ndarray:
    import numpy as np

    return np.array([getattr(each, name) for each in known], dtype=np.int64)
