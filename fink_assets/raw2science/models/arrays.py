"""Find the arrays in what pickles of torch and numpy hold, as read by `data_pickle`.

Both layouts of torch's files; numpy's arrays with numbers or named fields. Which arrays a model
consists of belongs to `convert`.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fink_assets.raw2science.models.data_pickle import (
    PERSISTENT,
    Name,
    Note,
    RefusedPickleError,
    read,
)

ORDERED = "collections OrderedDict"
TENSOR = "torch._utils _rebuild_tensor_v2"
STORAGE = "torch FloatStorage"
TORCH = (ORDERED, TENSOR, STORAGE)

ARRAY, DTYPE = "numpy.core.multiarray _reconstruct", "numpy dtype"
NUMPY = (ARRAY, DTYPE, "numpy ndarray", "numpy.core.multiarray scalar")

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
_KINDS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}


def tensors(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Give the tensors of a state that torch saved, by name.

    Parameters
    ----------
    content : bytes
        The file: a zip archive (torch from 1.6), or five pickles followed by the numbers.

    Raises
    ------
    RefusedPickleError
        If it holds anything but tensors of single precision.
    """
    state, storages = _from_zip(content) if content[:2] == b"PK" else _from_pickles(content)
    if not isinstance(state, Note) or state.maker != ORDERED:
        raise RefusedPickleError("not a state of named tensors")
    return {name: _tensor(note, storages) for name, note in state.items.items()}


Storages = Callable[[str], NDArray[np.float32]]


def _from_zip(content: bytes) -> tuple[Any, Storages]:
    members = zipfile.ZipFile(io.BytesIO(content))
    (index,) = [n for n in members.namelist() if n.endswith("/data.pkl")]
    folder = index.removesuffix("/data.pkl")
    state = read(io.BytesIO(members.read(index)), TORCH)
    return state, lambda key: np.frombuffer(members.read(f"{folder}/data/{key}"), "<f4")


def _from_pickles(content: bytes) -> tuple[Any, Storages]:
    file = io.BytesIO(content)
    if (read(file), read(file)) != (_MAGIC, _PROTOCOL) or not read(file)["little_endian"]:
        raise RefusedPickleError("not a file of torch")
    state, keys = read(file, TORCH), read(file)
    storages = {}
    for key in keys:
        count = int.from_bytes(file.read(8), "little")
        storages[key] = np.frombuffer(file.read(4 * count), "<f4", count)
    return state, storages.__getitem__


def _tensor(note: Any, storages: Storages) -> NDArray[np.float32]:
    if not isinstance(note, Note) or note.maker != TENSOR:
        raise RefusedPickleError("not a tensor")
    storage, offset, shape, strides, *_ = note.arguments
    if not isinstance(storage, Note) or storage.maker != PERSISTENT:
        raise RefusedPickleError("a tensor without its numbers")
    kind, of, key, *_ = storage.arguments
    if (kind, of) != ("storage", Name(STORAGE)):
        raise RefusedPickleError("a tensor of other numbers than single precision")
    numbers, count = storages(key), math.prod(shape)
    in_order = tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))
    if strides != in_order or offset < 0 or offset + count > len(numbers):
        raise RefusedPickleError("a tensor beyond its numbers")
    return numbers[offset : offset + count].reshape(shape)


def array(note: Any) -> NDArray[Any]:
    """Give an array of numbers, or of named fields of numbers, that numpy pickled.

    Raises
    ------
    RefusedPickleError
        If it is anything else, such as an array of objects.
    """
    if not isinstance(note, Note) or note.maker != ARRAY:
        raise RefusedPickleError("not an array")
    _, shape, kind, by_columns, content = note.state
    if not isinstance(content, bytes):
        raise RefusedPickleError("an array of objects")
    numbers = np.frombuffer(content, _dtype(kind))
    return numbers.reshape(shape, order="F" if by_columns else "C")


def _dtype(note: Any) -> np.dtype[Any]:
    if not isinstance(note, Note) or note.maker != DTYPE:
        raise RefusedPickleError("not a type of numbers")
    code, (_, order, _, names, fields, size, *_) = note.arguments[0], note.state
    if names:
        parts = [fields[name] for name in names]
        return np.dtype(
            {
                "names": list(names),
                "formats": [_dtype(kind) for kind, *_ in parts],
                "offsets": [offset for _, offset, *_ in parts],
                "itemsize": size,
            }
        )
    if code not in _KINDS:
        raise RefusedPickleError(f"an array of {code}, which is not a kind of number")
    return np.dtype(code).newbyteorder(order if order in "<>" else "=")
