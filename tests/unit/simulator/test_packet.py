from io import BytesIO
from pathlib import Path

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.simulator.packet import (
    copies,
    read_container,
    read_detection,
    sync_marker,
    write_container,
)
from fink_assets.stream2raw.framing import NOT_ONE_ALERT, SYNC_BYTES, FramingError
from fink_assets.surveys.ztf_packet import packet_schema, packet_schema_json

ALERTS = sorted((Path(__file__).parents[2] / "data" / "ztf").rglob("*.avro"))
INT64 = st.integers(-(2**63), 2**63 - 1)
SYNC = st.binary(min_size=SYNC_BYTES, max_size=SYNC_BYTES)
SMALL = {
    "type": "record",
    "name": "ztf.alert",
    "fields": [
        {"name": "publisher", "type": "string"},
        {"name": "candid", "type": "long"},
        {"name": "stamp", "type": ["null", "bytes"]},
    ],
}


def first_alert(version):
    messages = (path.read_bytes() for path in ALERTS)
    return next(m for m in messages if read_detection(m)["schemavsn"] == version)


def forced_photometry(jd):
    types = {f["name"]: f["type"] for f in packet_schema()["fields"]}["fp_hists"][1]["items"]
    blank = {f["name"]: None for f in types["fields"]}
    needed = {"fid": 1, "pid": 2, "rfid": 3, "programid": 1, "ranr": 10.0, "decnr": -5.0}
    return {**blank, **needed, "jd": jd, "forcediffimflux": 12.5}


@given(publisher=st.text(max_size=300), candid=INT64, stamp=st.none() | st.binary(max_size=300))
def test_what_is_written_is_read_again(publisher, candid, stamp):
    record = {"publisher": publisher, "candid": candid, "stamp": stamp}
    message = write_container(SMALL, record, sync=sync_marker("", candid))
    assert read_container(message) == (SMALL, record)


@given(candid=INT64, sync=SYNC)
def test_any_avro_reader_reads_a_written_message(candid, sync):
    record = {"publisher": "ZTF", "candid": candid, "stamp": b"x"}
    container = fastavro.reader(BytesIO(write_container(SMALL, record, sync=sync)))
    assert list(container) == [record]
    assert list(container.metadata) == ["avro.codec", "avro.schema"]


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_an_alert_written_again_has_the_same_bytes(path):
    message = path.read_bytes()
    _, record = read_container(message)
    text = packet_schema_json(record["schemavsn"])
    sync = sync_marker(text, record["candid"])
    assert write_container(text, record, sync=sync) == message


def test_one_count_and_one_size_stand_between_header_and_datum():
    sync = bytes(range(SYNC_BYTES))
    message = write_container(SMALL, {"publisher": "", "candid": 0, "stamp": None}, sync=sync)
    assert message.split(sync)[1:] == [b"\x02\x06" + b"\x00\x00\x00", b""]


@given(cut=st.integers(min_value=1, max_value=40_000))
@settings(max_examples=50)
def test_a_message_cut_short_is_refused(cut):
    message = ALERTS[0].read_bytes()
    with pytest.raises(FramingError):
        read_container(message[:-cut])


@pytest.mark.parametrize("junk", [b"", b"Obj\x01", b"{}", bytes(100)])
def test_what_is_no_container_is_refused(junk):
    with pytest.raises(FramingError):
        read_container(junk)


def test_a_container_of_two_alerts_is_refused():
    out = BytesIO()
    fastavro.writer(out, SMALL, [{"publisher": "", "candid": n, "stamp": None} for n in range(2)])
    with pytest.raises(FramingError, match=NOT_ONE_ALERT):
        read_container(out.getvalue())


def test_a_compressed_container_is_refused():
    out = BytesIO()
    record = {"publisher": "", "candid": 1, "stamp": None}
    fastavro.writer(out, SMALL, [record], codec="deflate")
    with pytest.raises(ValueError, match="codec deflate"):
        read_container(out.getvalue())


def test_what_is_no_alert_of_ztf_is_not_renamed():
    record = {"publisher": "", "candid": 1, "stamp": None}
    with pytest.raises(ValueError, match="not an alert of ZTF"):
        copies(write_container(SMALL, record, sync=sync_marker("", 1)))


@pytest.mark.parametrize("days", [0, 100])
def test_an_alert_whose_fields_another_program_put_in_another_order_is_copied_alike(days):
    message = first_alert("4.02")
    schema, alert = read_container(message)
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    fields = [{"name": name, "type": [kinds[name], "null"]} for name in ("candid", "objectId")]
    rest = [field for field in schema["fields"] if field["name"] not in ("candid", "objectId")]
    other = write_container({**schema, "fields": fields + rest}, alert, sync=bytes(16))
    for copy in (0, 3):
        found = read_container(copies(other, days)(77, copy))[1]
        assert found == read_container(copies(message, days)(77, copy))[1]


@pytest.mark.parametrize(("version", "other"), [("3.3", "ZTF17okbfvvd"), ("4.02", "ZTF22htvtmee")])
def test_renaming_changes_the_identity_and_nothing_else(version, other):
    message = first_alert(version)
    schema, before = read_container(message)
    copy = copies(message)(2**62, 3)
    new_schema, after = read_container(copy)
    assert new_schema == schema
    assert (after["candid"], after["candidate"]["candid"]) == (2**62, 2**62)
    assert after["objectId"] == other
    before["candidate"]["candid"] = before["candid"] = 2**62
    assert after == {**before, "objectId": other}


@pytest.fixture(scope="module")
def renamed():
    return copies(ALERTS[0].read_bytes())


@given(candid=INT64)
def test_any_64_bit_identifier_can_be_given(renamed, candid):
    message = renamed(candid, 0)
    alert = read_detection(message)
    assert alert["candid"] == alert["candidate"]["candid"] == candid
    assert alert["objectId"] == read_detection(ALERTS[0].read_bytes())["objectId"]


def test_two_names_give_two_markers_and_the_same_name_the_same_bytes():
    message = ALERTS[0].read_bytes()
    assert copies(message)(1, 0) == copies(message)(1, 0)
    assert copies(message)(1, 0)[-SYNC_BYTES:] != copies(message)(2, 0)[-SYNC_BYTES:]


def test_a_shift_moves_the_detection_and_its_whole_history():
    text = packet_schema_json("4.02")
    _, alert = read_container(first_alert("4.02"))
    alert["fp_hists"] = [forced_photometry(2460000.5), forced_photometry(2460001.5)]
    message = write_container(text, alert, sync=sync_marker(text, 5))
    _, moved = read_container(copies(message, 2.0)(5, 0))
    for name in ("jd", "jdstarthist", "jdendhist"):
        assert moved["candidate"][name] == alert["candidate"][name] + 2
    assert moved["candidate"]["jdstartref"] == alert["candidate"]["jdstartref"]
    for name in ("prv_candidates", "fp_hists"):
        assert [past["jd"] - 2 for past in moved[name]] == [past["jd"] for past in alert[name]]
        still = [{**past, "jd": 0} for past in moved[name]]
        assert still == [{**past, "jd": 0} for past in alert[name]]
