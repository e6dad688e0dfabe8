"""Find the trails that satellites and debris leave in one exposure: detections along a line.

Geometry on the sphere. Which detections may belong to a trail, and what it is called, does not
belong here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.angles import directions
from fink_assets.astro.photometry import Numbers

LEAST_POINTS = 5
WIDE_ARCSEC = 5.0
NARROW_ARCSEC = 1.0
APART_ARCSEC = 10.0
"""Fink's bounds: points of a trail, distance from a great circle through two of them that are so
far apart, distance from the curve in the end."""
LONELY = 10.0
"""What is so many times farther off than the rest is long is none of the trail (Fink)."""
ROUNDS = 10
ARCSEC = float(np.radians(1 / 3600))


@dataclass(frozen=True, kw_only=True)
class Tracklet:
    """Detections along one line.

    Parameters
    ----------
    members : array of int
        Places of its detections in the arrays given, along the line.
    along_arcsec : array
        Their distances along it from the first.
    offset_arcsec : array
        Their distances across from the curve.
    """

    members: NDArray[np.intp]
    along_arcsec: Numbers
    offset_arcsec: Numbers


def tracklets(ra_deg: Numbers, dec_deg: Numbers) -> list[Tracklet]:
    """Find the trails among the detections of one exposure, the one with most points first.

    Each two detections that are 10" apart or more span a great circle; it is a candidate if 5 lie
    within 5" of it. Candidates are taken from the largest to the smallest, each among the
    detections that are still free: a parabola across the circle is fitted and detections within 1"
    of it are kept or taken in, until nothing changes. A detection belongs to one tracklet at most.
    The definition is Fink's, which also gives the name of the first to one that shares more than
    two points with it, and depends on the order of detections where candidates are equally large;
    this does not. Chance makes trails, too: none of 400 detections at random in a field of ZTF,
    some 50 of 1000, each of 5 or 6.
    """
    order = np.lexsort([dec_deg, ra_deg])
    places = directions(ra_deg[order], dec_deg[order])
    free = _first_of_each(places)
    found = []
    for candidate in _candidates(places, free):
        members = candidate & free
        if members.sum() < LEAST_POINTS:
            continue
        refined = _refined(places, members, free)
        if refined is None:
            continue
        free = free & ~refined
        found.append(_described(places, refined, order))
    return sorted(found, key=lambda one: (-len(one.members), *_first(one, ra_deg, dec_deg)))


def _first(one: Tracklet, ra_deg: Numbers, dec_deg: Numbers) -> tuple[float, float]:
    return float(ra_deg[one.members[0]]), float(dec_deg[one.members[0]])


def _first_of_each(places: Numbers) -> NDArray[np.bool_]:
    """One detection of each place: the same one may have come twice."""
    free = np.zeros(len(places), dtype=bool)
    _, first = np.unique(places, axis=0, return_index=True)
    free[first] = True
    return free


def _candidates(places: Numbers, free: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Sets of detections near a common great circle, the largest first, each once."""
    sets: dict[bytes, NDArray[np.bool_]] = {}
    for i in np.flatnonzero(free):
        others = np.flatnonzero(free)
        others = others[others > i]
        normals = np.cross(places[i], places[others])
        sines = np.linalg.norm(normals, axis=1)
        apart = sines > APART_ARCSEC * ARCSEC
        across = (normals[apart] / sines[apart, np.newaxis]) @ places.T
        near = (np.abs(across) < WIDE_ARCSEC * ARCSEC) & free
        for one in near[near.sum(axis=1) >= LEAST_POINTS]:
            sets[one.tobytes()] = one
    return sorted(sets.values(), key=lambda one: (-int(one.sum()), one.tobytes()))


def _refined(
    places: Numbers, members: NDArray[np.bool_], free: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """Members of the curve that these suggest, None if too few stay."""
    members = _without_lonely_ends(members, _coordinates(places, members)[0])
    for _ in range(ROUNDS):
        if members.sum() < LEAST_POINTS:
            return None
        along, across = _coordinates(places, members)
        curve = np.polynomial.Polynomial.fit(along[members], across[members], 2)
        # Far from the members a parabola says nothing.
        length = np.ptp(along[members])
        middle = (along[members].max() + along[members].min()) / 2
        reach = np.abs(along - middle) <= length
        now = free & reach & (np.abs(across - curve(along)) < NARROW_ARCSEC)
        now = _without_lonely_ends(now, along)
        if np.array_equal(now, members):
            return members
        members = now
    return members if members.sum() >= LEAST_POINTS else None


def _coordinates(places: Numbers, members: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Arc seconds along and across the great circle that fits the members best."""
    _, _, axes = np.linalg.svd(places[members], full_matrices=False)
    centre, direction, normal = axes
    forward = places @ centre * np.sign((places[members] @ centre)[0])
    return np.arctan2(places @ direction, forward) / ARCSEC, places @ normal / ARCSEC


def _without_lonely_ends(members: NDArray[np.bool_], along: Numbers) -> NDArray[np.bool_]:
    """Leave out what a gap separates that is so many times as long as the part with more members.

    Fink leaves out single detections only: two by chance near the circle, far off, then turn the
    parabola away from the trail.
    """
    chosen = np.flatnonzero(members)
    chosen = chosen[np.argsort(along[chosen], kind="stable")]
    for gap in range(1, len(chosen)):
        parts = sorted((chosen[:gap], chosen[gap:]), key=len)
        lonely, more = parts
        step = along[chosen[gap]] - along[chosen[gap - 1]]
        if step > LONELY * np.ptp(along[more]) > 0:
            kept = members.copy()
            kept[lonely] = False
            return _without_lonely_ends(kept, along)
    return members


def _described(places: Numbers, members: NDArray[np.bool_], order: NDArray[np.intp]) -> Tracklet:
    along, across = _coordinates(places, members)
    curve = np.polynomial.Polynomial.fit(along[members], across[members], 2)
    chosen = np.flatnonzero(members)
    chosen = chosen[np.argsort(along[chosen], kind="stable")]
    # From the end that was first in order of right ascension.
    chosen = chosen if chosen[0] < chosen[-1] else chosen[::-1]
    return Tracklet(
        members=order[chosen],
        along_arcsec=np.abs(along[chosen] - along[chosen[0]]),
        offset_arcsec=np.abs(across - curve(along))[chosen],
    )
