"""Columns of values become the bytes that fastavro writes of the same records."""

import io

import fastavro
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.simulator.columns import Writer

SCHEMA = {
    "type": "record",
    "name": "row",
    "fields": [
        {"name": "whole", "type": "long"},
        {"name": "maybe_whole", "type": ["null", "int"]},
        {"name": "real", "type": ["null", "float"]},
        {"name": "exact", "type": "double"},
        {"name": "text", "type": ["string", "null"]},
        {"name": "yes", "type": ["null", "boolean"]},
        {"name": "fixed", "type": "string"},
        {"name": "unnamed", "type": ["null", "double"]},
        {"name": "zero", "type": "int"},
    ],
}
ROW = st.fixed_dictionaries(
    {
        "whole": st.integers(-(2**63), 2**63 - 1),
        "maybe_whole": st.none() | st.integers(-(2**31), 2**31 - 1),
        "real": st.none() | st.floats(width=32, allow_nan=False),
        "exact": st.floats(allow_nan=False),
        "text": st.none() | st.text(alphabet="abcxyz", max_size=100),
        "yes": st.none() | st.booleans(),
    }
)


def columns(rows):
    """Nulls of real numbers are NaN, others are hidden."""

    def hidden(name, blank, kind):
        values = [blank if row[name] is None else row[name] for row in rows]
        return np.ma.masked_array(np.array(values, kind), [row[name] is None for row in rows])

    return {
        "whole": np.array([row["whole"] for row in rows], dtype=np.int64),
        "maybe_whole": hidden("maybe_whole", 0, np.int64),
        "real": np.array([np.nan if r["real"] is None else r["real"] for r in rows]),
        "exact": np.array([row["exact"] for row in rows]),
        "text": hidden("text", "", "S100"),
        "yes": hidden("yes", False, bool),
        "fixed": "constant",
    }


@given(rows=st.lists(ROW, min_size=1, max_size=8))
def test_rows_are_what_fastavro_writes(rows):
    written = Writer(SCHEMA).rows(len(rows), columns(rows))
    parsed = fastavro.parse_schema(SCHEMA)
    for place, row in enumerate(rows):
        out = io.BytesIO()
        record = row | {"fixed": "constant", "unnamed": None, "zero": 0}
        fastavro.schemaless_writer(out, parsed, record)
        assert written.of(place, place + 1) == out.getvalue()
    assert written.of(0, len(rows)) == written.data


def test_no_rows_are_no_bytes():
    names = {"whole": np.zeros(0, np.int64), "real": np.zeros(0), "exact": np.zeros(0)}
    assert Writer(SCHEMA).rows(0, names).data == b""


def test_a_value_of_no_field_is_refused():
    import pytest

    with pytest.raises(KeyError, match="other"):
        Writer(SCHEMA).rows(1, {"other": 1})
