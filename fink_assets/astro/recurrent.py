"""Run a recurrent network of long short-term memory on sequences of different lengths.

Arithmetic on arrays: sequences go side by side without padding, so that none sees another. What
the numbers of a sequence mean, and where weights come from, belongs to the science modules.
"""

from collections.abc import Iterator, Mapping
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
    inward, back = (
        _candidate_last(weights[f"weight_{part}_{name}"].T.astype(np.float64))
        for part in ("ih", "hh")
    )
    bias = weights[f"bias_ih_{name}"].astype(np.float64) + weights[f"bias_hh_{name}"]
    bias = _candidate_last(bias)
    units = back.shape[0]
    outputs = np.empty((len(steps), units))
    gates, more = np.empty((2, len(lengths), 4 * units))
    hidden, memory = np.zeros((2, len(lengths), units))
    for rows in _turns(lengths, backward=name.endswith("_reverse")):
        count = len(rows)
        found = np.matmul(steps[rows], inward, out=gates[:count])
        found += np.matmul(hidden[:count], back, out=more[:count])
        found += bias
        np.tanh(found, out=found)
        sigmoids = found[:, : 3 * units]
        sigmoids += 1
        sigmoids *= 0.5
        entry, forget, output, candidate = (found[:, n * units : (n + 1) * units] for n in range(4))
        memory[:count] *= forget
        memory[:count] += entry * candidate
        np.multiply(np.tanh(memory[:count]), output, out=hidden[:count])
        outputs[rows] = hidden[:count]
    return outputs


def _turns(lengths: Indices, *, backward: bool) -> Iterator[Indices]:
    """Give the first step of each sequence, then the second one of each that has one, and so on.

    Sequences are in order of their lengths, longest first.
    """
    order = np.argsort(-lengths, kind="stable")
    ends, lengths = np.cumsum(lengths)[order], lengths[order]
    first, stride = (ends - 1, -1) if backward else (ends - lengths, 1)
    for n in range(int(lengths.max(initial=0))):
        yield first[: np.searchsorted(-lengths, -n)] + stride * n


def _candidate_last(weight: Numbers) -> Numbers:
    """Order gates as input, forget, output, candidate, with half of the weights of the first three.

    Half, because the sigmoid of x is (1 + tanh(x/2))/2: then one tanh does all four.
    """
    inputs, forget, candidate, output = np.split(weight, 4, axis=-1)
    return np.concatenate([0.5 * inputs, 0.5 * forget, 0.5 * output, candidate], axis=-1)
