"""The network of two branches, against its definition on whole padded sequences, step by step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.astro.network import CLASSES, FEATURES, UNITS, by_definition, double, weights

from fink_assets.astro.convolutional_recurrent import SIDE_BY_SIDE, class_probabilities
from fink_assets.astro.padded_recurrent import layers

LENGTH = 9
PADDING = (-5.0, -5.0, 0.0)
FAR = (-900.0, -900.0, 0.0)
"""Padding that drives gates wholly open or shut, most of them."""


def run(sequences, w, *, length=LENGTH, padding=PADDING):
    return class_probabilities(sequences, w, length=length, padding=padding)


def defined(sequences, w, *, length=LENGTH, padding=PADDING):
    return [by_definition(sequence, w, length=length, padding=padding) for sequence in sequences]


def sequences_of(lengths, seed):
    draw = np.random.default_rng(seed)
    return [draw.normal(size=(length, FEATURES)).astype(np.float32) for length in lengths]


@settings(max_examples=20)
@given(st.lists(st.integers(1, LENGTH), min_size=1, max_size=6), st.integers(0, 999))
def test_sequences_of_any_lengths_get_what_the_padded_one_gets_by_definition(lengths, seed):
    w, given_sequences = weights(seed), sequences_of(lengths, seed)
    found = run(given_sequences, w)
    np.testing.assert_allclose(found, defined(given_sequences, w), atol=2e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("length", range(1, LENGTH + 1))
def test_the_steps_of_padding_that_are_left_out_of_convolutions_count_as_if_they_were_there(length):
    w, (sequence,) = weights(length), sequences_of([length], length)
    np.testing.assert_allclose(run([sequence], w), defined([sequence], w), atol=2e-4)


@settings(max_examples=20)
@given(
    st.integers(1, 60),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.sampled_from([PADDING, FAR]),
    st.integers(0, 999),
)
def test_what_is_known_of_padding_beforehand_changes_nothing(length, parts, padding, seed):
    """In double precision, where nothing else can differ; without convolutions, which it floods."""
    w = double(weights(seed))
    w["hidden_weight"][2 * UNITS[1] :] = 0
    lengths = [max(1, round(part * length)) for part in parts]
    given_sequences, padded = sequences_of(lengths, seed), {"length": length, "padding": padding}
    found = run(given_sequences, w, **padded)
    np.testing.assert_allclose(found, defined(given_sequences, w, **padded), rtol=0, atol=1e-9)


def test_units_that_padding_drives_to_an_end_are_not_free_and_others_are():
    """An open entry adds; an open forget gate keeps; with both shut nothing is left."""
    w = {name: np.zeros_like(values) for name, values in weights(1).items()}
    kinds = {"adds": (1, 1), "forgets": (0, 0), "takes": (1, 0), "keeps": (0, 1)}
    units = len(kinds)
    for way in ("forward", "backward"):
        gates = np.array([[*sign] for sign in kinds.values()], dtype=float).T * 2 - 1
        bias = np.concatenate([*gates, np.ones(units), np.ones(units)]) * 40
        w |= {
            f"lstm0_{way}_weight": np.zeros((FEATURES, 4 * units)),
            f"lstm0_{way}_recurrent": np.zeros((units, 4 * units)),
            f"lstm0_{way}_bias": bias,
            f"lstm1_{way}_weight": np.zeros((2 * units, 4)),
            f"lstm1_{way}_recurrent": np.zeros((1, 4)),
            f"lstm1_{way}_bias": np.zeros(4),
        }
    found = layers(w, length=30, padding=PADDING, sequences=2)
    assert dict(zip(kinds, found.free.tolist(), strict=True)) == {
        "adds": False,
        "forgets": False,
        "takes": False,
        "keeps": True,
    }
    np.testing.assert_allclose(found.ends[:, 0], [1, 0, np.tanh(1), 0])
    np.testing.assert_allclose(found.past[0, 0, :, 0], [1, 0, np.tanh(1), 0], atol=1e-12)


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
