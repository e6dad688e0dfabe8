"""What a visit found in a field: its detections, and all earlier measurements at their places.

How it was measured belongs to `sight`, packets to the surveys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fink_assets.simulator.chance import mixed, normal, uniform
from fink_assets.simulator.photometry import DETECTION, position_error
from fink_assets.simulator.population import Known

if TYPE_CHECKING:
    import numpy as np

YEARS = 8
"""Objects that began so many years apart may have the same number in a visit."""

_RA, _DEC, _ORDER = 301, 302, 303
_OF_OBJECTS = ("number", "year", "flux", "error", "reference", "ra", "dec", "moving")


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """Objects that a visit detects, with what all earlier visits measured at their places.

    Parameters
    ----------
    survey, seed, field
        Whose observatory, of which sky, and the field's number.
    visits : structured array of shape (m,)
        As `schedule.visits` gives them; the last is the one that detects.
    known : sequence of Known, n
        Sources.
    number : array of shape (n,)
        Of the object in its field and year; a moving source is another one in every visit.
    year : array of shape (n,)
        See `population.Known`.
    flux, error : arrays of shape (n, m)
        In the difference image, in nJy.
    reference : array of shape (n, 6)
        In the reference image, by band.
    ra, dec : arrays of shape (n,)
        Where the source is.
    moving : array of shape (n,)
        Whether it will not be there in the next visit.
    """

    survey: str
    seed: int
    field: int
    visits: np.ndarray
    known: Sequence[Known]
    number: np.ndarray
    year: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    reference: np.ndarray
    ra: np.ndarray
    dec: np.ndarray
    moving: np.ndarray

    def part(self, begin: int, end: int) -> Seen:
        """Objects from one up to another, which is left out."""
        values: dict[str, Any] = {n: getattr(self, n)[begin:end] for n in _OF_OBJECTS}
        return replace(self, known=self.known[begin:end], **values)

    def shuffled(self) -> Seen:
        """The same in another order, in which kinds are mixed."""
        import numpy as np

        order = np.argsort(mixed(self.seed, _ORDER, self.identity, self.visit["number"]))
        values: dict[str, Any] = {name: getattr(self, name)[order] for name in _OF_OBJECTS}
        return replace(self, known=[self.known[place] for place in order.tolist()], **values)

    @property
    def visit(self) -> np.void:
        """The visit that detects."""
        return self.visits[-1]

    @cached_property
    def detected(self) -> np.ndarray:
        """Whether there was an alert: array of shape (n, m)."""
        return is_detected(self.flux, self.error)

    @cached_property
    def identity(self) -> np.ndarray:
        """Number of an object among all that a visit of the field may see, below 1e9."""
        return identity_of(self.number, self.year)

    def uniform(self, channel: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Random number of each measurement, of object `i` in visit `j`."""
        return uniform(*self._keys(channel, i, j))

    def normal(self, channel: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Normal deviate of each measurement."""
        return normal(*self._keys(channel, i, j))

    def own(self, channel: int) -> np.ndarray:
        """Random number of each object, the same in every visit."""
        return uniform(self.seed, self.field, channel, self.identity)

    def measured_position(self, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, ...]:
        """Right ascension and declination of measurements, and their error, in degrees."""
        import numpy as np

        snr = np.abs(self.flux[i, j] / self.error[i, j])
        error = position_error(snr, self.visits["seeing"][j]) / 3600
        dec = self.dec[i] + error * self.normal(_DEC, i, j)
        ra = self.ra[i] + error * self.normal(_RA, i, j) / np.cos(np.radians(self.dec[i]))
        return ra % 360, np.clip(dec, -90, 90), error

    def _keys(self, channel: int, i: np.ndarray, j: np.ndarray) -> tuple[Any, ...]:
        return self.seed, self.field, channel, self.identity[i], self.visits["number"][j]


def identity_of(number: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Number of an object in a field, whenever it began, but for those of `YEARS` before."""
    return number + (year % YEARS << 24)


def is_detected(flux: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Whether fluxes give alerts: brighter or fainter than the reference by 5 sigma."""
    return abs(flux) >= DETECTION * error


def joined(first: Seen, second: Seen) -> Seen:
    """Objects of one visit, those of the second after those of the first."""
    import numpy as np

    both: dict[str, Any] = {
        name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in _OF_OBJECTS
    }
    return replace(first, known=[*first.known, *second.known], **both)
