"""Run two layers of long short-term memory, in both directions, over sequences mostly of padding.

The network sees padding as it sees the rest, and the second layer does not settle on it. But steps
of padding are all alike, so that most of what the first layer gives for them is known before any
sequence is. Backward it begins in padding: there its outputs are those of every sequence. Forward,
where padding drives gates wholly open or shut, most units end with one value, whatever was before.
What is known is multiplied with the weights of the second layer once. Of each sequence remain the
units that are free to differ, and few steps at which anything else does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.long_short_term import Direction, Floats, Weights, direction, states

WAYS = ("forward", "backward")
SATURATED = 9.5
"""Of the hyperbolic tangent, which is 1 in single precision beyond 9.02."""


class Layers(NamedTuple):
    """Two layers, and what is known before any sequence is.

    Parameters
    ----------
    forward, backward : Direction
        The first layer.
    past : array of shape (2, steps + 1, units, 1)
        Outputs and memories of the backward direction over padding, zero at the end.
    free : array of bool
        Which units of the forward direction may differ at the end of padding.
    ends : array of shape (units, 1)
        Outputs with which the others end.
    second : tuple of Direction
        The second layer, with inputs from free units, and all that is known as its bias.
    rest : tuple of array
        Its weights of other units of the forward direction, then of those of the backward one.
    """

    forward: Direction
    backward: Direction
    past: Floats
    free: NDArray[np.bool_]
    ends: Floats
    second: tuple[Direction, ...]
    rest: tuple[Floats, ...]


def layers(weights: Weights, *, length: int, padding: Sequence[float], sequences: int) -> Layers:
    """Prepare two layers for padding.

    Parameters
    ----------
    weights : mapping of str to array
        `lstm<n>_forward_weight`, `_recurrent`, `_bias`, and those with ``backward``: `direction`.
    length : int
        Steps that a sequence has with its padding.
    padding : sequence of float
        Features of a step of padding.
    sequences : int
        How many are run side by side.
    """
    forward, backward = (direction(weights, f"lstm0_{way}") for way in WAYS)
    pad = np.asarray(padding, dtype=forward.weight.dtype)[:, np.newaxis]
    units = forward.recurrent.shape[1]
    past = np.zeros((2, length + 1, units, 1), dtype=pad.dtype)
    for n, hidden, memory in states(backward, np.tile(pad, (length, 1, sequences))):
        past[:, n] = hidden[:, :1], memory[:, :1]
    free, ends = _in_the_end(forward, pad)
    second, rest = [], []
    for way in WAYS:
        whole = direction(weights, f"lstm1_{way}")
        ahead, behind = whole.weight[:, :units], whole.weight[:, units:]
        known = (behind @ past[0, :-1] + ahead @ ends)[..., 0] + whole.bias
        second.append(whole._replace(weight=ahead[:, free], bias=known))
        rest.append(np.concatenate([ahead[:, ~free], behind], axis=1))
    return Layers(forward, backward, past, free, ends, tuple(second), tuple(rest))


def _in_the_end(layer: Direction, pad: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """Tell which units are free to differ after padding, and with which output the others end.

    A unit is not where outputs one step before, all between -1 and 1, cannot move any gate of it
    away from 0 or 1: it forgets, or adds the same at each step. If it does neither, it keeps what
    it had, and is free. Ends of free units are zero.
    """
    driven = layer.weight @ pad + layer.bias.T
    reach = np.abs(layer.recurrent).sum(axis=1, keepdims=True)
    sure = (np.abs(driven) - reach > SATURATED).reshape(4, -1, 1).all(axis=0)
    entry, forget, output = driven.reshape(4, -1, 1)[:3] > 0
    candidate = np.sign(driven.reshape(4, -1, 1)[3])
    free = ~sure | (forget & ~entry & output)
    ends = np.where(forget, candidate, np.tanh(entry * candidate)) * output * ~free
    return free[:, 0], ends.astype(pad.dtype)


def last_states(steps: Floats, longest: int, both: Layers) -> Floats:
    """Give the last outputs of both directions of the second layer.

    Parameters
    ----------
    steps : array of shape (steps, features, sequences)
        Sequences, each filled up with padding, side by side.
    longest : int
        Steps of the longest one without padding.
    both : Layers
        Made for as many steps and sequences.

    Returns
    -------
    array of shape (units of both directions, sequences)
        What a sequence gets does not depend, to the last bit, on what is beside it: where it has
        what is known, nothing is added, whatever is added for others.
    """
    ahead, behind = (
        np.empty((count, both.past.shape[2], steps.shape[2]), dtype=steps.dtype)
        for count in (len(steps), longest)
    )
    for n, hidden, _ in states(both.forward, steps):
        ahead[n] = hidden
    start = both.past[0, longest], both.past[1, longest]
    for n, hidden, _ in states(both.backward, steps[:longest], start=start):
        behind[n] = hidden
    apart = ahead[:, ~both.free] - both.ends[~both.free]
    behind -= both.past[0, :longest]
    count = max(longest, 1 + int(np.flatnonzero(apart.any(axis=(1, 2))).max(initial=-1)))
    later = np.zeros((count - longest, *behind.shape[1:]), dtype=steps.dtype)
    others = np.concatenate([apart[:count], np.concatenate([behind, later])], axis=1)
    free, found = ahead[:, both.free], []
    for layer, weight in zip(both.second, both.rest, strict=True):
        for _, hidden, _ in states(layer, free, first=(weight, others)):
            last = hidden
        found.append(last)
    return np.concatenate(found)
