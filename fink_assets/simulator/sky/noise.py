"""Randomness that is a function of time: the same at the same time, whatever times are asked.

For light that has no period: red noise, and events that come again at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fink_assets.simulator.chance import normal
from fink_assets.simulator.sky.light import Star, band_places, excess

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from fink_assets.simulator.sky.light import Indices
    from fink_assets.simulator.sky.model import Bands, Numbers

ORIGIN_MJD = 58_484.0
"""First node of all walks: 2019-01-01; before it they are mirrored."""
_BLOCK = 64
"""Nodes that are drawn together."""
_ENDS, _STEPS = 401, 402
_GOLDEN = 0x9E3779B97F4A7C15


def walks(seeds: Numbers, tau_days: Numbers, mjd: Numbers, step_days: float = 1.0) -> Numbers:
    """Damped random walks (Ornstein-Uhlenbeck processes) of unit variance.

    On a grid of nodes they are exact: x[i+1] = a x[i] + sqrt(1 - a^2) N(0, 1), a = exp(-step / tau)
    (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895, eq. 1 and its solution; autocorrelation
    exp(-dt / tau)). Between the nodes they are linear, so that steps should be much shorter than
    tau. Every 64th node is drawn from the one before, and those between only where they are asked,
    as a walk that begins at the one and is bent to end at the other: conditioned by adding the
    regression of what it misses there (Chilès & Delfiner 2012, Geostatistics, ch. 7).

    Parameters
    ----------
    seeds : array of shape (n,)
        Whole numbers, each of which gives every step of a walk.
    tau_days : array of shape (n,)
        Damping times; at least a tenth of the step.
    mjd : array of shape (m,)
        Times in any order.
    step_days : float
        Between nodes.

    Returns
    -------
    array of shape (n, m)
        Values, the same at the same time whatever other times and walks are asked.
    """
    if len(seeds) and step_days > 10 * np.min(tau_days):
        raise ValueError(f"steps of {step_days} days are too long for tau {np.min(tau_days)} days")
    place = np.abs(mjd - ORIGIN_MJD) / step_days
    node = place.astype(np.int64)
    blocks, which = np.unique(node // _BLOCK, return_inverse=True)
    values = _nodes(seeds.astype(np.int64), step_days / tau_days, blocks)
    low = node % _BLOCK
    before, after = values[:, which, low], values[:, which, low + 1]
    return before + (place - node) * (after - before)


class Walking(Star):
    """A source whose magnitudes walk at random, all bands alike, each as far as its spread.

    Has the values `walk_seed` and `tau_days`.
    """

    step_days: ClassVar[float] = 1.0
    spreads: Numbers
    """Standard deviation of the walk by band, in magnitudes."""

    @classmethod
    def fluxes(cls, sources: Sequence[Self], mjd: Numbers, band: Bands) -> Numbers:
        """Fluxes above the means, of all sources at once."""
        places = band_places(band)
        means = np.array([source.means for source in sources])
        return means[:, places] * excess(cls.changes(sources, mjd, places))

    @classmethod
    def changes(cls, sources: Sequence[Self], mjd: Numbers, places: Indices) -> Numbers:
        """Magnitudes above the means: shape (sources, times)."""
        seeds = np.array([source.values["walk_seed"] for source in sources])
        taus = np.array([source.values["tau_days"] for source in sources])
        spreads = np.array([source.spreads for source in sources])
        return spreads[:, places] * walks(seeds, taus, mjd, cls.step_days)

    def change(self, mjd: Numbers, places: Indices) -> Numbers:
        """Magnitudes above the mean."""
        return self.changes([self], mjd, places)[0]


def _nodes(seeds: NDArray[np.int64], e_folds: Numbers, blocks: NDArray[np.int64]) -> Numbers:
    """Values at the nodes of blocks and at the next: shape (n, blocks, 65)."""
    steps = np.arange(1, _BLOCK + 1)
    begin, end = _ends(seeds, e_folds * _BLOCK, blocks)
    damping = np.exp(-e_folds[:, None] * steps)
    numbers = blocks[:, None] * _BLOCK + steps
    random = normal(seeds[:, None, None], _STEPS, numbers)
    spread = np.sqrt(-np.expm1(-2 * e_folds))[:, None, None]
    # x[i] = a^i x[0] + sum of a^(i - k) e[k]: a sum over all k, then a factor, rather than a loop.
    free = np.cumsum(random * (spread / damping[:, None]), axis=2)
    free = (begin[:, :, None] + free) * damping[:, None]
    bend = np.expm1(-2 * e_folds[:, None] * steps) / np.expm1(-2 * e_folds * _BLOCK)[:, None]
    bend *= damping[:, ::-1] * np.exp(e_folds)[:, None]
    bent = free + bend[:, None] * (end - free[:, :, -1])[:, :, None]
    return np.concatenate([begin[:, :, None], bent], axis=2)


def _ends(
    seeds: NDArray[np.int64], e_folds: Numbers, blocks: NDArray[np.int64]
) -> tuple[Numbers, Numbers]:
    """Values at the begin and the end of blocks, of so many e-folds each: shapes (n, blocks)."""
    random = normal(seeds[:, None], _ENDS, np.arange(blocks.max(initial=0) + 2))
    damping, spread = np.exp(-e_folds), np.sqrt(-np.expm1(-2 * e_folds))
    values = random.T * spread
    values[0] = random[:, 0]
    for number in range(1, len(values)):
        values[number] += damping * values[number - 1]
    return values[blocks].T, values[blocks + 1].T


def uniform_of(seed: int, numbers: NDArray[np.int64], stream: int = 0) -> Numbers:
    """Uniform numbers in [0, 1), one for each whole number, of a seed and a stream.

    The finaliser of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, fig. 15), which is a hash.
    """
    key = (seed * _GOLDEN + stream * 0xD1B54A32D192ED03) % 2**64
    x = numbers.astype(np.int64).view(np.uint64) * np.uint64(_GOLDEN) + np.uint64(key)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((x ^ (x >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def uniform_by(seed: int, numbers: NDArray[np.int64]) -> Numbers:
    """As `uniform_of`, for many numbers of which few differ: each is drawn once."""
    if not len(numbers):
        return np.zeros(0)
    least, most = int(numbers.min()), int(numbers.max())
    if most - least > len(numbers):
        return uniform_of(seed, numbers)
    return uniform_of(seed, np.arange(least, most + 1))[numbers - least]
