"""Which pairs of several nights may be one body: those that meet under one hypothesis.

HelioLinC (Holman, Payne, Blankley, Janssen & Kuindersma 2018, AJ 156, 135): an assumed distance
from the Sun and its rate make a pair a place and a velocity, which are carried to one time; pairs
of a body come to lie together there. Whether one orbit goes through what is together is decided in
`orbit_fit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fink_assets.astro.moving_pairs import Rows
from fink_assets.astro.orbit_fit import Path, Sightings
from fink_assets.astro.photometry import Numbers
from fink_assets.astro.two_body import LIGHT, SUN, moved

NEAREST_AU, FARTHEST_AU = 1.2, 5.6
"""Distances from the Sun that are tried: from bodies that come near the orbit of Mars to Jupiter's
Trojans. Nearer to the Earth's orbit than 0.2 au everything seems to lie together."""
STEP = 0.04
"""Between distances, of their logarithm."""
RADIAL = (0.0, -0.225, 0.225, -0.45, 0.45)
"""Rates of the distance that are tried, of the speed on a circle: eccentricities to about 0.45."""
TOGETHER_AU = 2e-3
SCALE_DAYS = 4.0
"""How near places are, and velocities times so many days."""
LEAST_NIGHTS = 3
"""With a pair each: the criterion of Rubin's Solar System pipeline (Jones et al. 2018, Icarus 303,
181: three pairs in 15 nights; why 30 here, see `solar_system.linked`)."""
MOST_TOGETHER = 40
"""Pairs in one place: more are no body, but a place where a hypothesis heaps everything."""
FAR_OFF = 0.02
"""Distance from the observer (au) below which a hypothesis says nothing."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Pairs that lie together under a hypothesis.

    Parameters
    ----------
    pairs : tuple of int
        Places in the array of pairs.
    nights : int
        In which they are.
    spread : float
        Mean distance from their mean, in au, with velocities times `SCALE_DAYS`.
    path : Path
        The mean at the reference time.
    """

    pairs: tuple[int, ...]
    nights: int
    spread: float
    path: Path


def hypotheses() -> Iterator[tuple[float, float]]:
    """Distances from the Sun (au) and their rates (au / day) at the reference time."""
    for distance in np.exp(np.arange(np.log(NEAREST_AU), np.log(FARTHEST_AU), STEP)):
        for part in RADIAL:
            yield float(distance), float(part * np.sqrt(SUN / distance))


def clusters(
    seen: Sightings, pairs: Rows, night: Rows, *, newest: int, reference: float
) -> list[Cluster]:
    """Find what lies together and has a pair of the newest night; the likeliest first.

    Parameters
    ----------
    seen : Sightings
        All detections.
    pairs : array of shape (m, 2)
        Places in them.
    night : array of shape (m,)
        Number of the night of each pair.
    newest : int
        The night that each cluster has a pair of: others were found when theirs was the newest.
    reference : float
        Time (JD) to which pairs are carried: the middle of the nights, where they differ least.
    """
    found: dict[tuple[int, ...], Cluster] = {}
    for distance, rate in hypotheses():
        for one in _under(seen, pairs, night, newest, reference, distance, rate):
            known = found.get(one.pairs)
            if known is None or one.spread < known.spread:
                found[one.pairs] = one
    return sorted(found.values(), key=lambda c: (-c.nights, -len(c.pairs), c.spread, c.pairs))


def _under(
    seen: Sightings,
    pairs: Rows,
    night: Rows,
    newest: int,
    reference: float,
    distance: float,
    rate: float,
) -> Iterator[Cluster]:
    from scipy.spatial import cKDTree

    chosen, place, velocity = states(seen, pairs, reference, distance, rate)
    starts = np.flatnonzero(night[chosen] == newest)
    if not len(starts):
        return
    points = np.concatenate([place, velocity * SCALE_DAYS], axis=1)
    near = cKDTree(points).query_ball_point(points[starts], TOGETHER_AU, return_sorted=True)
    for rows in dict.fromkeys(tuple(each) for each in near):
        nights = len(np.unique(night[chosen[list(rows)]]))
        if nights < LEAST_NIGHTS or len(rows) > MOST_TOGETHER:
            continue
        own = points[list(rows)]
        mean = own.mean(axis=0)
        yield Cluster(
            pairs=tuple(int(n) for n in chosen[list(rows)]),
            nights=nights,
            spread=float(np.linalg.norm(own - mean, axis=1).mean()),
            path=Path(epoch=reference, place=mean[:3], velocity=mean[3:] / SCALE_DAYS),
        )


def states(
    seen: Sightings, pairs: Rows, reference: float, distance: float, rate: float
) -> tuple[Rows, Numbers, Numbers]:
    """Carry pairs to the reference time, if they are at a distance from the Sun.

    Parameters
    ----------
    distance, rate : float
        At the reference time, in au and au / day; the distance goes on as it begins.

    Returns
    -------
    chosen : array of shape (k,)
        Pairs that may be on an ellipse under the hypothesis.
    place, velocity : array of shape (k, 3)
        At the reference time, in au and au / day.
    """
    ends = []
    for row in pairs.T:
        towards, origin = seen.direction[row], seen.observer[row]
        radius = distance + rate * (seen.jd[row] - reference)
        along = np.sum(towards * origin, axis=1)
        square = along**2 - np.sum(origin**2, axis=1) + radius**2
        reach = np.sqrt(np.where(square > 0, square, np.nan)) - along
        reach = np.where(reach > FAR_OFF, reach, np.nan)
        ends.append((origin + reach[:, None] * towards, seen.jd[row] - reach / LIGHT))
    (first, begun), (second, ended) = ends
    velocity, place = (second - first) / (ended - begun)[:, None], (first + second) / 2
    with np.errstate(invalid="ignore"):
        bound = np.sum(velocity**2, axis=1) < 2 * SUN / np.linalg.norm(place, axis=1)
    chosen = np.flatnonzero(bound)
    days = reference - (begun + ended)[chosen] / 2
    place, velocity = moved(place[chosen], velocity[chosen], days)
    solved = np.isfinite(place).all(axis=1)
    return chosen[solved], place[solved], velocity[solved]
