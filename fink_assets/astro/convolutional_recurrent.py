"""Run a network of two branches, convolutions and long short-term memory, on padded sequences.

Arithmetic on arrays. What the numbers of a sequence mean, and where weights come from, belongs to
the science modules.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]
Weights = Mapping[str, NDArray[Any]]

SIDE_BY_SIDE = 32
"""Sequences of which steps are multiplied together; always as many, so that none sees another."""

BLOCKS = 3
EPSILON = 0.001
NEGATIVE_SLOPE = 0.3
"""Of batch normalisation and of the leaky rectifier, as in the training."""


def class_probabilities(
    sequences: Sequence[Single], weights: Weights, *, length: int, padding: Sequence[float]
) -> Single:
    """Give the probability of each class for each sequence.

    Parameters
    ----------
    sequences : sequence of arrays of shape (steps, features)
        At least one step each, `length` at most.
    weights : mapping of str to array
        `convolution<n>_weight` (2, inputs, channels), `convolution<n>_bias`,
        `normalisation<n>_scale`, `_offset`, `_mean`, `_variance`, `squeeze<n>`, `excite<n>` of the
        blocks; `lstm<n>_forward_weight`, `_recurrent`, `_bias` and those with ``backward`` (gates:
        input, forget, candidate, output); `hidden_weight`, `hidden_bias`, `output_weight`,
        `output_bias`.
    length : int
        Steps that a sequence has with its padding, which the network sees as it sees the others.
    padding : sequence of float
        Features of each step after the last.

    Returns
    -------
    array of shape (sequences, classes)

    Notes
    -----
    Blocks of a convolution over two steps, batch normalisation, swish, and squeeze and excitation
    (Hu et al. 2018, arXiv:1709.01507), maximum over time; beside them two layers of LSTM in both
    directions, of which the last states count; a dense layer of both with a leaky rectifier;
    softmax of a linear one. Single precision, as in Keras.
    """
    classes = len(weights["output_bias"])
    found = np.empty((len(sequences), classes), dtype=np.float32)
    pad = np.asarray(padding, dtype=np.float32)
    for start in range(0, len(sequences), SIDE_BY_SIDE):
        part = sequences[start : start + SIDE_BY_SIDE]
        steps = np.tile(pad, (length, SIDE_BY_SIDE, 1))
        for column, sequence in enumerate(part):
            steps[: len(sequence), column] = sequence
        states = _last_states(steps, weights)
        for column, sequence in enumerate(part):
            maxima = _maxima(sequence, pad, length, weights)
            both = np.concatenate([states[column], maxima])
            found[start + column] = _classified(both, weights)
    return found


def _classified(values: Single, weights: Weights) -> Single:
    hidden = values @ weights["hidden_weight"] + weights["hidden_bias"]
    hidden = np.where(hidden > 0, hidden, np.float32(NEGATIVE_SLOPE) * hidden)
    scores = hidden @ weights["output_weight"] + weights["output_bias"]
    odds = np.exp(scores - scores.max())
    return np.asarray(odds / odds.sum())


def _maxima(sequence: Single, pad: Single, length: int, weights: Weights) -> Single:
    """Give the maximum over time of each channel after the last block.

    Steps of padding are alike in every block but for the last ones, one more in each block, which
    see the end: one step stands for all the others, and counts as many times in the mean.
    """
    empty = length - len(sequence)
    kept = min(empty, BLOCKS + 1)
    values = np.concatenate([sequence, np.tile(pad, (kept, 1))])
    times = np.ones(len(values), dtype=np.float32)
    times[len(sequence) : len(sequence) + 1] += empty - kept
    for n in range(BLOCKS):
        values = _block(values, times / np.float32(length), weights, n)
    return np.asarray(values.max(axis=0))


def _block(values: Single, share: Single, weights: Weights, n: int) -> Single:
    first, second = weights[f"convolution{n}_weight"]
    found = values @ first + weights[f"convolution{n}_bias"]
    found[:-1] += values[1:] @ second
    scale, offset, mean, variance = (
        weights[f"normalisation{n}_{part}"] for part in ("scale", "offset", "mean", "variance")
    )
    found = (found - mean) * (scale / np.sqrt(variance + np.float32(EPSILON))) + offset
    found *= _sigmoid(found)
    squeezed = np.maximum((share @ found) @ weights[f"squeeze{n}"], 0)
    return np.asarray(found * _sigmoid(squeezed @ weights[f"excite{n}"]))


def _last_states(steps: Single, weights: Weights) -> Single:
    """Run both layers of LSTM on sequences of shape (steps, sequences, features)."""
    inner = [_lstm(steps, weights, f"lstm0_{way}") for way in ("forward", "backward")]
    steps = np.concatenate(inner, axis=2)
    forward = _lstm(steps, weights, "lstm1_forward")[-1]
    return np.concatenate([forward, _lstm(steps, weights, "lstm1_backward")[0]], axis=1)


def _lstm(steps: Single, weights: Weights, name: str) -> Single:
    """Give the output of one direction of one layer after each step."""
    units = weights[f"{name}_recurrent"].shape[0]
    weight = np.concatenate([weights[f"{name}_weight"], weights[f"{name}_recurrent"]])
    weight, bias = (_candidate_last(part, units) for part in (weight, weights[f"{name}_bias"]))
    count, sequences, features = steps.shape
    taken = np.zeros((sequences, features + units), dtype=np.float32)
    gates = np.empty((sequences, 4 * units), dtype=np.float32)
    inputs, forget, output, candidate = (gates[:, n * units : (n + 1) * units] for n in range(4))
    memory, added = (np.zeros((sequences, units), dtype=np.float32) for _ in range(2))
    found = np.empty((count, sequences, units), dtype=np.float32)
    for n in range(count - 1, -1, -1) if name.endswith("backward") else range(count):
        taken[:, :features] = steps[n]
        np.matmul(taken, weight, out=gates)
        gates += bias
        np.tanh(gates, out=gates)
        gates[:, : 3 * units] += 1
        gates[:, : 3 * units] *= 0.5
        memory *= forget
        memory += np.multiply(inputs, candidate, out=added)
        np.multiply(np.tanh(memory, out=added), output, out=found[n])
        taken[:, features:] = found[n]
    return found


def _candidate_last(weight: Single, units: int) -> Single:
    """Order gates as input, forget, output, candidate, with half of the weights of the first three.

    Half, because the sigmoid of x is (1 + tanh(x/2))/2: then one tanh does all four.
    """
    inputs, forget, candidate, output = np.split(weight, 4, axis=-1)
    half = np.float32(0.5)
    return np.concatenate([half * inputs, half * forget, half * output, candidate], axis=-1)


def _sigmoid(values: Single) -> Single:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)), dtype=np.float32)
