"""Read the trees of an ONNX file: its protocol buffer is walked, nothing of it is run.

One node of the kind `TreeEnsembleRegressor` with one output; any other graph is refused. Field
numbers are those of `onnx.proto` (ModelProto, GraphProto, NodeProto, AttributeProto).
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAPH, NODE, KIND, ATTRIBUTE = 7, 1, 4, 5
NAME, FLOATS, INTEGERS, WORDS = 1, 7, 8, 9
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5
ENSEMBLE = b"TreeEnsembleRegressor"


class RefusedOnnxError(ValueError):
    """An ONNX file that holds anything but one ensemble of trees with one output."""


def nodes_of_trees(content: bytes) -> dict[str, NDArray[Any]]:
    """Give the nodes of all trees in a row, as `astro.forest.in_levels` takes them.

    Parameters
    ----------
    content : bytes
        The file.

    Returns
    -------
    dict of array
        `feature` (-1 for a leaf), `threshold`, `left` (not larger), `right`, `value` (weight of a
        leaf, 0 elsewhere; single precision), `roots`.

    Raises
    ------
    RefusedOnnxError
        If it is another graph, or another kind of trees.
    """
    found = _attributes(_ensemble(content))
    leaf = np.array([word == b"LEAF" for word in found["nodes_modes"]])
    if set(found["nodes_modes"]) - {b"LEAF", b"BRANCH_LEQ"} or any(found["target_ids"]):
        raise RefusedOnnxError("not trees of `not larger` with one output")
    tree, number = (np.array(found[f"nodes_{name}ids"]) for name in ("tree", "node"))
    roots = np.flatnonzero(np.diff(tree, prepend=-1))
    first = np.repeat(roots, np.diff(np.append(roots, len(tree))))
    if (number != np.arange(len(tree)) - first).any() or len(set(tree[roots])) != len(roots):
        raise RefusedOnnxError("nodes that are not in the order of trees")
    value = np.zeros(len(tree), dtype=np.float32)
    owner = dict(zip(tree[roots].tolist(), roots.tolist(), strict=True))
    at = np.array([owner[t] for t in found["target_treeids"]]) + found["target_nodeids"]
    value[at] = found["target_weights"]
    if len(set(at.tolist())) != len(at) or not np.array_equal(np.sort(at), np.flatnonzero(leaf)):
        raise RefusedOnnxError("weights that are not one for each leaf")
    return {
        "feature": np.where(leaf, -1, found["nodes_featureids"]),
        "threshold": np.where(leaf, 0.0, found["nodes_values"]),
        "left": np.where(leaf, 0, np.array(found["nodes_truenodeids"]) + first),
        "right": np.where(leaf, 0, np.array(found["nodes_falsenodeids"]) + first),
        "value": value,
        "roots": roots,
    }


def _ensemble(content: bytes) -> bytes:
    """Give the only node of the graph, which must be an ensemble of trees."""
    graphs = [value for number, value in _fields(content) if number == GRAPH]
    nodes = [value for graph in graphs for number, value in _fields(graph) if number == NODE]
    kinds = [value for node in nodes for number, value in _fields(node) if number == KIND]
    if kinds != [ENSEMBLE]:
        raise RefusedOnnxError(f"a graph of {kinds}, not of one ensemble of trees")
    return bytes(nodes[0])


def _attributes(node: bytes) -> dict[str, list[Any]]:
    """Give the lists of numbers or words that a node has, by name."""
    found = {}
    for number, attribute in _fields(node):
        if number == ATTRIBUTE:
            parts = list(_fields(attribute))
            (name,) = [value.decode() for number, value in parts if number == NAME]
            found[name] = [value for number, value in parts if number in (INTEGERS, WORDS)]
            floats = b"".join(value for number, value in parts if number == FLOATS)
            found[name] += struct.unpack(f"<{len(floats) // 4}f", floats)
    return found


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Walk a protocol buffer: number and content of each field, numbers as they are written."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, place = _varint(message, place)
        elif kind in (FOUR_BYTES, EIGHT_BYTES):
            size = 4 if kind == FOUR_BYTES else 8
        else:
            raise RefusedOnnxError(
                f"a field of the kind {kind}, which protocol buffers do not have"
            )
        if place + size > len(message):
            raise RefusedOnnxError("a field that goes beyond the end")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise RefusedOnnxError("a number that does not end")
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
