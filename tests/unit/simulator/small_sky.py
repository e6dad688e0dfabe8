"""A sky for tests: four kinds of sources of few numbers each."""

import numpy as np

from fink_assets.simulator.photometry import flux_of
from fink_assets.simulator.sky.mix import BLOCK_DAYS, BLOCKS, INDICES, Member
from fink_assets.simulator.sky.model import BANDS, Counterpart, Kind, Source


class Small(Source):
    def __init__(self, kind, ra, dec, parameters, **other):
        self.kind, self.ra, self.dec, self.parameters, self.flags = kind, ra, dec, parameters, {}
        self.__dict__ |= other


class Wave(Small):
    """A star whose flux is a sine."""

    def flux(self, mjd, band):
        phase = 2 * np.pi * (np.asarray(mjd) - 60_000) / self.parameters["period_d"]
        return self.parameters["amplitude_njy"] * np.sin(phase)

    def reference(self, band):
        return self.parameters["mean_njy"]


class Bump(Small):
    """A transient that rises and falls in a parabola of forty days."""

    def flux(self, mjd, band):
        age = (np.asarray(mjd) - self.parameters["begin_mjd"]) / 20 - 1
        return self.parameters["peak_njy"] * np.maximum(1 - age**2, 0)


class Rock(Small):
    """A body that moves 0.2 degrees a day."""

    def flux(self, mjd, band):
        return np.full(len(mjd), self.parameters["flux_njy"])

    def position(self, mjd):
        return np.full(len(mjd), self.ra), self.dec + 0.2 * (mjd - self.parameters["begin_mjd"])


class Waves(Kind):
    name, density, days = "wave", 3.0, None

    def draw(self, random, field, mjd):
        ra, dec = field.place(random)
        mean = float(flux_of(random.uniform(field.depth - 3, field.depth)))
        numbers = {"period_d": float(random.uniform(0.5, 5)), "mean_njy": mean}
        part = Counterpart(kind="star", ra=ra, dec=dec, magnitudes=dict.fromkeys(BANDS, 19.0))
        numbers["amplitude_njy"] = 0.8 * mean
        return Wave(self.name, ra, dec, numbers, counterpart=part)


class Bumps(Kind):
    name, density, days = "bump", 0.2, 40.0

    def draw(self, random, field, mjd):
        ra, dec = field.place(random)
        peak = float(flux_of(random.uniform(field.depth - 4, field.depth)))
        magnitudes = dict.fromkeys(BANDS, 20.0)
        part = Counterpart(
            kind="galaxy", ra=ra, dec=dec + 5e-4, magnitudes=magnitudes, redshift=0.1
        )
        return Bump(self.name, ra, dec, {"peak_njy": peak, "begin_mjd": mjd}, counterpart=part)


class Rocks(Kind):
    name, density, days = "rock", 0.5, 1.0

    def draw(self, random, field, mjd):
        ra, dec = field.place(random)
        flux = float(flux_of(field.depth - random.uniform(0, 3)))
        letters = "".join(chr(65 + i) for i in random.integers(0, 8, 2))
        name = f"20{random.integers(10, 25)} {letters}{random.integers(1, 620)}"
        numbers = {"flux_njy": flux, "begin_mjd": mjd, "h_mag": 17.0}
        known = name if random.uniform() < 0.5 else None
        return Rock(self.name, ra, dec, numbers, designation=known)


class Bogus(Kind):
    name, density, days = "bogus", 0.5, None

    def draw(self, random, field, mjd):
        ra, dec = field.place(random)
        numbers = {
            "period_d": 3.0,
            "amplitude_njy": float(flux_of(field.depth - 2)),
            "mean_njy": 0.0,
        }
        return Wave(self.name, ra, dec, numbers, flags={"saturated_pixels": 7.0, "real_bogus": 0.2})


KINDS = (Waves(), Bumps(), Rocks(), Bogus())


def members(seed, number, field, begin, end):
    """As `mix.members`: blocks of absolute time, each with its seed."""
    area = np.pi * field.radius**2
    for place, kind in enumerate(KINDS):
        first = last = 0
        if kind.days is not None:
            first, last = (int(t // BLOCK_DAYS) for t in (begin - kind.days, end))
        for block in range(first, last + 1):
            random = np.random.default_rng((seed, number, place, block))
            span = BLOCK_DAYS if kind.days else 1
            for index in range(random.poisson(kind.density * area * span)):
                start = (block + random.uniform()) * BLOCK_DAYS
                source = kind.draw(random, field, start)
                if kind.days is None or begin - kind.days < start < end:
                    start = None if kind.days is None else start
                    whole = (place * BLOCKS + block) * INDICES + index
                    yield Member(field=number, number=whole, begin=start, source=source)
