"""Evaluate a forest of decision trees on rows of features.

Arithmetic on arrays: all trees of all rows go down together, one level at a time. Which features,
and where the trees come from, belongs to the science modules.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

ROWS = 64
"""Rows that go down together: what they need of features and places stays in the cache."""

Trees = Mapping[str, NDArray[Any]]


def in_levels(nodes: Trees) -> dict[str, NDArray[Any]]:
    """Arrange the nodes of a forest for `leaves`: level by level, siblings side by side.

    Parameters
    ----------
    nodes : mapping of str to array
        For all trees in a row: `feature` that is compared with `threshold` (-1: a leaf), the next
        node, `left` where it is not larger and `right` where it is, `value` of leaves; `roots`,
        the first node of each tree.

    Returns
    -------
    dict of array
        `feature` (int8) and `threshold` (single precision: the next one that is not larger, which
        a number in single precision exceeds exactly where it exceeds the threshold itself);
        `child`, the left one, which the right one follows; `value`; `reaching`, how many trees have
        a zeroth level (the root), a first, and so on. The deepest tree comes first, and roots
        before all other nodes. A leaf is its own child, and nothing exceeds its threshold.
    """
    leaf = np.asarray(nodes["feature"]) < 0
    roots = np.asarray(nodes["roots"], dtype=np.intp)
    depth = _depths(nodes, leaf, roots)
    level = roots[np.argsort(-depth, kind="stable")]
    levels = []
    while len(level):
        levels.append(level)
        inner = level[~leaf[level]]
        level = np.stack([nodes["left"][inner], nodes["right"][inner]], axis=1).ravel()
    order = np.concatenate(levels)
    place = np.empty(len(leaf), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    leaf = leaf[order]
    threshold = np.asarray(nodes["threshold"], dtype=np.float64)[order]
    single = threshold.astype(np.float32)
    below = np.nextafter(single, np.float32(-np.inf))
    return {
        "feature": np.where(leaf, 0, nodes["feature"][order]).astype(np.int8),
        "threshold": np.where(
            leaf, np.float32(np.inf), np.where(single > threshold, below, single)
        ),
        "child": np.where(leaf, place[order], place[nodes["left"][order]]),
        "value": np.asarray(nodes["value"])[order],
        "reaching": np.array([(depth >= n).sum() for n in range(depth.max() + 1)], dtype=np.int32),
    }


def _depths(nodes: Trees, leaf: NDArray[np.bool_], roots: NDArray[np.intp]) -> NDArray[np.intp]:
    """Count the comparisons on the longest way through each tree."""
    depth = np.zeros(len(roots), dtype=np.intp)
    level, tree = roots, np.arange(len(roots))
    while len(inner := np.flatnonzero(~leaf[level])):
        tree = np.tile(tree[inner], 2)
        depth[tree] += 1
        level = np.concatenate([nodes[side][level[inner]] for side in ("left", "right")])
    return depth


def leaves(features: Numbers, trees: Trees) -> Numbers:
    """Give the value of the leaf that each row comes to in each tree.

    Parameters
    ----------
    features : array of shape (rows, features)
        Finite numbers; compared in single precision, as by scikit-learn and in ONNX.
    trees : mapping of str to array
        As `in_levels` arranges them.

    Returns
    -------
    array of shape (rows, trees)
    """
    rows = np.asarray(features, dtype=np.float32)
    feature = trees["feature"].astype(np.int32)
    count, *going = trees["reaching"].tolist()
    found = np.empty((len(rows), count))
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        at = _descended(part, count, feature, trees["threshold"], trees["child"], going)
        found[start : start + ROWS] = trees["value"].take(at).T
    return found


def _descended(
    rows: NDArray[np.float32],
    count: int,
    feature: NDArray[np.int32],
    threshold: NDArray[np.float32],
    child: NDArray[np.int32],
    going: list[int],
) -> NDArray[np.int32]:
    """Give the leaf of each tree (first axis) for each row."""
    by_feature = np.ascontiguousarray(rows.T).ravel()
    row = np.arange(len(rows), dtype=np.int32)
    at = np.repeat(np.arange(count, dtype=np.int32)[:, None], len(rows), axis=1)
    for trees in going:
        here = at[:trees]
        where = feature.take(here) * np.int32(len(rows)) + row
        at[:trees] = child.take(here) + (by_feature.take(where) > threshold.take(here))
    return at


def probability(features: Numbers, trees: Trees) -> Numbers:
    """Give the mean over all trees of the values that each row comes to; see `leaves`.

    Notes
    -----
    Breiman 2001 (Machine Learning 45, 5); scikit-learn's mean of probabilities.
    """
    return np.asarray(leaves(features, trees).mean(axis=1))


def score(features: Numbers, trees: Trees) -> Numbers:
    """Give the sum over all trees of the values that each row comes to; see `leaves`."""
    return np.asarray(leaves(features, trees).sum(axis=1))
