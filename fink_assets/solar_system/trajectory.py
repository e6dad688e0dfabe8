"""What a trajectory of an unknown body is: its detections, orbit and name.

How detections are linked belongs to `linked`, where they are kept to `trajectories`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from fink_assets.astro.angles import directions
from fink_assets.astro.observatory import around_the_sun, tt_minus_utc
from fink_assets.astro.orbit_fit import Path, Sightings
from fink_assets.astro.time import SECONDS_PER_DAY, jd_of_time

if TYPE_CHECKING:
    from fink_assets.surveys.unknown import Unknown

PREFIX, LETTERS, ALPHABET = "FF", 7, 26


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """An alert that may be of an unknown body; what is not known is None.

    Parameters
    ----------
    night : str
        ``YYYY-MM-DD``.
    alert_id, object_id : int, str
        The survey's identifiers.
    time : datetime
        As the survey states it (UTC).
    ra, dec : float
        ICRS, degrees.
    band : str
        Of the filter.
    magnitude, magnitude_error : float
        As in the alert.
    """

    night: str
    alert_id: int
    object_id: str
    time: datetime
    ra: float
    dec: float
    band: str | None = None
    magnitude: float | None = None
    magnitude_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """Detections of one body with the orbit through them, as of a night.

    Parameters
    ----------
    name : str
        ``FF``, date of the first detection when it was found, seven letters.
    found : str
        Night in which it was found: with its detections there were enough.
    detections : tuple of Detection
        In the order of time.
    path : Path
        The orbit through them; if it was fitted now, an `Orbit`.
    """

    name: str
    found: str
    detections: tuple[Detection, ...]
    path: Path


def sightings(detections: Sequence[Detection], unknown: Unknown) -> Sightings:
    """Give detections as what an orbit is fitted to: directions, places of the observatory."""
    lead = unknown.lead_seconds / SECONDS_PER_DAY
    jd = np.array([jd_of_time(each.time) + lead for each in detections], float)
    exposure, of = np.unique(jd, return_inverse=True)
    place, velocity = around_the_sun(exposure, unknown.site)
    ra, dec = (np.array([getattr(d, name) for d in detections], float) for name in ("ra", "dec"))
    return Sightings(
        jd=jd + tt_minus_utc(jd),
        direction=directions(ra, dec),
        observer=place[of],
        observer_velocity=velocity[of],
    )


def name_of(first: Detection, *, taken: Collection[str] = ()) -> str:
    """Name a trajectory by its first detection: its date, and letters of its identifier's hash.

    As in Fink a date and seven letters, there a running number. A hash needs none, so that names do
    not depend on what else was found; of one that is taken the next is.
    """
    for attempt in range(len(taken) + 1):
        text = f"{first.alert_id}:{attempt}".encode()
        number = int.from_bytes(hashlib.sha256(text).digest()[:8])
        letters = ""
        for _ in range(LETTERS):
            number, letter = divmod(number, ALPHABET)
            letters += chr(ord("a") + letter)
        name = f"{PREFIX}{first.night.replace('-', '')}{letters}"
        if name not in taken:
            return name
    raise AssertionError("more names were tried than are taken")
