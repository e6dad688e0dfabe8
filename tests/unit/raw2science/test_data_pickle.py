"""Pickles are read as data: what trained models need comes out, what would run does not."""

import collections
import contextlib
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.raw2science.models.arrays import NUMPY, TORCH, array, tensors
from fink_assets.raw2science.models.data_pickle import Name, RefusedPickleError, read

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text()
    | st.binary(max_size=9)
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def reading(content, names=()):
    return read(io.BytesIO(content), names)


@given(plain, st.sampled_from([3, 4, 5]))
def test_plain_values_come_out_as_they_went_in(value, protocol):
    assert reading(pickle.dumps(value, protocol)) == value


def test_pickles_in_a_row_are_read_one_by_one():
    file = io.BytesIO(pickle.dumps([1], 2) + pickle.dumps({"a": 2.5}, 2) + b"rest")
    assert [read(file), read(file), file.read()] == [[1], {"a": 2.5}, b"rest"]


class Runs:
    """Runs a command where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def test_a_pickle_that_runs_a_command_is_refused_and_runs_nothing(tmp_path):
    mark = tmp_path / "ran"
    for protocol in range(2, 6):
        content = pickle.dumps({"weights": [Runs(mark)]}, protocol)
        with pytest.raises(RefusedPickleError, match="posix system"):
            reading(content, {*TORCH, *NUMPY})
    assert not mark.exists()
    pickle.loads(content)
    assert mark.exists(), "the pickle is harmless, so the test proves nothing"


HOSTILE = {
    "old spelling of a call": b"cos\nsystem\n(S'true'\ntR.",
    "a class and its arguments": b"(ios\nsystem\n.",
    "a call of a number": b"\x80\x02K\x01)R.",
    "arguments that are no tuple": b"\x80\x02ccollections\nOrderedDict\nK\x01R.",
    "a state for a name": b"\x80\x02ccollections\nOrderedDict\n}b.",
    "items for a name": b"\x80\x02ccollections\nOrderedDict\n(U\x01aK\x01u.",
    "an extension": b"\x80\x02\x82\x01.",
    "a name made of parts": b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    "a name of a name": b"\x80\x04\x8c\x0bcollections\x8c\x16OrderedDict.__init__.x\x93.",
    "a persistent name in text": b"Pkey\n.",
    "nothing on the stack": b"\x80\x02a.",
    "a collection without a beginning": b"\x80\x02t.",
    "a memory without content": b"\x80\x02h\x07.",
    "keys that are no names": b"\x80\x02}K\x01K\x02s.",
    "no end": b"\x80\x02K\x01",
    "more than one value": b"\x80\x02K\x01K\x02.",
    "an empty file": b"",
    "no pickle": b"<html>not found</html>",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=list(HOSTILE))
def test_what_is_not_data_is_refused(content):
    with pytest.raises(RefusedPickleError):
        reading(content, TORCH)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content):
    with contextlib.suppress(RefusedPickleError):
        reading(b"\x80\x02" + content)


def test_a_name_that_is_expected_stays_a_name():
    assert reading(b"\x80\x02ccollections\nOrderedDict\n.", TORCH) == Name(
        "collections OrderedDict"
    )


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f8", ">f8", "<f4", "i8", "?", "u1"])
def test_arrays_of_numbers_come_out_as_they_went_in(kind, order):
    given_array = np.asarray(np.arange(6).reshape(2, 3), dtype=kind, order=order)
    found = array(reading(as_older_numpy(given_array), NUMPY))
    np.testing.assert_array_equal(found, given_array)
    assert found.dtype == given_array.dtype


def test_arrays_of_named_fields_come_out_as_they_went_in():
    given_array = np.array([(1, 2.5), (-3, 4.5)], dtype=[("left", "<i8"), ("threshold", "<f8")])
    np.testing.assert_array_equal(array(reading(as_older_numpy(given_array), NUMPY)), given_array)


def test_an_array_of_objects_is_refused():
    for values in (["text"], [Runs("x")]):
        given_array = np.empty(1, dtype=object)
        given_array[:] = values
        with pytest.raises(RefusedPickleError):
            array(reading(as_older_numpy(given_array), NUMPY))


def as_older_numpy(values):
    """Pickle an array as numpy did before 2, as models of that time are."""
    return pickle.dumps(values, 3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


class FloatStorage:
    """Stands for torch's class of this name."""


def rebuild(*arguments):
    """Stands for torch's function."""


class Tensor:
    def __init__(self, key, *, offset=0, shape=(2, 2), strides=(2, 1), storage=FloatStorage):
        self.persistent = ("storage", storage, key, "cuda:0", 6)
        self.rest = (offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return rebuild, (Stored(self.persistent), *self.rest)


class Stored:
    def __init__(self, identity):
        self.identity = identity


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.identity if isinstance(value, Stored) else None


def state(**tensors):
    """Pickle a state as torch does."""
    file = io.BytesIO()
    Pickler(file, 2).dump(collections.OrderedDict(tensors))
    here = __name__.encode()
    content = file.getvalue().replace(
        b"c" + here + b"\nrebuild\n", b"ctorch._utils\n_rebuild_tensor_v2\n"
    )
    return content.replace(b"c" + here + b"\nFloatStorage\n", b"ctorch\nFloatStorage\n")


NUMBERS = struct.pack("<6f", *range(6))


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as members:
        members.writestr("net/data.pkl", content)
        members.writestr("net/data/0", NUMBERS)
    return file.getvalue()


def in_a_row(content, *, magic=0x1950A86A20F9469CFC6C):
    head = [magic, 1001, {"protocol_version": 1001, "little_endian": True}]
    parts = [pickle.dumps(part, 2) for part in head]
    return b"".join([*parts, content, pickle.dumps(["0"], 2), struct.pack("<q", 6), NUMBERS])


@pytest.mark.parametrize("layout", [zipped, in_a_row])
def test_tensors_of_both_layouts_of_torch_come_out_by_name(layout):
    found = tensors(layout(state(a=Tensor("0"), b=Tensor("0", offset=4, shape=(2,), strides=(1,)))))
    assert {name: values.tolist() for name, values in found.items()} == {
        "a": [[0, 1], [2, 3]],
        "b": [4, 5],
    }


REFUSED = {
    "beyond its numbers": Tensor("0", offset=3),
    "before its numbers": Tensor("0", offset=-1),
    "with strides of its own": Tensor("0", strides=(0, 0)),
    "of other numbers": Tensor("0", storage=Runs),
    "that runs something": Runs("x"),
    "that is none": {"plain": 1},
}


@pytest.mark.parametrize("layout", [zipped, in_a_row])
@pytest.mark.parametrize("tensor", REFUSED.values(), ids=list(REFUSED))
def test_a_tensor_that_is_odd_is_refused(tensor, layout):
    with pytest.raises(RefusedPickleError):
        tensors(layout(state(a=tensor)))


def test_a_file_that_is_not_torch_s_is_refused():
    for content in (in_a_row(state(a=Tensor("0")), magic=1), in_a_row(pickle.dumps([1], 2))):
        with pytest.raises(RefusedPickleError):
            tensors(content)
