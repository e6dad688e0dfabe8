"""Linking as of a night: trajectories that are known go on, new ones are found.

Pure: what follows from some detections and the trajectories before. Which detections are of one
body is decided in `astro.linking` and `astro.tracks`, where both are kept in `trajectories`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.astro.linking import LEAST_NIGHTS, Cluster, clusters
from fink_assets.astro.moving_pairs import CrowdedError, Rows, pairs
from fink_assets.astro.tracks import Track, extended, joined
from fink_assets.solar_system.trajectory import Detection, Trajectory, name_of, sightings

if TYPE_CHECKING:
    from fink_assets.surveys.unknown import Unknown

WINDOW_DAYS = 30
"""Nights, the newest included, whose detections are linked. Two-body orbits of known bodies of ZTF
fit over them as well as over 15, and twice as long brings nine times as many that have a pair in
three nights (March 2021, half of which was cloudy)."""
MOST_CLUSTERS = 3000
"""Clusters of a night to which orbits are fitted, the likeliest: each takes 0.02 s."""


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What linking gave for a night.

    Parameters
    ----------
    trajectories : tuple of Trajectory
        Those that were found, or got detections, in the order of their names.
    pairs : int
        Pairs of detections of the night that may be one body.
    clusters, untried : int
        Groups of pairs with one of the night to which orbits were fitted, and for which there was
        no time.
    left_out : str or None
        Why the night's own detections were not linked.
    """

    trajectories: tuple[Trajectory, ...] = ()
    pairs: int = 0
    clusters: int = 0
    untried: int = 0
    left_out: str | None = None


def window(newest: str) -> tuple[str, str]:
    """First and last night whose detections are linked when a night is the newest."""
    first = date.fromisoformat(newest) - timedelta(days=WINDOW_DAYS - 1)
    return first.isoformat(), newest


def linked(
    candidates: Mapping[str, Sequence[Detection]],
    known: Iterable[Trajectory],
    newest: str,
    unknown: Unknown,
    *,
    most_clusters: int = MOST_CLUSTERS,
) -> Linked:
    """Link the detections of a night with those before.

    The same detections give the same trajectories, in whichever order they come.

    Parameters
    ----------
    candidates : mapping of str to sequence of Detection
        By night, of those in the `window`; nights with too many are left out by the caller.
    known : iterable of Trajectory
        As of the nights before: those that got detections in the window.
    newest : str
        The night.
    unknown : Unknown
        How the survey made them.
    most_clusters : int
        To which orbits are fitted.
    """
    found = _Night(candidates, known, newest, unknown)
    try:
        both = found.pairs()
    except CrowdedError as reason:
        return Linked(left_out=f"detections side by side: {reason}")
    found.go_on()
    tried, untried = found.search(both, most_clusters)
    return Linked(
        trajectories=found.changed(),
        pairs=int(np.sum(found.night[both[:, 0]] == found.newest)),
        clusters=tried,
        untried=untried,
    )


class _Night:
    """Detections of a window in arrays, and which of them belong to what."""

    def __init__(
        self,
        candidates: Mapping[str, Sequence[Detection]],
        known: Iterable[Trajectory],
        newest: str,
        unknown: Unknown,
    ) -> None:
        first, last = window(newest)
        self.known = sorted(known, key=lambda each: each.name)
        fresh = [each for n in candidates if first <= n <= last for each in candidates[n]]
        members = [each for one in self.known for each in one.detections]
        once = {each.alert_id: each for each in [*fresh, *members]}
        self.all = sorted(once.values(), key=lambda each: (each.time, each.alert_id))
        self.place = {each.alert_id: row for row, each in enumerate(self.all)}
        self.newest = date.fromisoformat(newest).toordinal()
        self.night = np.array([date.fromisoformat(d.night).toordinal() for d in self.all], int)
        inside = {each.alert_id for each in fresh}
        self.free = np.array([d.alert_id in inside for d in self.all], bool)
        self.seen = sightings(self.all, unknown)
        self.tracks: dict[str, Track] = {}
        self.found: dict[str, str] = {}
        for one in self.known:
            rows = tuple(self.place[each.alert_id] for each in one.detections)
            self._take(one.name, one.found, Track(rows=rows, path=one.path))
        self.newest_name = newest

    def _take(self, name: str, found: str, track: Track) -> None:
        self.tracks[name], self.found[name] = track, found
        self.free[list(track.rows)] = False

    def pairs(self) -> Rows:
        """Pairs of free detections, night by night.

        Raises
        ------
        CrowdedError
            The newest night has too many; of an earlier one that has, there are none.
        """
        found = [np.empty((0, 2), np.int64)]
        for number in np.unique(self.night[self.free]):
            rows = np.flatnonzero(self.free & (self.night == number))
            try:
                found.append(rows[pairs(self.seen.jd[rows], self.seen.direction[rows])])
            except CrowdedError:
                if number == self.newest:
                    raise
        return np.concatenate(found)

    def go_on(self) -> None:
        """Give to the trajectories that are known what lies on their orbits in the newest night."""
        for one in self.known:
            rows = np.flatnonzero(self.free & (self.night == self.newest))
            track = extended(self.seen, self.night, self.tracks[one.name], rows)
            self._take(one.name, one.found, track)

    def search(self, both: Rows, most: int) -> tuple[int, int]:
        """Find new trajectories among pairs; return how many clusters were tried, and not."""
        both = both[self.free[both].all(axis=1)]
        number = self.night[both[:, 0]]
        newest = number == self.newest
        if not newest.any():
            return 0, 0
        reference = float(self.seen.jd[both[newest, 0]].mean()) - WINDOW_DAYS / 2
        tried, untried = 0, 0
        for one in clusters(self.seen, both, number, newest=self.newest, reference=reference):
            rows = self._left(one, both)
            if not rows:
                continue
            if tried >= most:
                untried += 1
                continue
            tried += 1
            track = joined(self.seen, self.night, rows, one.path)
            if track is not None and self.newest in self.night[list(track.rows)]:
                self._found(track)
        return tried, untried

    def _left(self, one: Cluster, both: Rows) -> list[int]:
        """Detections of a cluster that no trajectory has taken; none if too few nights are left."""
        rows = both[list(one.pairs)]
        rows = rows[self.free[rows].all(axis=1)]
        nights = set(self.night[rows[:, 0]].tolist())
        enough = len(nights) >= LEAST_NIGHTS and self.newest in nights
        return sorted(set(rows.ravel().tolist())) if enough else []

    def _found(self, track: Track) -> None:
        self.free[list(track.rows)] = False
        track = extended(self.seen, self.night, track, np.flatnonzero(self.free))
        name = name_of(self.all[track.rows[0]], taken=self.tracks)
        self._take(name, self.newest_name, track)

    def changed(self) -> tuple[Trajectory, ...]:
        """Trajectories that are not as they were."""
        before = {one.name: len(one.detections) for one in self.known}
        return tuple(
            Trajectory(
                name=name,
                found=self.found[name],
                detections=tuple(self.all[row] for row in track.rows),
                path=track.path,
            )
            for name, track in sorted(self.tracks.items())
            if len(track.rows) != before.get(name)
        )
