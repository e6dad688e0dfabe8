"""Tracks: detections of several nights with the orbit that goes through all of them.

Decides what is accepted. Which detections are tried together is decided in `linking`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fink_assets.astro.linking import LEAST_NIGHTS
from fink_assets.astro.moving_pairs import FASTEST_DEG_A_DAY, Rows
from fink_assets.astro.orbit_fit import Orbit, Path, Sightings, fit, residuals
from fink_assets.astro.two_body import seen_from

ERROR_ARCSEC = 0.1
"""Of a place along each axis, by which residuals are weighed. Those of known bodies of ZTF, whose
orbits were fitted over 30 nights, are 0.06; candidates are fainter."""
MOST_OFF_ARCSEC, MOST_RMS_ARCSEC = 0.75, 0.4
"""Of a detection from its orbit, and of all detections of a track. Of 739 known bodies none was
farther than 0.5, and the most of all was 0.24."""
MOST_DROPPED = 6
"""Detections that a cluster may lose, one after the other, until the rest are of one orbit."""
NEARBY = float(np.cos(np.radians(FASTEST_DEG_A_DAY)))
"""Cosine of the angle that a body moves in a day at most: farther off nothing is compared."""
REACH_ARCSEC = 60.0
MOST_ADDED = 12
"""From where an orbit is expected: so many detections of a night, the nearest, are tried."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """Detections of one body.

    Parameters
    ----------
    rows : tuple of int
        Places in the detections given, in their order.
    path : Path
        The orbit through them; if it was fitted now, an `Orbit`.
    """

    rows: tuple[int, ...]
    path: Path


def joined(seen: Sightings, night: Rows, rows: Sequence[int], guess: Path) -> Track | None:
    """Fit one orbit to detections, without those that are farthest from it; None if there is none.

    Parameters
    ----------
    seen : Sightings
        All detections.
    night : array of shape (n,)
        Number of the night of each.
    rows : sequence of int
        Those that are tried.
    guess : Path
        Of the orbit.

    Returns
    -------
    Track or None
        Two detections at least in each of `LEAST_NIGHTS` nights, within `MOST_OFF_ARCSEC` of an
        ellipse and `MOST_RMS_ARCSEC` of it in all.
    """
    kept = sorted(rows)
    for _ in range(MOST_DROPPED + 1):
        if not _is_enough(night[kept]):
            return None
        orbit = _fitted(seen, kept, guess)
        if orbit is None:
            return None
        if orbit.off_arcsec.max() <= MOST_OFF_ARCSEC:
            return Track(rows=tuple(kept), path=orbit) if _is_sound(orbit) else None
        kept.pop(int(orbit.off_arcsec.argmax()))
        guess = orbit
    return None


def extended(seen: Sightings, night: Rows, track: Track, free: Rows) -> Track:
    """Add to a track what lies on its orbit; the nights nearest in time first.

    Parameters
    ----------
    free : array of int
        Detections that may be added.
    """
    middle = float(np.median(seen.jd[list(track.rows)]))
    order = free[np.argsort(night[free], kind="stable")]
    nights = np.split(order, np.flatnonzero(np.diff(night[order])) + 1) if len(order) else []
    for rows in sorted(nights, key=lambda each: abs(float(seen.jd[each[0]]) - middle)):
        track = _with_a_night(seen, track, _about(seen, track, rows))
    return track


def _about(seen: Sightings, track: Track, rows: Rows) -> Rows:
    """Detections of a night where the orbit is in it, roughly."""
    first = seen.of(rows[:1])
    path = track.path
    there, _ = seen_from(path.place, path.velocity, first.jd - path.epoch, first.observer)
    return rows[seen.direction[rows] @ there[0] >= NEARBY]


def _with_a_night(seen: Sightings, track: Track, rows: Rows) -> Track:
    """Add all that is near if it is on one orbit, else one after the other what fits best."""
    off = np.hypot(*residuals(track.path, seen.of(rows)).T)
    order = np.argsort(off, kind="stable")
    near = [int(row) for row in rows[order[off[order] <= REACH_ARCSEC]]][:MOST_ADDED]
    if not near:
        return track
    if found := _with(seen, track, near):
        return found[1]
    while near:
        tried = [(_with(seen, track, [row]), row) for row in near]
        fitting = [(found[0], row, found[1]) for found, row in tried if found]
        if not fitting:
            break
        _, best, track = min(fitting, key=lambda each: each[:2])
        near.remove(best)
    return track


def _with(seen: Sightings, track: Track, rows: Sequence[int]) -> tuple[float, Track] | None:
    """Add detections to a track, if it stays one; with chi squared."""
    kept = sorted([*track.rows, *rows])
    orbit = _fitted(seen, kept, track.path)
    if orbit is None or orbit.off_arcsec.max() > MOST_OFF_ARCSEC or not _is_sound(orbit):
        return None
    return orbit.chi2, Track(rows=tuple(kept), path=orbit)


def _fitted(seen: Sightings, rows: list[int], guess: Path) -> Orbit | None:
    own = seen.of(rows)
    begin = guess.at(float(own.jd.mean()))
    if not np.isfinite(begin.place).all():
        return None
    return fit(own, begin, error_arcsec=ERROR_ARCSEC)


def _is_enough(night: Rows) -> bool:
    _, each = np.unique(night, return_counts=True)
    return int(np.sum(each >= 2)) >= LEAST_NIGHTS


def _is_sound(orbit: Orbit) -> bool:
    return orbit.rms_arcsec <= MOST_RMS_ARCSEC and orbit.elements() is not None
