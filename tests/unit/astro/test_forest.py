"""A random forest, against its definition walked through one row and one tree at a time."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.forest import ROWS, in_levels, leaves, probability, score

SINGLE = np.float32(0.1)
STUMP = {
    "feature": np.array([1, -1, -1], dtype=np.int8),
    "threshold": np.array([2.5, 0, 0]),
    "left": np.array([1, 0, 0], dtype=np.int32),
    "right": np.array([2, 0, 0], dtype=np.int32),
    "value": np.array([0.5, 0.25, 0.75]),
    "roots": np.array([0], dtype=np.int32),
}


def test_a_row_goes_left_up_to_the_threshold_and_right_above_it():
    rows = np.array([[9, 2.4], [9, 2.5], [9, 2.6]])
    assert probability(rows, in_levels(STUMP)).tolist() == [0.25, 0.25, 0.75]


def test_features_are_compared_in_single_precision_with_thresholds_in_double():
    assert float(SINGLE) > 0.1
    at_single = STUMP | {"threshold": np.array([float(SINGLE), 0, 0])}
    at_double = STUMP | {"threshold": np.array([0.1, 0, 0])}
    assert probability(np.array([[0, 0.1]]), in_levels(at_single)).tolist() == [0.25]
    assert probability(np.array([[0, 0.1]]), in_levels(at_double)).tolist() == [0.75]


def test_no_row_gives_no_probability():
    assert probability(np.empty((0, 2)), in_levels(STUMP)).tolist() == []


def grown(seed, trees=7, features=3, depth=5):
    """A forest grown at random, with trees of any shape, as the arrays of a model."""
    draw = np.random.default_rng(seed)
    nodes, roots = [], []

    def grow(left_depth):
        here = len(nodes)
        nodes.append([-1, 0.0, 0, 0, draw.random()])
        if left_depth and draw.random() < 0.7:
            nodes[here][:2] = draw.integers(features), draw.normal()
            nodes[here][2], nodes[here][3] = grow(left_depth - 1), grow(left_depth - 1)
        return here

    for _ in range(trees):
        roots.append(grow(depth))
    names = ("feature", "threshold", "left", "right", "value")
    columns = (np.array(column) for column in zip(*nodes, strict=True))
    return dict(zip(names, columns, strict=True)) | {"roots": np.array(roots)}


def walked(row, forest):
    found = []
    for node in forest["roots"]:
        while forest["feature"][node] >= 0:
            small = np.float32(row[forest["feature"][node]]) <= forest["threshold"][node]
            node = forest["left" if small else "right"][node]
        found.append(forest["value"][node])
    return found


@settings(max_examples=25)
@given(st.integers(0, 9999), st.integers(1, 2 * ROWS + 1))
def test_rows_of_any_number_get_what_each_gets_by_definition(seed, count):
    forest, rows = grown(seed), np.random.default_rng(seed).normal(size=(count, 3))
    trees = in_levels(forest)
    chosen = sorted({0, count // 2, count - 1})
    expected = [walked(rows[n], forest) for n in chosen]
    found = leaves(rows, trees)
    assert found.shape == (count, len(forest["roots"]))
    for row, values in zip(chosen, expected, strict=True):
        assert sorted(found[row].tolist()) == sorted(values)
    for whole, one in ((probability, np.mean), (score, np.sum)):
        sums = whole(rows, trees)
        np.testing.assert_allclose(sums[chosen], [one(v) for v in expected], rtol=1e-12)
        assert whole(rows[chosen], trees).tolist() == sums[chosen].tolist()


@settings(max_examples=25)
@given(st.integers(0, 9999))
def test_numbers_at_and_next_to_a_threshold_go_where_the_definition_sends_them(seed):
    forest = grown(seed)
    at = np.float32(forest["threshold"][forest["feature"] >= 0])
    near = np.concatenate([np.nextafter(at, np.float32(-9)), at, np.nextafter(at, np.float32(9))])
    for value in near:
        row = np.full(3, value)
        found = leaves(row[None], in_levels(forest))[0]
        assert sorted(found.tolist()) == sorted(walked(row, forest))


def test_the_deepest_trees_come_first_and_leaves_are_where_ways_end():
    trees = in_levels(grown(3))
    assert trees["reaching"].tolist() == sorted(trees["reaching"].tolist(), reverse=True)
    assert trees["reaching"][0] == 7
    ends = trees["child"] == np.arange(len(trees["child"]))
    assert (trees["threshold"][ends] == np.inf).all()
    assert np.isfinite(trees["threshold"][~ends]).all()
