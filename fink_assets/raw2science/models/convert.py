"""Turn published model files into plain arrays, and arrays into files that are the same anywhere.

One function per form of published model (`FORMS`). Nothing of the published code is imported or
run. Fetching the files belongs to `store`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fink_assets.astro.forest import in_levels
from fink_assets.raw2science.models import keras
from fink_assets.raw2science.models.arrays import NUMPY, array, tensors
from fink_assets.raw2science.models.data_pickle import Note, RefusedPickleError, read
from fink_assets.raw2science.models.onnx_trees import nodes_of_trees

Arrays = dict[str, NDArray[Any]]

FOREST = "sklearn.ensemble._forest RandomForestClassifier"
TREE = "sklearn.tree._tree Tree"
SKLEARN = (FOREST, TREE, "sklearn.tree._classes DecisionTreeClassifier", *NUMPY)


class UnexpectedModelError(ValueError):
    """A model file that is not of the form that is declared."""


def recurrent_network(files: Mapping[str, bytes], features: Sequence[str]) -> Arrays:
    """Read a network of SuperNNova: weights, and how inputs are scaled.

    Parameters
    ----------
    files : mapping of str to bytes
        ``model.pt``, ``cli_args.json``, ``data_norm.json`` by these names.
    features : sequence of str
        The inputs, in order; those that are scaled come first.

    Returns
    -------
    dict of array
        Torch's names of the weights; `minimum`, `mean`, `std` of the scaled features; `features`.
    """
    settings, scales = (json.loads(files[f"{n}.json"]) for n in ("cli_args", "data_norm"))
    _expect("features", settings["training_features"], list(features))
    for name, value in _NETWORK.items():
        _expect(name, settings[name], value)
    scaled = settings["training_features_to_normalize"]
    _expect("scaled features", scaled, list(features[: len(scaled)]))
    weights = {
        name.removeprefix("rnn_layer.").replace("output_layer.", "output_"): values
        for name, values in tensors(files["model.pt"]).items()
    }
    scaling = {
        name: np.array([scales[feature][key] for feature in scaled])
        for name, key in (("minimum", "min"), ("mean", "mean"), ("std", "std"))
    }
    return weights | scaling | {"features": np.array(features)}


_NETWORK = {
    "model": "vanilla",
    "layer_type": "lstm",
    "num_layers": 2,
    "bidirectional": True,
    "rnn_output_option": "mean",
    "norm": "global",
    "redshift": "none",
    "nb_classes": 2,
}


def forest(files: Mapping[str, bytes], features: Sequence[str]) -> Arrays:
    """Read a random forest with two classes that scikit-learn pickled.

    Parameters
    ----------
    files : mapping of str to bytes
        The pickle, whatever its name.
    features : sequence of str
        The inputs, in order; a forest trained on a frame states them, any other their number.

    Returns
    -------
    dict of array
        The nodes as `astro.forest.in_levels` arranges them, with the probability of the second
        class as `value`; `features`.
    """
    (content,) = files.values()
    found = read(io.BytesIO(content), SKLEARN)
    if not isinstance(found, Note) or found.maker != FOREST:
        raise RefusedPickleError("not a random forest")
    if "feature_names_in_" in found.state:
        _expect("features", found.state["feature_names_in_"].state[-1], list(features))
    _expect("number of features", found.state["n_features_in_"], len(features))
    _expect("classes", array(found.state["classes_"]).tolist(), [False, True])
    trees = [_tree(tree.state["tree_"]) for tree in found.state["estimators_"]]
    sizes = [len(tree["feature"]) for tree in trees]
    roots = np.cumsum([0, *sizes[:-1]]).astype(np.int32)
    for tree, root in zip(trees, roots, strict=True):
        for side in ("left", "right"):
            tree[side] = np.where(tree["feature"] < 0, 0, tree[side] + root).astype(np.int32)
    nodes = {name: np.concatenate([tree[name] for tree in trees]) for name in trees[0]}
    return in_levels(nodes | {"roots": roots}) | {"features": np.array(features)}


def _tree(note: Note) -> Arrays:
    if note.maker != TREE:
        raise RefusedPickleError("not a tree")
    nodes, counts = array(note.state["nodes"]), array(note.state["values"])[:, 0, :]
    leaf = nodes["left_child"] < 0
    return {
        "feature": np.where(leaf, -1, nodes["feature"]).astype(np.int8),
        "threshold": np.where(leaf, 0.0, nodes["threshold"]),
        "left": nodes["left_child"],
        "right": nodes["right_child"],
        "value": counts[:, 1] / counts.sum(axis=1),
    }


def forest_of_each_band(files: Mapping[str, bytes], features: Sequence[str]) -> Arrays:
    """Read an archive of two ensembles of trees in ONNX, ``forest_g_…`` and ``forest_r_…``.

    Parameters
    ----------
    files : mapping of str to bytes
        The archive (zip), whatever its name.
    features : sequence of str
        The inputs of both, in order.

    Returns
    -------
    dict of array
        The nodes as `astro.forest.in_levels` arranges them, each name with the band in the name of
        the file before it (``g_feature``); `features`.
    """
    (content,) = files.values()
    archive = zipfile.ZipFile(io.BytesIO(content))
    found: Arrays = {"features": np.array(features)}
    for band in "gr":
        (name,) = [n for n in archive.namelist() if n.startswith(f"forest_{band}_")]
        nodes = nodes_of_trees(archive.read(name))
        _expect("number of features", int(nodes["feature"].max()) + 1, len(features))
        found |= {f"{band}_{part}": values for part, values in in_levels(nodes).items()}
    return found


def keras_network(files: Mapping[str, bytes], features: Sequence[str]) -> Arrays:
    """Read a network of convolutions and LSTM that Keras wrote; see `keras`.

    Parameters
    ----------
    files : mapping of str to bytes
        The archive, whatever its name.
    features : sequence of str
        The inputs of each step, in order; Keras does not name them.

    Returns
    -------
    dict of array
        Weights as `astro.convolutional_recurrent` names them; `features`.
    """
    (content,) = files.values()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        declared = keras.expected(KERAS_STEPS, len(features), KERAS_CLASSES)
        _expect("layers", keras.described(archive), declared)
        return keras.weights(archive) | {"features": np.array(features)}


KERAS_STEPS, KERAS_CLASSES = 395, 5

FORMS: dict[str, Callable[[Mapping[str, bytes], Sequence[str]], Arrays]] = {
    "recurrent network": recurrent_network,
    "forest": forest,
    "forest of each band": forest_of_each_band,
    "convolutional recurrent network": keras_network,
}


def _expect(what: str, found: Any, expected: Any) -> None:
    if found != expected:
        raise UnexpectedModelError(f"{what}: {found} where {expected} is declared")


def packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write arrays as an npz file whose bytes depend on nothing but their names and values."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as members:
        for name in sorted(arrays):
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3  # else the bytes tell the operating system
            content = io.BytesIO()
            np.lib.format.write_array(
                content, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False
            )
            members.writestr(member, content.getvalue())
    return file.getvalue()


def unpacked(content: bytes) -> Arrays:
    """Read what `packed` has written; objects are refused."""
    with np.load(io.BytesIO(content), allow_pickle=False) as members:
        return {name: members[name] for name in members.files}
