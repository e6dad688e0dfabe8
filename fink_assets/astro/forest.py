"""Evaluate a random forest on rows of features.

Arithmetic on arrays. Which features, and where the trees come from, belongs to the science modules.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.photometry import Numbers

ROWS = 256


def probability(features: Numbers, trees: Mapping[str, NDArray[Any]]) -> Numbers:
    """Give the mean over all trees of the probability of the leaf that each row comes to.

    Parameters
    ----------
    features : array of shape (rows, features)
        Finite numbers; taken in single precision, as by scikit-learn.
    trees : mapping of str to array
        The nodes of all trees: `feature` that is compared with `threshold` (-1: a leaf), the next
        node, `left` where it is not larger and `right` where it is, `probability`; `roots`, the
        first node of each tree.

    Returns
    -------
    array of shape (rows,)

    Notes
    -----
    Breiman 2001 (Machine Learning 45, 5); scikit-learn's mean of probabilities.
    """
    rows = np.asarray(features, dtype=np.float32)
    parts = [_of_rows(rows[i : i + ROWS], trees) for i in range(0, len(rows), ROWS)]
    return np.concatenate([np.empty(0), *parts])


def _of_rows(rows: NDArray[np.float32], trees: Mapping[str, NDArray[Any]]) -> Numbers:
    node = np.tile(trees["roots"].astype(np.intp), (len(rows), 1))
    row, tree = np.nonzero(trees["feature"][node] >= 0)
    while len(row):
        here = node[row, tree]
        small = rows[row, trees["feature"][here]] <= trees["threshold"][here]
        there = np.where(small, trees["left"][here], trees["right"][here])
        node[row, tree] = there
        going = trees["feature"][there] >= 0
        row, tree = row[going], tree[going]
    return np.asarray(trees["probability"][node].mean(axis=1))
