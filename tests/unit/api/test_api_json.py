"""JSON, of which Arrow writes the images, reads back as what Python has of the same table."""

import json
import math

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.api import formats

FINITE = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    pa.float64(): FINITE,
    pa.float32(): st.floats(allow_nan=False, allow_infinity=False, width=32),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.bool_(): st.booleans(),
    pa.string(): st.text(st.characters(codec="utf-8"), max_size=8),
    pa.list_(pa.list_(pa.float64())): st.lists(
        st.lists(FINITE | st.none(), max_size=3), max_size=3
    ),
    pa.struct({"a": pa.float64()}): st.fixed_dictionaries({"a": FINITE}),
}


@st.composite
def tables(draw):
    number = draw(st.integers(0, 5))
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=5))
    names = draw(
        st.lists(
            st.text(st.characters(codec="utf-8"), max_size=5),
            min_size=len(kinds),
            max_size=len(kinds),
            unique=True,
        )
    )
    columns = [
        pa.array(draw(st.lists(VALUES[k] | st.none(), min_size=number, max_size=number)), k)
        for k in kinds
    ]
    return pa.table(columns, names=names)


def written(table):
    return json.loads(formats.written(table, "json")[0])


@given(tables(), st.integers(0, 2))
def test_every_value_is_read_back(table, start):
    for part in (table, table.slice(start)):
        assert written(part) == part.to_pylist()


def test_the_smallest_and_largest_pixels_are_exact():
    values = [5e-324, -1.7976931348623157e308, 0.1, math.pi, 1e22, 123456789.0]
    images = pa.array([[values], None], pa.list_(pa.list_(pa.float64())))
    read = written(pa.table({"x": images, "y": [1, 2]}))
    assert [repr(float(value)) for value in read[0]["x"][0]] == [repr(value) for value in values]
    assert read[1] == {"x": None, "y": 2}
