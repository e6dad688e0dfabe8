"""Read the weights of a Keras archive, if it is of the architecture that is known here.

An archive has a description of layers (JSON) and their weights (HDF5): data, of which nothing is
run. What is computed with them belongs to `astro.convolutional_recurrent`.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHANNELS, SQUEEZED = (64, 128, 256), (4, 8, 16)
UNITS = (50, 150)
AFFINE = ("_weight", "_bias")
NORMALISATION = ("_scale", "_offset", "_mean", "_variance")
SETTINGS = {
    "InputLayer": ("batch_input_shape",),
    "Conv1D": ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups"),
    "BatchNormalization": ("axis", "epsilon", "center", "scale"),
    "Activation": ("activation",),
    "Reshape": ("target_shape",),
    "Dense": ("units", "activation", "use_bias"),
    "LSTM": ("units", "activation", "recurrent_activation", "return_sequences", "go_backwards"),
    "LeakyReLU": ("alpha",),
    "Concatenate": ("axis",),
}
IN_TRAINING_ONLY = "Dropout"


def described(archive: zipfile.ZipFile) -> str:
    """Write what a network computes as one expression, from its outputs to its input."""
    network = json.loads(archive.read("config.json"))["config"]
    layers = {layer["name"]: layer for layer in network["layers"]}

    def written(name: str) -> str:
        layer = layers[name]
        inputs = [written(place[0]) for node in layer["inbound_nodes"] for place in node]
        if layer["class_name"] == IN_TRAINING_ONLY:
            return inputs[0]
        return f"{_kind(layer)}({', '.join(inputs)})"

    return ", ".join(written(place[0]) for place in network["output_layers"])


def _kind(layer: Mapping[str, Any]) -> str:
    kind, settings = layer["class_name"], layer["config"]
    if kind == "Bidirectional":
        return f"{settings['merge_mode']} {_kind(settings['layer'])}"
    return " ".join([kind, *(str(settings[name]) for name in SETTINGS.get(kind, ()))])


def expected(steps: int, features: int, classes: int) -> str:
    """Write what a network of the known architecture computes, as `described` does."""
    given = found = f"InputLayer [None, {steps}, {features}]()"
    for channels, squeezed in zip(CHANNELS, SQUEEZED, strict=True):
        found = f"Conv1D {channels} [2] [1] same [1] 1({found})"
        found = f"Activation swish(BatchNormalization [2] 0.001 True True({found}))"
        mean = f"Reshape [1, {channels}](GlobalAveragePooling1D({found}))"
        mean = f"Dense {channels} sigmoid False(Dense {squeezed} relu False({mean}))"
        found = f"Multiply({found}, {mean})"
    for units, whole in zip(UNITS, (True, False), strict=True):
        given = f"concat LSTM {units} tanh sigmoid {whole} False({given})"
    found = f"Concatenate -1({given}, GlobalMaxPooling1D({found}))"
    found = f"LeakyReLU 0.30000001192092896(Dense 176 linear True({found}))"
    return f"Dense {classes} softmax True({found})"


def weights(archive: zipfile.ZipFile) -> dict[str, NDArray[np.float32]]:
    """Give the weights, with the names that `astro.convolutional_recurrent` knows them by."""
    import h5py

    found = {}
    with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
        for name, (group, number) in _places().items():
            found[name] = np.asarray(file[f"layers/{group}/vars/{number}"], dtype=np.float32)
    return found


def _places() -> dict[str, tuple[str, int]]:
    """Where each weight is: Keras numbers layers of a kind, and the weights of a layer."""
    places: dict[str, tuple[str, int]] = {}

    def put(ours: str, group: str, parts: Sequence[str]) -> None:
        places.update({f"{ours}{part}": (group, number) for number, part in enumerate(parts)})

    for n in range(len(CHANNELS)):
        put(f"convolution{n}", _numbered("conv1d", n), AFFINE)
        put(f"normalisation{n}", _numbered("batch_normalization", n), NORMALISATION)
        put(f"squeeze{n}", _numbered("dense", 2 * n), ("",))
        put(f"excite{n}", _numbered("dense", 2 * n + 1), ("",))
    for n, way in product(range(len(UNITS)), ("forward", "backward")):
        group = f"{_numbered('bidirectional', n)}/{way}_layer/cell"
        put(f"lstm{n}_{way}", group, ("_weight", "_recurrent", "_bias"))
    put("hidden", _numbered("dense", 2 * len(CHANNELS)), AFFINE)
    put("output", _numbered("dense", 2 * len(CHANNELS) + 1), AFFINE)
    return places


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name
