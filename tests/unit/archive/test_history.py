"""Upper limits and bad detections: what alerts tell of the past, each once, the good ones not."""

from datetime import UTC, datetime

import messages
import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from fink_assets.archive.history import History
from fink_assets.astro.time import time_of_jd
from fink_assets.lake import sorting
from fink_assets.lake.contracts import HISTORY
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.simulator.packet import read_container
from fink_assets.surveys import ZTF

JD = 2459541.75
KIND = pa.struct(
    [
        ("jd", pa.float64()),
        ("pid", pa.int64()),
        ("candid", pa.int64()),
        ("magpsf", pa.float32()),
        ("diffmaglim", pa.float32()),
        ("nbad", pa.int32()),
        ("rb", pa.float32()),
    ]
)


def limit(pid, days=1.0):
    return {"jd": JD - days, "pid": pid, "diffmaglim": 20.5}


def detection(pid, candid, *, nbad=0, rb=0.9, days=1.0):
    return {**limit(pid, days), "candid": candid, "magpsf": 18.0, "nbad": nbad, "rb": rb}


@pytest.fixture
def tables(lake):
    return Tables("ztf", lake)


@pytest.fixture
def came(tables):
    """Puts alerts into raw, and those that pass into science."""

    def write(*alerts, batch=0, passed=True, object_id="ZTF21aaaaaaa"):
        for number, history in alerts:
            row = {"night": "2021-11-23", "batch": batch, "alert_id": number}
            raw = pa.Table.from_pylist([row | {"object_id": object_id}]).append_column(
                "prv_candidates", pa.array([history], pa.list_(KIND))
            )
            write_deltalake(tables.raw.path, raw, mode="append", partition_by=["night"])
            science = pa.Table.from_pylist([row] if passed else [], schema=raw.schema)
            write_deltalake(tables.science.path, science, mode="append", partition_by=["night"])
        tables.ledger.add_receipt("raw2science", batch, Receipt())

    return write


@pytest.fixture
def history(tables):
    return History(survey=ZTF, tables=tables, spark=None, past=ZTF.past)


def stored(tables):
    found = DeltaTable(tables.history.path).to_pyarrow_table().to_pylist()
    return sorted((r["object_id"], r["exposure"], r["detection"], r["kind"]) for r in found)


A, B = "ZTF21aaaaaaa", "ZTF21bbbbbbb"


def test_what_is_no_good_detection_is_a_row_and_says_which(tables, came, history):
    came(
        (
            1,
            [
                limit(10),
                detection(11, 5),
                detection(12, 6, nbad=1),
                detection(13, 7, rb=0.5),
                detection(14, 8, rb=None),
            ],
        )
    )
    history.refresh(up_to_batch=0)
    assert stored(tables) == [
        (A, 10, 0, "upper limit"),
        (A, 12, 6, "bad quality"),
        (A, 13, 7, "bad quality"),
        (A, 14, 8, "bad quality"),
    ]


def test_a_row_has_the_time_of_its_exposure_and_its_element_as_sent(tables, came, history):
    came((1, [limit(10, days=327.5)]))
    history.refresh(up_to_batch=0)
    (row,) = DeltaTable(tables.history.path).to_pyarrow_table().to_pylist()
    assert row["time"] == time_of_jd(JD - 327.5) == datetime(2020, 12, 30, 18, tzinfo=UTC)
    assert (row["night"], row["year"], row["alert_id"]) == ("2020-12-30", "2020", 1)
    assert row["measurement"]["diffmaglim"] == 20.5
    assert row["measurement"]["magpsf"] is None
    assert set(row) == {c.name for c in HISTORY}


def test_what_several_alerts_repeat_is_there_once_of_each_object(tables, came, history):
    came((1, [limit(10), limit(11)]), (2, [limit(11), limit(11)]))
    came((3, [limit(11), limit(12)]), batch=1)
    came((4, [limit(11)]), batch=1, object_id=B)
    assert [history.refresh(up_to_batch=n) for n in (0, 1, 1)] == [1, 1, 0]
    found = [(name, exposure) for name, exposure, *_ in stored(tables)]
    assert found == [(A, 10), (A, 11), (A, 12), (B, 11)]
    history.take(after=-1, up_to=1)
    assert len(stored(tables)) == 4


def test_alerts_that_tell_nothing_new_move_the_position_all_the_same(tables, came, history):
    came((1, [limit(10)]))
    history.refresh(up_to_batch=0)
    came((2, [limit(10)]), batch=1)
    assert history.refresh(up_to_batch=1) == 1
    assert history.refresh(up_to_batch=1) == 0
    assert len(stored(tables)) == 1


def test_two_detections_of_one_exposure_are_two_rows(tables, came, history):
    came((1, [detection(10, 5, rb=0.1), detection(10, 6, rb=0.1)]))
    history.refresh(up_to_batch=0)
    assert [row[2] for row in stored(tables)] == [5, 6]


def test_an_alert_that_fails_the_cuts_tells_nothing(tables, came, history):
    came((1, [limit(10)]), passed=False)
    came((2, None), (3, []), batch=1)
    history.refresh(up_to_batch=1)
    assert stored(tables) == []
    assert tables.history.committed() == 1


def test_an_insert_rewrites_no_file_and_sorting_loses_no_row(tables, came, history):
    for batch in range(3):
        came((batch, [limit(10), limit(20 + batch)]), batch=batch)
        history.refresh(up_to_batch=batch)
    inserts = [h for h in tables.history.log().history() if h["operation"] == "WRITE"]
    assert [h["operationMetrics"]["num_removed_files"] for h in inserts] == [0, 0, 0]
    before = stored(tables)
    assert len(before) == 4
    assert sorting.cluster(tables.history) == 3
    assert stored(tables) == before


def test_the_histories_of_real_alerts_are_there_to_the_last_element(tables, history):
    packets = [read_container(message)[1] for message in messages.sample()]
    rows = [
        {"night": "2021-11-23", "batch": 0, "alert_id": p["candid"], "object_id": p["objectId"]}
        for p in packets
    ]
    told = pa.array([p["prv_candidates"] for p in packets])
    raw = pa.Table.from_pylist(rows).append_column("prv_candidates", told)
    for table in (tables.raw, tables.science):
        write_deltalake(table.path, raw, partition_by=["night"])
    tables.ledger.add_receipt("raw2science", 0, Receipt())
    history.refresh(up_to_batch=0)
    expected = {
        (
            packet["objectId"],
            entry["pid"],
            entry["candid"] or 0,
            "upper limit" if entry["magpsf"] is None else "bad quality",
        )
        for packet in packets
        for entry in packet["prv_candidates"] or ()
        if entry["magpsf"] is None or entry["nbad"] != 0 or not entry["rb"] >= np.float32(0.55)
    }
    assert stored(tables) == sorted(expected)
    assert len(expected) > 500


def test_a_night_judged_anew_adds_what_was_missing(tables, came, history):
    came((1, [limit(10)]), (2, [limit(11)]))
    history.refresh(up_to_batch=0)
    DeltaTable(tables.history.path).delete("exposure = 11")
    history.rebuild(["2021-11-23"])
    assert [row[1] for row in stored(tables)] == [10, 11]
