"""Turn light curves into the steps that the networks of SuperNNova take, for every survey.

The network itself belongs to `astro.recurrent`; fluxes, bands and cuts of a survey to its module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fink_assets.astro.photometry import Numbers
    from fink_assets.raw2science.models.convert import Arrays

    Indices = NDArray[np.intp]

ZERO_POINT = 27.5
STEP_DAYS = 0.33
SMALL = 1e-5
DIGITS = 7
FLUX, TIME = "FLUXCAL", "delta_time"

Curve = tuple[Any, Any, Any, Any]


def scores(curves: Sequence[Curve], models: Mapping[str, Arrays]) -> dict[str, Numbers]:
    """Give the probability of the first class of each network for each light curve.

    Parameters
    ----------
    curves : sequence of tuple of array
        Time [d], band as the network names it (another name for a band it does not know), flux
        and its error with zero point 27.5 (FLUXCAL of SNANA). What is not finite is left out.
    models : mapping of str to dict of array
        Networks by name, all with the same features.

    Returns
    -------
    dict of array
        Probabilities by the name of the network, NaN for a curve without a point in a band that
        the network knows: of that it only says what was frequent in its training.

    Notes
    -----
    Möller & de Boissière 2020 (MNRAS 491, 4277), section 3.2. A step holds what was measured within
    0.33 d of its first point; of several points in a band the one with the smallest error. Its
    features are flux and error per band (0 where there is none), days since the step before, and
    which of the bands it has. Fluxes, errors and days are taken as
    ``(log(x - minimum + 1e-5) - mean) / std``; where they are below the smallest of the training
    they count as that.

    Probabilities are rounded to seven digits: sums in a batch of another size differ beyond.
    """
    import numpy as np

    from fink_assets.astro.recurrent import class_probabilities

    (names,) = {tuple(model["features"].tolist()) for model in models.values()}
    owner, features = steps(curves, names)
    seen, lengths = np.unique(owner, return_counts=True)
    told = [n for n, name in enumerate(names) if name != TIME and not name.startswith(FLUX)]
    informed = np.isin(seen, owner[features[:, told].any(axis=1)])
    found = {name: np.full(len(curves), np.nan) for name in models}
    for name, model in models.items():
        probabilities = class_probabilities(scaled(features, model), lengths, model)[:, 0]
        found[name][seen] = np.where(informed, np.round(probabilities, DIGITS), np.nan)
    return found


def steps(curves: Sequence[Curve], features: Sequence[str]) -> tuple[Indices, Numbers]:
    """Group points into steps.

    Returns
    -------
    tuple of array
        Curve of each step, in order, and the features of each step.
    """
    import numpy as np

    bands = [f.removeprefix("FLUXCAL_") for f in features if f.startswith("FLUXCAL_")]
    owner, time, band, flux, error = _points(curves, bands)
    step = _step_of_each(owner, time)
    first = np.flatnonzero(np.diff(step, prepend=-1))
    found = np.zeros((len(first), len(features)))
    best = np.lexsort((error, band, step))
    chosen = best[_first_of_each(step[best], band[best])]
    chosen = chosen[band[chosen] >= 0]
    found[step[chosen], band[chosen]] = flux[chosen]
    found[step[chosen], len(bands) + band[chosen]] = error[chosen]
    same = np.diff(owner[first], prepend=-1) == 0
    found[same, 2 * len(bands)] = np.diff(time[first], prepend=np.nan)[same]
    present = np.zeros(len(first), dtype=np.int64)
    np.bitwise_or.at(present, step[chosen], 1 << band[chosen])
    column = np.array([-1] + [_column(features, bands, seen) for seen in range(1, 1 << len(bands))])
    known = present > 0
    found[known, column[present[known]]] = 1.0
    return owner[first], found


def _points(curves: Sequence[Curve], bands: Sequence[str]) -> tuple[NDArray[Any], ...]:
    """All points in a row, by curve and time; the band is its place among `bands`, or -1."""
    import numpy as np

    number = {name: n for n, name in enumerate(bands)}
    lengths = [len(curve[0]) for curve in curves]
    owner = np.repeat(np.arange(len(curves)), lengths)
    time, flux, error = (
        np.concatenate([np.empty(0), *[curve[part] for curve in curves]]) for part in (0, 2, 3)
    )
    band = np.array([number.get(b, -1) for curve in curves for b in curve[1]], dtype=np.intp)
    order = np.lexsort((time, owner))
    order = order[(np.isfinite(time) & np.isfinite(flux) & np.isfinite(error))[order]]
    return owner[order], time[order], band[order], flux[order], error[order]


def _step_of_each(owner: Indices, time: Numbers) -> Indices:
    """Number the steps: one begins with a curve, or later than 0.33 d after the last began."""
    import numpy as np

    found, step, began, whose = [], -1, 0.0, -1
    for curve, t in zip(owner.tolist(), time.tolist(), strict=True):
        if curve != whose or t - began > STEP_DAYS:
            step, began, whose = step + 1, t, curve
        found.append(step)
    return np.array(found, dtype=np.intp)


def _first_of_each(*sorted_by: Indices) -> NDArray[np.bool_]:
    import numpy as np

    changes = [np.diff(values, prepend=np.iinfo(np.intp).min) != 0 for values in sorted_by]
    return np.logical_or.reduce(changes)


def _column(features: Sequence[str], bands: Sequence[str], seen: int) -> int:
    """Which feature says that a step has the bands of which `seen` has the bits."""
    return features.index("".join(b for n, b in enumerate(bands) if seen >> n & 1))


def scaled(features: Numbers, model: Arrays) -> Numbers:
    """Scale features as in the training of a network."""
    import numpy as np

    minimum, mean, std = (model[name] for name in ("minimum", "mean", "std"))
    count = len(minimum)
    above = np.maximum(features[:, :count] - minimum, 0) + SMALL
    return np.concatenate([(np.log(above) - mean) / std, features[:, count:]], axis=1)
