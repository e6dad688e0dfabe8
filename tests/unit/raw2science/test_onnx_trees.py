"""Forests in ONNX: read as what they are, refused where they are anything else."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.forest import in_levels, score
from fink_assets.raw2science.models.onnx_trees import RefusedOnnxError, nodes_of_trees

STUMP = {
    "nodes_treeids": [0, 0, 0, 1],
    "nodes_nodeids": [0, 1, 2, 0],
    "nodes_modes": [b"BRANCH_LEQ", b"LEAF", b"LEAF", b"LEAF"],
    "nodes_featureids": [1, 0, 0, 0],
    "nodes_values": [2.5, 0.0, 0.0, 0.0],
    "nodes_truenodeids": [1, 0, 0, 0],
    "nodes_falsenodeids": [2, 0, 0, 0],
    "target_treeids": [0, 0, 1],
    "target_nodeids": [1, 2, 0],
    "target_ids": [0, 0, 0],
    "target_weights": [-0.5, 0.25, 1.0],
}


def varint(number):
    found = b""
    while number > 127:
        found, number = found + bytes([number & 127 | 128]), number >> 7
    return found + bytes([number])


def field(number, content):
    """One field of a protocol buffer: a number, a float, or what has a length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    if isinstance(content, float):
        return varint(number << 3 | 5) + struct.pack("<f", content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def attribute(name, values):
    kind = {int: 8, float: 7, bytes: 9}[type(values[0])]
    return field(1, name.encode()) + b"".join(field(kind, value) for value in values)


def written(trees, kind=b"TreeEnsembleRegressor", nodes=1):
    """Write a file as the converters of forests do."""
    node = b"".join(field(5, attribute(name, values)) for name, values in trees.items())
    node = field(1, b"X") + field(2, b"score") + field(4, kind) + node
    return field(1, 8) + field(7, field(1, node) * nodes + field(2, b"a forest"))


def test_a_row_gets_the_sum_of_the_weights_of_its_leaves():
    trees = in_levels(nodes_of_trees(written(STUMP)))
    assert score(np.array([[9, 2.5], [9, 2.6]]), trees).tolist() == [0.5, 1.25]


@settings(max_examples=20)
@given(st.integers(0, 9999))
def test_a_forest_is_read_as_it_was_written(seed):
    draw = np.random.default_rng(seed)
    found = {name: [] for name in STUMP}
    values = []

    def grow(tree, depth):
        here = sum(t == tree for t in found["nodes_treeids"])
        at = len(found["nodes_treeids"])
        row = (tree, here, b"LEAF", 0, 0.0, 0, 0)
        for name, value in zip(list(STUMP)[:7], row, strict=True):
            found[name].append(value)
        values.append([-1, 0.0, 0, 0, 0.0])
        if depth and draw.random() < 0.8:
            values[at][0], values[at][1] = int(draw.integers(3)), float(np.float32(draw.normal()))
            found["nodes_modes"][at] = b"BRANCH_LEQ"
            found["nodes_featureids"][at], found["nodes_values"][at] = values[at][:2]
            for side, name in ((2, "nodes_truenodeids"), (3, "nodes_falsenodeids")):
                child, values[at][side] = grow(tree, depth - 1)
                found[name][at] = child
        else:
            values[at][4] = float(np.float32(draw.normal()))
            target = (tree, here, 0, values[at][4])
            for name, value in zip(list(STUMP)[7:], target, strict=True):
                found[name].append(value)
        return here, at

    roots = [grow(tree, 4)[1] for tree in range(5)]
    read = nodes_of_trees(written(found))
    names = ("feature", "threshold", "left", "right", "value")
    for name, column in zip(names, zip(*values, strict=True), strict=True):
        branch = np.array(read["feature"]) >= 0
        chosen = branch if name in ("left", "right") else slice(None)
        np.testing.assert_array_equal(read[name][chosen], np.array(column)[chosen])
    assert read["roots"].tolist() == roots


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"nodes_modes": [b"BRANCH_LT", b"LEAF", b"LEAF", b"LEAF"]}, "not larger"),
        ({"target_ids": [0, 1, 0]}, "one output"),
        ({"nodes_nodeids": [1, 0, 2, 0]}, "order of trees"),
        ({"nodes_treeids": [0, 0, 1, 0]}, "order of trees"),
        ({"target_nodeids": [1, 1, 0]}, "one for each leaf"),
        ({"target_nodeids": [0, 2, 0]}, "one for each leaf"),
    ],
)
def test_trees_of_another_kind_are_refused(change, reason):
    with pytest.raises(RefusedOnnxError, match=reason):
        nodes_of_trees(written(STUMP | change))


@pytest.mark.parametrize("options", [{"kind": b"Gemm"}, {"nodes": 2}, {"nodes": 0}])
def test_any_other_graph_is_refused(options):
    with pytest.raises(RefusedOnnxError, match="not of one ensemble of trees"):
        nodes_of_trees(written(STUMP, **options))


@pytest.mark.parametrize(
    "content", [b"\xff" * 12, field(7, b"abc")[:-1], b"\x0f", b"PK not a buffer", b""]
)
def test_what_is_no_protocol_buffer_is_refused(content):
    with pytest.raises(RefusedOnnxError):
        nodes_of_trees(content)
