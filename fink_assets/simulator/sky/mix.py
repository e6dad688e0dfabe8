"""Which sources a field has: every kind with its density, drawn so that all nights see one sky.

A kind's density and shape belong to its family; when and how a field is looked at, to the night.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from fink_assets.simulator.chance import generator
from fink_assets.simulator.sky.artefacts import Bogus, Saturated, Spike
from fink_assets.simulator.sky.binaries import Contact, Detached, DwarfNova
from fink_assets.simulator.sky.kilonovae import Kilonova
from fink_assets.simulator.sky.lensing import Microlensing
from fink_assets.simulator.sky.moving import KnownAsteroid, UnknownAsteroid
from fink_assets.simulator.sky.nuclei import ActiveNucleus, TidalDisruption
from fink_assets.simulator.sky.pulsating import Cepheid, Mira, RRLyrae
from fink_assets.simulator.sky.stars import Flare, YoungStar
from fink_assets.simulator.sky.superluminous import SuperluminousSupernova
from fink_assets.simulator.sky.supernovae import SupernovaIa, SupernovaIbc, SupernovaII

if TYPE_CHECKING:
    from fink_assets.simulator.sky.model import Field, Kind, Source

KINDS: tuple[Kind, ...] = (
    *(SupernovaIa(), SupernovaII(), SupernovaIbc(), SuperluminousSupernova(), Kilonova()),
    *(TidalDisruption(), ActiveNucleus(), Microlensing()),
    *(RRLyrae(), Cepheid(), Mira(), Detached(), Contact(), DwarfNova(), Flare(), YoungStar()),
    *(KnownAsteroid(), UnknownAsteroid(), Bogus(), Saturated(), Spike()),
)
"""Every kind. Its place is part of its sources' numbers and seeds: new ones go to the end."""

NATURAL: Mapping[str, float] = MappingProxyType({})
"""As in the sky."""
RICH: Mapping[str, float] = MappingProxyType(
    {
        **{"kilonova": 1e4, "TDE": 10.0, "SLSN-I": 10.0, "SN II": 3.0, "SN Ibc": 3.0},
        **{"microlensing": 100.0, "dwarf nova": 3.0, "Cepheid": 10.0, "Mira": 2.0, "YSO": 10.0},
        **{"asteroid unknown": 3.0, "eclipsing EW": 0.3},
    }
)
"""Rare kinds more often, so that some of each are in a night of a few fields."""

BLOCK_DAYS = 20
"""Beginnings are drawn by blocks of absolute time (MJD), each with a seed of its own."""
BLOCKS, INDICES = 1 << 14, 1 << 24


@dataclass(frozen=True, kw_only=True)
class Member:
    """A source of a field, and its number there.

    Parameters
    ----------
    field, number : int
        Of the field; of the source, unique in the field: 0 to 2^45. The same in every night.
    begin : float, optional
        When it begins (MJD, UTC); None for what neither begins nor ends.
    source : Source
        The source.
    """

    field: int
    number: int
    begin: float | None
    source: Source


def members(
    seed: int,
    number: int,
    field: Field,
    begin: float,
    end: float,
    factors: Mapping[str, float] = NATURAL,
) -> Iterator[Member]:
    """Draw all sources of a field that may be seen between two times, kind by kind.

    A source depends on seed, number of the field, the field, its kind and its own number alone: it
    is the same whatever span is asked, and whatever the factors of other kinds.

    Parameters
    ----------
    seed, number : int
        Of the sky; of the field.
    field : Field
        Where, and how deep.
    begin, end : float
        MJD (UTC).
    factors : mapping
        By name of a kind: how many times its density; 1 for those that are not named.
    """
    unknown = set(factors) - {kind.name for kind in KINDS}
    if unknown:
        raise ValueError(f"no such kind: {', '.join(sorted(unknown))}")
    for place, kind in enumerate(KINDS):
        many = square_degrees(field) * kind.expected(field) * factors.get(kind.name, 1.0)
        days = kind.days
        first = 0 if days is None else math.floor((begin - days) / BLOCK_DAYS)
        last = 0 if days is None else math.floor(end / BLOCK_DAYS)
        for block in range(max(first, 0), last + 1):
            for index, start in _starts((seed, number, place, block), kind, many):
                if days is not None and not begin - days < start < end:
                    continue
                random = generator(seed, number, place, block, index)
                source = kind.draw(random, field, start)
                source.designation = kind.designation(number, block, index)
                yield Member(
                    field=number,
                    number=(place * BLOCKS + block) * INDICES + index,
                    begin=None if days is None else start,
                    source=source,
                )


def square_degrees(field: Field) -> float:
    """Area of a field."""
    cap = 2 * math.pi * (1 - math.cos(math.radians(field.radius)))
    return cap * math.degrees(1) ** 2


def _starts(key: tuple[int, ...], kind: Kind, many: float) -> Iterator[tuple[int, float]]:
    """Number and begin of each source of a block; `many` of them a day, or at all."""
    random = generator(*key)
    span = 1 if kind.days is None else BLOCK_DAYS
    count = int(random.poisson(many * span))
    begins = (key[-1] + random.uniform(size=count)) * BLOCK_DAYS
    return enumerate(begins.tolist())
