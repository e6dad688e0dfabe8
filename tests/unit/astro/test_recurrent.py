"""A recurrent network, against its definition written out for one sequence, unit by unit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.recurrent import class_probabilities

FEATURES, UNITS, CLASSES, LAYERS = 3, 2, 3, 2


def weights(seed):
    draw = np.random.default_rng(seed)
    found = {}
    for layer in range(LAYERS):
        taken = FEATURES if layer == 0 else 2 * UNITS
        for name in (f"l{layer}", f"l{layer}_reverse"):
            found |= {
                f"weight_ih_{name}": draw.normal(size=(4 * UNITS, taken)),
                f"weight_hh_{name}": draw.normal(size=(4 * UNITS, UNITS)),
                f"bias_ih_{name}": draw.normal(size=4 * UNITS),
                f"bias_hh_{name}": draw.normal(size=4 * UNITS),
            }
    found["output_weight"] = draw.normal(size=(CLASSES, 2 * UNITS))
    found["output_bias"] = draw.normal(size=CLASSES)
    return {name: values.astype(np.float32) for name, values in found.items()}


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def layer(sequence, w, name):
    """Input, forget, candidate and output gates, in this order, unit by unit."""
    hidden, memory, outputs = [0.0] * UNITS, [0.0] * UNITS, []
    for step in sequence[::-1] if name.endswith("reverse") else sequence:
        bias = w[f"bias_ih_{name}"] + w[f"bias_hh_{name}"]
        gates = w[f"weight_ih_{name}"] @ step + w[f"weight_hh_{name}"] @ hidden + bias
        for u in range(UNITS):
            i, f, g = (float(gates[k * UNITS + u]) for k in range(3))
            memory[u] = sigmoid(f) * memory[u] + sigmoid(i) * math.tanh(g)
        hidden = [sigmoid(float(gates[3 * UNITS + u])) * math.tanh(memory[u]) for u in range(UNITS)]
        outputs.append(hidden)
    return outputs[::-1] if name.endswith("reverse") else outputs


def by_definition(sequence, w):
    w = {name: values.astype(np.float64) for name, values in w.items()}
    for n in range(LAYERS):
        both = zip(layer(sequence, w, f"l{n}"), layer(sequence, w, f"l{n}_reverse"), strict=True)
        sequence = [np.array([*one, *other]) for one, other in both]
    odds = np.exp(w["output_weight"] @ np.mean(sequence, axis=0) + w["output_bias"])
    return odds / odds.sum()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(0, 999))
def test_sequences_of_any_lengths_side_by_side_get_what_each_gets_by_definition(lengths, seed):
    w, draw = weights(seed), np.random.default_rng(seed)
    sequences = [draw.normal(size=(length, FEATURES)) for length in lengths]
    found = class_probabilities(np.concatenate(sequences), np.array(lengths), w)
    expected = [by_definition(list(sequence), w) for sequence in sequences]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert found.sum(axis=1) == pytest.approx(1)


def test_scores_too_large_for_an_exponential_are_probabilities_still():
    w = weights(1) | {"output_bias": np.array([2000.0, 0, -2000])}
    assert class_probabilities(np.ones((2, FEATURES)), np.array([2]), w).tolist() == [[1, 0, 0]]


def test_no_sequence_gives_no_row():
    found = class_probabilities(np.empty((0, FEATURES)), np.empty(0, dtype=np.intp), weights(1))
    assert found.shape == (0, CLASSES)
