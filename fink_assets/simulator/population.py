"""Short numbers of sources: what names and identifiers of surveys have room for.

Which sources a field has belongs to `sky.mix`, whose numbers are long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from fink_assets.simulator.observatory import night_name
from fink_assets.simulator.sky.model import Field, Source

if TYPE_CHECKING:
    from fink_assets.simulator.sky.mix import Member

    Sky = Callable[[int, int, Field, float, float], Iterator[Member]]
    """Sources of a field, by seed, number of the field, field, and a span of time (MJD, UTC)."""

KINDS = 32
"""There are not more."""

LASTING = KINDS << 15
"""Sources of a field that neither begin nor end have smaller numbers."""

_BEGUN = 1 << 13  # of one kind in one field and block of days, at most
_BLOCKS = 20  # that begin in a year, at most
_FIRST_MOVING = LASTING + _BLOCKS * KINDS * _BEGUN

A_VISIT = 1 << 13
"""Moving sources in a visit are fewer."""

TURNS = 3
"""Visits of a field in a night, at most."""

NUMBERS = _FIRST_MOVING + 366 * TURNS * A_VISIT
"""Numbers of a field in one year: from 0 up to this."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A source and its number.

    Parameters
    ----------
    number : int
        In its field and year, below `NUMBERS`; of a moving source, which gets another number in
        every visit (`moving_number`), any.
    year : int
        In which it began; 0 if it is there for ever.
    """

    source: Source
    number: int
    year: int

    @cached_property
    def moving(self) -> bool:
        """Whether its position depends on time."""
        return type(self.source).position is not Source.position


@dataclass(frozen=True, kw_only=True)
class Population:
    """All sources of all fields.

    Parameters
    ----------
    seed : int
        Of everything random.
    sky : callable
        Draws them, as `sky.mix.members` does.
    """

    seed: int
    sky: Sky

    def sources(self, number: int, field: Field, day: int) -> Iterator[Known]:
        """Sources of a field that may be seen in a night.

        Parameters
        ----------
        number, field
            The field.
        day
            Number of the night: the modified Julian date of its date.
        """
        for member in self.sky(self.seed, number, field, float(day), day + 1.5):
            known = Known(source=member.source, number=member.number, year=0)
            if not known.moving:
                short, year = _short(member)
                known = Known(source=member.source, number=short, year=year)
            yield known


def _short(member: Member) -> tuple[int, int]:
    """Number of a source in its field and year, and the year."""
    from fink_assets.simulator.sky.mix import BLOCK_DAYS, BLOCKS, INDICES

    rest, index = divmod(member.number, INDICES)
    place, block = divmod(rest, BLOCKS)
    _check(place, KINDS, "kinds")
    if member.begin is None:
        _check(index, LASTING // KINDS, "sources of a kind in a field")
        return place * (LASTING // KINDS) + index, 0
    _check(index, _BEGUN, f"sources of a kind that begin in a field in {BLOCK_DAYS} days")
    year, order = _block(block, BLOCK_DAYS)
    return LASTING + (order * KINDS + place) * _BEGUN + index, year


@lru_cache(maxsize=1024)
def _block(block: int, days: int) -> tuple[int, int]:
    """Year in which a block of days begins, and its place among those of the year."""
    return year_of(block * days), day_of_year(block * days) // days


def moving_number(day: int, turn: int, place: int) -> int:
    """Number of what a moving source is taken for in a visit: an object of its own.

    Parameters
    ----------
    day
        Of the night.
    turn
        How often the field was visited in the night before.
    place
        Of the source among the moving ones of the visit.
    """
    _check(turn, TURNS, "visits of a field in a night")
    _check(place, A_VISIT, "moving sources in a visit")
    return _FIRST_MOVING + (day_of_year(day) * TURNS + turn) * A_VISIT + place


def year_of(day: int) -> int:
    """Year of a modified Julian date."""
    return int(night_name(day)[:4])


def day_of_year(day: int) -> int:
    """Days since the first of January, by modified Julian date."""
    from datetime import date

    return date.fromisoformat(night_name(day)).timetuple().tm_yday - 1


def _check(place: int, most: int, what: str) -> None:
    if place >= most:
        raise ValueError(f"more than {most} {what}: ask for a lower density")
