"""Run a network of two branches, convolutions and long short-term memory, on padded sequences.

Arithmetic on arrays. What the numbers of a sequence mean, and where weights come from, belongs to
the science modules.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.long_short_term import Floats, Weights
from fink_assets.astro.padded_recurrent import last_states, layers

SIDE_BY_SIDE = 64
"""Sequences of which steps are multiplied together; always as many, so that none sees another."""

AT_ONCE = 8
"""Steps that are convolved together: so few that what is computed stays in the cache."""

BLOCKS = 3
EPSILON = 0.001
NEGATIVE_SLOPE = 0.3
"""Of batch normalisation and of the leaky rectifier, as in the training."""


def class_probabilities(
    sequences: Sequence[Floats], weights: Weights, *, length: int, padding: Sequence[float]
) -> Floats:
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
    softmax of a linear one. Precision is that of the weights: single, as in Keras.

    Sequences of about the same length go side by side: what is done depends on the longest.
    """
    last = weights["output_bias"]
    found = np.empty((len(sequences), len(last)), dtype=last.dtype)
    if not sequences:
        return found
    both = layers(weights, length=length, padding=padding, sequences=SIDE_BY_SIDE)
    pad = np.asarray(padding, dtype=last.dtype)[:, np.newaxis]
    lengths = np.array([len(sequence) for sequence in sequences])
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(sequences), SIDE_BY_SIDE):
        part = order[start : start + SIDE_BY_SIDE]
        steps = np.tile(pad, (length, 1, SIDE_BY_SIDE))
        for column, place in enumerate(part):
            steps[: lengths[place], :, column] = sequences[place]
        filled = np.zeros(SIDE_BY_SIDE, dtype=int)
        filled[: len(part)] = lengths[part]
        values = [last_states(steps, filled.max(), both), _maxima(steps, filled, weights)]
        found[part] = _classified(np.concatenate(values), weights).T[: len(part)]
    return found


def _classified(values: Floats, weights: Weights) -> Floats:
    hidden = weights["hidden_weight"].T @ values + weights["hidden_bias"][:, np.newaxis]
    hidden = np.where(hidden > 0, hidden, NEGATIVE_SLOPE * hidden)
    scores = weights["output_weight"].T @ hidden + weights["output_bias"][:, np.newaxis]
    odds = np.exp(scores - scores.max(axis=0))
    return np.asarray(odds / odds.sum(axis=0))


def _maxima(steps: Floats, filled: NDArray[np.int_], weights: Weights) -> Floats:
    """Give the maximum over time of each channel after the last block.

    Steps of padding are alike in every block but for the last ones, one more in each block, which
    see the end: all others are alike, so that the first one counts as many times in the mean, and
    those beyond the longest sequence are left out.
    """
    length = len(steps)
    count = min(filled.max() + BLOCKS + 1, length)
    n = np.arange(count)[:, np.newaxis]
    alike = np.maximum(length - BLOCKS - filled, 0)
    times = np.where(n == filled, alike, 0) + ((n < filled) | (n >= count - BLOCKS))
    share = (times / length).astype(steps.dtype)
    values = steps[:count]
    for block in range(BLOCKS):
        values = _block(values, share, weights, block)
    return np.asarray(values.max(axis=0))


def _block(values: Floats, share: Floats, weights: Weights, n: int) -> Floats:
    scale, offset, mean, variance = (
        weights[f"normalisation{n}_{part}"] for part in ("scale", "offset", "mean", "variance")
    )
    scale = scale / np.sqrt(variance + EPSILON)
    first, second = ((part * scale).T for part in weights[f"convolution{n}_weight"])
    bias = ((weights[f"convolution{n}_bias"] - mean) * scale + offset)[:, np.newaxis]
    found = np.empty((len(values), *bias.shape[:1], values.shape[2]), dtype=values.dtype)
    means = np.zeros(found.shape[1:], dtype=values.dtype)
    for start in range(0, len(values), AT_ONCE):
        part, here = values[start : start + AT_ONCE + 1], found[start : start + AT_ONCE]
        np.matmul(first, part[:AT_ONCE], out=here)
        here[: len(part) - 1] += second @ part[1:]
        here += bias
        here *= _sigmoid(here)
        shares = here * share[start : start + AT_ONCE, np.newaxis]
        shares[0] += means  # one after the other, so that zeros among them change nothing
        means = shares.sum(axis=0)
    squeezed = np.maximum(weights[f"squeeze{n}"].T @ means, 0)
    found *= _sigmoid(weights[f"excite{n}"].T @ squeezed)
    return found


def _sigmoid(values: Floats) -> Floats:
    found = np.tanh(0.5 * values)
    found += 1
    found *= 0.5
    return np.asarray(found)
