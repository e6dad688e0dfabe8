"""Packets of the alerts that passed, read from a table written here."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.distribution.packets import reader
from fink_assets.lake.tables import Tables

KAFKA = pa.struct([("topic", pa.string()), ("partition", pa.int32()), ("offset", pa.int64())])
PACKET = pa.struct(
    [
        ("candidate", pa.struct([("jd", pa.float64()), ("new", pa.int32())])),
        ("stamp", pa.binary()),
        ("history", pa.list_(pa.field("element", pa.struct([("jd", pa.float64())])))),
    ]
)
OFFSETS = range(20)
BATCH = 3


def message(offset):
    return {"topic": "t", "partition": offset % 2, "offset": offset}


def packet(offset):
    return {
        "candidate": {"jd": offset + 0.5, "new": None},
        "stamp": bytes([offset]) * 9,
        "history": [{"jd": float(n)} for n in range(offset % 3)] or None,
    }


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Alerts of which each second came twice, and others of earlier batches."""
    table = Tables("ztf", str(tmp_path_factory.mktemp("lake"))).raw
    for batch in (0, BATCH):
        rows = [
            {
                "batch": batch,
                "alert_id": offset // 2,
                "kafka": message(offset),
                **(packet(offset) if batch else packet(0)),
                "candidate": {"jd": offset + 0.5},
            }
            for offset in OFFSETS
        ]
        types = {"kafka": KAFKA, "history": PACKET.field("history").type, "stamp": pa.binary()}
        columns = {name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]}
        write_deltalake(table.path, pa.table(columns), mode="append")
    later = pa.table({"batch": [BATCH + 1], "candidate": [{"jd": 1.0, "new": 7}]})
    write_deltalake(table.path, later, mode="append", schema_mode="merge")
    return table


def alerts(offsets):
    rows = [{"alert_id": o // 2, "kafka": message(o), "score": -o} for o in offsets]
    kind = pa.struct([("alert_id", pa.int64()), ("kafka", KAFKA), ("score", pa.int32())])
    return pa.RecordBatch.from_arrays([pa.array(rows, kind)], names=["s"])


@settings(max_examples=30)
@given(chosen=st.lists(st.lists(st.sampled_from(OFFSETS), unique=True), max_size=3))
def test_each_alert_gets_the_packet_of_its_own_message_in_its_place(raw, chosen):
    read = reader(raw, BATCH, PACKET)
    found = [row for rows in read(map(alerts, chosen)) for row in rows.to_pylist()]
    asked = [offset for offsets in chosen for offset in offsets]
    assert [row["s"] for row in found] == [
        {"alert_id": o // 2, "kafka": message(o), "score": -o} for o in asked
    ]
    # A field that the table got later is null.
    assert [row["r"] for row in found] == [packet(o) for o in asked]


def test_the_types_are_those_that_were_asked_for(raw):
    (rows,) = reader(raw, BATCH, PACKET)([alerts([4])])
    assert rows.schema.field("r").type == PACKET


def test_an_alert_whose_message_is_not_in_raw_is_no_silent_loss(raw):
    with pytest.raises(LookupError, match=r"ztf/raw: 1 alerts are not there, first .*'t', 1, 77"):
        list(reader(raw, BATCH, PACKET)([alerts([1, 77])]))
