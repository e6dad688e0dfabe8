"""Run one direction of a layer of long short-term memory over sequences side by side.

Numbers that belong to units are rows of arrays, those of one sequence are columns. Precision is
that of the weights. What is fed to a layer belongs to others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Weights = Mapping[str, NDArray[Any]]


class Direction(NamedTuple):
    """What the gates of a direction follow from: those of input, forget, output, and the candidate.

    The first three have half of their weights, because the sigmoid of x is (1 + tanh(x/2))/2: then
    one hyperbolic tangent does all four.

    Parameters
    ----------
    recurrent : array of shape (4 units, units)
        Weights of the outputs one step before.
    weight : array of shape (4 units, features)
        Weights of the inputs.
    bias : array of shape (1 or steps, 4 units)
        What is added, the same at each step or not.
    backward : bool
        Whether it begins with the last step.
    """

    recurrent: Floats
    weight: Floats
    bias: Floats
    backward: bool


def direction(weights: Weights, name: str) -> Direction:
    """Take a direction out of weights whose gates are input, forget, candidate, output.

    `<name>_recurrent` of shape (units, 4 units), `<name>_weight` (features, 4 units), `<name>_bias`
    (4 units).
    """
    recurrent, weight, bias = (
        _candidate_last(weights[f"{name}_{part}"]) for part in ("recurrent", "weight", "bias")
    )
    return Direction(recurrent.T, weight.T, bias[np.newaxis], name.endswith("backward"))


def _candidate_last(weight: Floats) -> Floats:
    inputs, forget, candidate, output = np.split(weight, 4, axis=-1)
    return np.concatenate([0.5 * inputs, 0.5 * forget, 0.5 * output, candidate], axis=-1)


def states(
    layer: Direction,
    inputs: Floats,
    *,
    start: tuple[Floats, Floats] | None = None,
    first: tuple[Floats, Floats] | None = None,
) -> Iterator[tuple[int, Floats, Floats]]:
    """Go through the steps one by one.

    Parameters
    ----------
    layer : Direction
    inputs : array of shape (steps, features, sequences)
    start : tuple of array, optional
        Output and memory before the first step that is taken, zero otherwise.
    first : tuple of array, optional
        Weights of inputs that only the first steps have, in the order of time, and these inputs:
        (4 units, features), (first steps, features, sequences).

    Yields
    ------
    tuple
        Number of the step, output and memory, of shape (units, sequences), which change with the
        next one.
    """
    units = layer.recurrent.shape[1]
    count, features, sequences = inputs.shape
    kind = layer.recurrent.dtype
    # What is added is the weight of an input that is always 1.
    gains = np.empty((4 * units, units + features + 1), dtype=kind, order="F")
    gains[:, :units], gains[:, units:-1] = layer.recurrent, layer.weight
    bias = np.broadcast_to(layer.bias, (count, 4 * units))
    taken = np.ones((units + features + 1, sequences), dtype=kind)
    hidden, memory = taken[:units], np.empty((units, sequences), dtype=kind)
    hidden[:], memory[:] = (0, 0) if start is None else start
    gates, more = (np.empty((4 * units, sequences), dtype=kind) for _ in range(2))
    sigmoids, product = gates[: 3 * units], np.empty_like(memory)
    entry, forget, output, candidate = gates.reshape(4, units, sequences)
    for n in range(count - 1, -1, -1) if layer.backward else range(count):
        gains[:, -1] = bias[n]
        taken[units:-1] = inputs[n]
        np.matmul(gains, taken, out=gates)
        if first and n < len(first[1]):
            gates += np.matmul(first[0], first[1][n], out=more)
        np.tanh(gates, out=gates)
        sigmoids += 1  # twice the gates: halved below, where there is one array of them
        memory *= forget
        memory += np.multiply(entry, candidate, out=product)
        memory *= 0.5
        output *= 0.5
        np.multiply(np.tanh(memory, out=product), output, out=hidden)
        yield n, hidden, memory
