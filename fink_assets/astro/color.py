"""Measure colours, and how fast they change, from measurements in two bands taken close in time.

Formulas on numpy arrays; which measurements of a packet to take belongs to the science modules.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

SIMULTANEOUS_DAYS = 0.3
"""Longest time between the two measurements of a colour, as in Fink's object pages."""

ANOTHER_NIGHT_DAYS = 0.5
"""Shortest time over which a change of colour is measured: colours of a night are no trend."""


class Curve(NamedTuple):
    """A light curve in one band, sorted, one measurement per epoch: days and magnitudes."""

    time: Numbers
    magnitude: Numbers
    error: Numbers


class Evolution(NamedTuple):
    """A colour [mag], its change [mag/d], their errors, and the epoch of the colour [d]."""

    color: float
    error: float
    rate: float
    rate_error: float
    epoch: float


UNKNOWN = Evolution(*[float("nan")] * 5)


def curves(
    time: Numbers, magnitude: Numbers, error: Numbers, band: Any, *, bands: Iterable[Any]
) -> dict[Any, Curve]:
    """Sort measurements into a light curve per band, of each epoch the most precise.

    Those of which a number is missing are left out, and bands without any.
    """
    known = np.flatnonzero(np.isfinite(time) & np.isfinite(magnitude) & np.isfinite(error))
    order = known[np.lexsort((magnitude[known], error[known], time[known]))]
    found = {}
    for code in bands:
        points = order[band[order] == code]
        if len(points):
            points = points[np.append(True, np.diff(time[points]) > 0)]
            found[code] = Curve(time[points], magnitude[points], error[points])
    return found


def pairs(one: Numbers, other: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair the epochs of two arrays that are each other's nearest and close enough.

    Both are sorted and not empty.

    Returns
    -------
    tuple of array
        Indices into `one` and into `other`, in the order of time; no epoch is in two pairs.
    """
    to_other = nearest(one, other)
    mutual = nearest(other, one)[to_other] == np.arange(len(one))
    close = np.abs(other[to_other] - one) <= SIMULTANEOUS_DAYS
    chosen = np.flatnonzero(mutual & close)
    return chosen, to_other[chosen]


def nearest(of: Numbers, among: Numbers) -> NDArray[np.intp]:
    """Find the index of the nearest of sorted numbers for each number; of two, the smaller."""
    after = np.clip(np.searchsorted(among, of), 1, max(len(among) - 1, 1))
    before = after - 1
    if len(among) == 1:
        return before
    return np.where(of - among[before] <= among[after] - of, before, after)


def evolution(blue: Curve | None, red: Curve | None) -> Evolution:
    """Give the latest colour, blue minus red, and its change since an earlier night.

    Notes
    -----
    A colour is the difference of two magnitudes measured within `SIMULTANEOUS_DAYS`, its epoch the
    mean of theirs. The change is that to the latest colour at least `ANOTHER_NIGHT_DAYS` earlier.
    All errors are taken as independent and normal.
    """
    if blue is None or red is None:
        return UNKNOWN
    b, r = pairs(blue.time, red.time)
    if not len(b):
        return UNKNOWN
    epochs = (blue.time[b] + red.time[r]) / 2
    colors = blue.magnitude[b] - red.magnitude[r]
    errors = np.hypot(blue.error[b], red.error[r])
    color, error, epoch = float(colors[-1]), float(errors[-1]), float(epochs[-1])
    earlier = np.flatnonzero(epochs <= epoch - ANOTHER_NIGHT_DAYS)
    if not len(earlier):
        return Evolution(color, error, np.nan, np.nan, epoch)
    before = earlier[-1]
    elapsed = epoch - float(epochs[before])
    rate = (color - float(colors[before])) / elapsed
    return Evolution(color, error, rate, float(np.hypot(error, errors[before])) / elapsed, epoch)
