"""Randomness that is a function of time: the same at the same time, whatever times are asked.

For light that has no period: red noise, and events that come again at random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fink_assets.simulator.sky.model import Numbers

ORIGIN_MJD = 58_484.0
"""First node of all walks: 2019-01-01."""
_MOST_E_FOLDS = 600.0
_GOLDEN = 0x9E3779B97F4A7C15


class Walk:
    """Damped random walk (Ornstein-Uhlenbeck process) of unit variance.

    On a grid of nodes it is exact: x[i+1] = a x[i] + sqrt(1 - a^2) N(0, 1), a = exp(-step / tau)
    (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895, eq. 1 and its solution; autocorrelation
    exp(-dt / tau)). Between the nodes it is linear, so that steps should be much shorter than tau.
    Nodes begin in 2019; a walk turns back where they begin and end.

    Parameters
    ----------
    seed : int
        Gives every step.
    tau_days : float
        Damping time; at least `nodes * step_days / 600`.
    step_days : float
        Between nodes.
    nodes : int
        How many: 4096 of 1 day last to 2030.
    """

    def __init__(
        self, seed: int, tau_days: float, step_days: float = 1.0, nodes: int = 4096
    ) -> None:
        if nodes * step_days > _MOST_E_FOLDS * tau_days:
            raise ValueError(f"tau of {tau_days} days is too short for {nodes} nodes")
        self._step, self._last = step_days, nodes - 1
        steps = np.random.default_rng(seed).standard_normal(nodes)
        damping = np.exp(-step_days / tau_days)
        steps[1:] *= np.sqrt(1 - damping**2)
        # x[i] = sum of a^(i - k) e[k]: a sum over all k, then a factor, rather than a loop.
        decay = np.exp(np.arange(nodes) * (-step_days / tau_days))
        self._values = np.cumsum(steps / decay) * decay

    def __call__(self, mjd: Numbers) -> Numbers:
        """Values at some times."""
        place = np.abs(mjd - ORIGIN_MJD) / self._step % (2 * self._last)
        place = self._last - np.abs(self._last - place)
        node = np.minimum(place.astype(np.intp), self._last - 1)
        low = self._values[node]
        return low + (place - node) * (self._values[node + 1] - low)


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
