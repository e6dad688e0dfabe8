"""Run a recurrent network of long short-term memory on sequences of different lengths.

Arithmetic on arrays: sequences go side by side without padding, so that none sees another. What
the numbers of a sequence mean, and where weights come from, belongs to the science modules.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

Indices = NDArray[np.intp]


def class_probabilities(
    steps: Numbers, lengths: Indices, weights: Mapping[str, NDArray[Any]]
) -> Numbers:
    """Give the probability of each class for each sequence.

    Parameters
    ----------
    steps : array of shape (sum of lengths, features)
        Sequences one after the other.
    lengths : array of int
        Steps of each sequence, at least one.
    weights : mapping of str to array
        As torch names those of an LSTM with two directions (``weight_ih_l0``, ``bias_hh_l0``,
        ``weight_ih_l0_reverse`` and so on, gates in its order), and `output_weight`, `output_bias`.

    Returns
    -------
    array of shape (sequences, classes)
        Softmax of a linear layer on the mean over time of the last layer's outputs.

    Notes
    -----
    Hochreiter & Schmidhuber 1997 (Neural Computation 9, 1735), with forget gates; in torch's
    documentation of `LSTM`.
    """
    hidden = np.asarray(steps, dtype=np.float64)
    for layer in range(sum(name.startswith("weight_ih") for name in weights) // 2):
        forward = _direction(hidden, lengths, weights, f"l{layer}")
        backward = _direction(hidden, lengths, weights, f"l{layer}_reverse")
        hidden = np.concatenate([forward, backward], axis=1)
    starts = np.cumsum(lengths) - lengths
    mean = np.add.reduceat(hidden, starts) / lengths[:, None] if len(lengths) else hidden[:0]
    scores = mean @ weights["output_weight"].T.astype(np.float64) + weights["output_bias"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def _direction(
    steps: Numbers, lengths: Indices, weights: Mapping[str, NDArray[Any]], name: str
) -> Numbers:
    """Run one layer in one direction; the n-th steps of all sequences are done together."""
    inward, back = (weights[f"weight_{part}_{name}"].T.astype(np.float64) for part in ("ih", "hh"))
    bias = weights[f"bias_ih_{name}"].astype(np.float64) + weights[f"bias_hh_{name}"]
    gates = steps @ inward + bias
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths)[order]
    starts, lengths = ends - lengths[order], lengths[order]
    units = back.shape[0]
    outputs = np.empty((len(steps), units))
    hidden, memory = np.zeros((len(lengths), units)), np.zeros((len(lengths), units))
    for n in range(lengths[0] if len(lengths) else 0):
        going = np.searchsorted(-lengths, -n)
        rows = ends[:going] - 1 - n if name.endswith("_reverse") else starts[:going] + n
        found = gates[rows] + hidden[:going] @ back
        found[:, : 2 * units] = _sigmoid(found[:, : 2 * units])
        inputs, forget = found[:, :units], found[:, units : 2 * units]
        candidate, output = (
            np.tanh(found[:, 2 * units : 3 * units]),
            _sigmoid(found[:, 3 * units :]),
        )
        memory[:going] = forget * memory[:going] + inputs * candidate
        hidden[:going] = output * np.tanh(memory[:going])
        outputs[rows] = hidden[:going]
    return outputs


def _sigmoid(values: Numbers) -> Numbers:
    return 0.5 * (1 + np.tanh(0.5 * values))
