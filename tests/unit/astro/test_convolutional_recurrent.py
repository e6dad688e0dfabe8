"""The network of two branches, against its definition on whole padded sequences, step by step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.convolutional_recurrent import BLOCKS, SIDE_BY_SIDE, class_probabilities

FEATURES, LENGTH, CLASSES = 3, 9, 4
PADDING = (-5.0, -5.0, 0.0)
CHANNELS, SQUEEZED, UNITS, HIDDEN = (4, 5, 6), (2, 2, 3), (2, 3), 7


def weights(seed):
    draw = np.random.default_rng(seed)
    found, given_channels = {}, FEATURES
    for n, (channels, squeezed) in enumerate(zip(CHANNELS, SQUEEZED, strict=True)):
        found |= {
            f"convolution{n}_weight": draw.normal(size=(2, given_channels, channels)),
            f"convolution{n}_bias": draw.normal(size=channels),
            f"normalisation{n}_scale": draw.normal(size=channels),
            f"normalisation{n}_offset": draw.normal(size=channels),
            f"normalisation{n}_mean": draw.normal(size=channels),
            f"normalisation{n}_variance": draw.uniform(1, 9, size=channels),
            f"squeeze{n}": draw.normal(size=(channels, squeezed)),
            f"excite{n}": draw.normal(size=(squeezed, channels)),
        }
        given_channels = channels
    for n, units in enumerate(UNITS):
        taken = FEATURES if n == 0 else 2 * UNITS[0]
        for way in ("forward", "backward"):
            found |= {
                f"lstm{n}_{way}_weight": draw.normal(size=(taken, 4 * units)),
                f"lstm{n}_{way}_recurrent": draw.normal(size=(units, 4 * units)),
                f"lstm{n}_{way}_bias": draw.normal(size=4 * units),
            }
    both = 2 * UNITS[1] + CHANNELS[-1]
    found |= {"hidden_weight": draw.normal(size=(both, HIDDEN)), "hidden_bias": np.ones(HIDDEN)}
    found |= {
        "output_weight": draw.normal(size=(HIDDEN, CLASSES)) / 4,
        "output_bias": draw.normal(size=CLASSES),
    }
    return {name: values.astype(np.float32) for name, values in found.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def block(steps, w, n):
    first, second = w[f"convolution{n}_weight"]
    after = [*steps[1:], np.zeros_like(steps[0])]
    found = []
    for here, following in zip(steps, after, strict=True):
        value = here @ first + following @ second + w[f"convolution{n}_bias"]
        value = (value - w[f"normalisation{n}_mean"]) / np.sqrt(
            w[f"normalisation{n}_variance"] + 0.001
        )
        value = value * w[f"normalisation{n}_scale"] + w[f"normalisation{n}_offset"]
        found.append(value * sigmoid(value))
    mean = np.mean(found, axis=0)
    factor = sigmoid(np.maximum(mean @ w[f"squeeze{n}"], 0) @ w[f"excite{n}"])
    return [value * factor for value in found]


def lstm(steps, w, name):
    units = len(w[f"{name}_recurrent"])
    hidden, memory, outputs = np.zeros(units), np.zeros(units), []
    for step in steps[::-1] if name.endswith("backward") else steps:
        gates = step @ w[f"{name}_weight"] + hidden @ w[f"{name}_recurrent"] + w[f"{name}_bias"]
        i, f, c, o = np.split(gates, 4)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(c)
        hidden = sigmoid(o) * np.tanh(memory)
        outputs.append(hidden)
    return outputs[::-1] if name.endswith("backward") else outputs


def by_definition(sequence, w):
    w = {name: values.astype(np.float64) for name, values in w.items()}
    steps = [np.array(step, dtype=float) for step in [*sequence, *[PADDING] * LENGTH][:LENGTH]]
    blocks = steps
    for n in range(BLOCKS):
        blocks = block(blocks, w, n)
    both = zip(lstm(steps, w, "lstm0_forward"), lstm(steps, w, "lstm0_backward"), strict=True)
    inner = [np.concatenate(pair) for pair in both]
    last = [lstm(inner, w, "lstm1_forward")[-1], lstm(inner, w, "lstm1_backward")[0]]
    hidden = np.concatenate([*last, np.max(blocks, axis=0)]) @ w["hidden_weight"] + w["hidden_bias"]
    hidden = np.where(hidden > 0, hidden, 0.3 * hidden)
    odds = np.exp(hidden @ w["output_weight"] + w["output_bias"])
    return odds / odds.sum()


def run(sequences, w):
    return class_probabilities(sequences, w, length=LENGTH, padding=PADDING)


def sequences_of(lengths, seed):
    draw = np.random.default_rng(seed)
    return [draw.normal(size=(length, FEATURES)).astype(np.float32) for length in lengths]


@settings(max_examples=20)
@given(st.lists(st.integers(1, LENGTH), min_size=1, max_size=6), st.integers(0, 999))
def test_sequences_of_any_lengths_get_what_the_padded_one_gets_by_definition(lengths, seed):
    w, given_sequences = weights(seed), sequences_of(lengths, seed)
    found = run(given_sequences, w)
    expected = [by_definition(sequence, w) for sequence in given_sequences]
    np.testing.assert_allclose(found, expected, atol=2e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("length", range(1, LENGTH + 1))
def test_the_steps_of_padding_that_are_left_out_of_convolutions_count_as_if_they_were_there(length):
    w, (sequence,) = weights(length), sequences_of([length], length)
    np.testing.assert_allclose(run([sequence], w)[0], by_definition(sequence, w), atol=2e-4)


@settings(max_examples=10)
@given(st.integers(1, 2 * SIDE_BY_SIDE + 1), st.randoms(use_true_random=False))
def test_a_sequence_gets_the_same_to_the_last_digit_in_whatever_company_and_place(count, random):
    w = weights(count)
    given_sequences = sequences_of([1 + n % LENGTH for n in range(count)], count)
    whole = run(given_sequences, w)
    order = random.sample(range(count), count)
    mixed = run([given_sequences[n] for n in order], w)
    assert mixed.tolist() == whole[order].tolist()
    assert run(given_sequences[:1], w)[0].tolist() == whole[0].tolist()


def test_padding_is_seen_by_the_network():
    w, (sequence,) = weights(1), sequences_of([3], 1)
    other = class_probabilities([sequence], w, length=LENGTH + 3, padding=PADDING)
    assert np.abs(other - run([sequence], w)).max() > 1e-3


def test_no_sequence_gives_no_row():
    assert run([], weights(1)).shape == (0, CLASSES)
