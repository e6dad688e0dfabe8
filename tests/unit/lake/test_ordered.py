"""Rows are sorted however many they are, and however few may be in memory."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.lake import ordered

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = st.one_of(st.none(), st.sampled_from(["ZTF17a", "ZTF18b", "ZTF18c", "é"]))
ROWS = st.lists(st.tuples(NAMES, st.integers(0, 9)), max_size=200)


@pytest.fixture(autouse=True)
def _few_rows(monkeypatch):
    for name, number in {"PIECE": 4, "AT_ONCE": 6, "PARTS": 3, "BATCH": 3}.items():
        monkeypatch.setattr(ordered, name, number)


def table(rows):
    return pa.table(
        {
            "name": pa.array([name for name, _ in rows], pa.string()),
            "time": pa.array(
                [FIRST + timedelta(hours=hour) for _, hour in rows], pa.timestamp("us", "UTC")
            ),
            "number": pa.array(range(len(rows)), pa.int64()),
            "inner": pa.array([{"x": k} for k in range(len(rows))], pa.struct([("x", pa.int64())])),
        }
    )


def by_key(row):
    return row["name"] is None, row["name"] or "", row["time"]


def arranged(rows, columns, every=1, size=7):
    sample = ordered.keys(rows, columns).take(np.arange(0, len(rows), every))
    found = ordered.ordered(
        rows.to_batches(max_chunksize=size), columns, number=len(rows), sample=sample
    )
    return pa.Table.from_batches(found, rows.schema)


@settings(deadline=None)
@given(rows=ROWS, every=st.integers(1, 9), size=st.integers(1, 50))
def test_rows_come_in_the_order_of_their_keys_and_none_is_lost(rows, every, size):
    before = table(rows)
    after = arranged(before, ["name", "time"], every, size).to_pylist()
    assert [by_key(row) for row in after] == sorted(by_key(row) for row in before.to_pylist())
    assert sorted(after, key=lambda row: row["number"]) == before.to_pylist()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-400, 400), st.just(float("nan"))), st.floats(-90, 90)
        ),
        max_size=60,
    )
)
def test_places_on_the_sky_that_are_not_known_come_last(places):
    rows = pa.table(
        {
            "ra": pa.array([ra for ra, _ in places], pa.float64()),
            "dec": pa.array([dec for _, dec in places], pa.float64()),
        }
    )
    known = [
        ra is not None and bool(np.isfinite(ra))
        for ra in arranged(rows, ["ra", "dec"])["ra"].to_pylist()
    ]
    assert known == sorted(known, reverse=True)
    assert len(known) == len(places)


def test_pieces_of_the_sky_are_small_in_both_directions(monkeypatch):
    monkeypatch.setattr(ordered, "AT_ONCE", 10_000)
    chance = np.random.default_rng(1)
    rows = pa.table({"ra": chance.uniform(0, 360, 8192), "dec": chance.uniform(-90, 90, 8192)})
    found = arranged(rows, ["ra", "dec"], size=8192)
    spans = [
        (np.ptp(part["ra"].to_numpy()), np.ptp(part["dec"].to_numpy()))
        for part in (found.slice(start, 128) for start in range(0, 8192, 128))
    ]
    wide, high = np.median(spans, axis=0)
    assert wide < 120  # 64 pieces of equal number, were they strips, would be 360 degrees wide
    assert high < 60


def test_one_key_that_many_rows_have_is_not_divided_for_ever():
    rows = table([("ZTF18b", 3)] * 100)
    assert arranged(rows, ["name", "time"]).num_rows == 100
