"""LSST messages under new identities: the same packet, but for the identifiers."""

import copy
import io

import fastavro
import lsst_messages as lsst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.simulator.avro import long_bytes, places
from fink_assets.simulator.lsst import (
    copies,
    look,
    message_of,
    other_object,
    other_sso,
    read_detection,
    written,
)
from fink_assets.simulator.sequence import first_id, nights, outgoing, repeated, waiting
from fink_assets.stream2raw.framing import FramingError
from fink_assets.surveys.base import UnknownSchemaError

pytestmark = pytest.mark.usefixtures("packets")

INT64 = st.integers(-(2**63), 2**63 - 1)
BODY = int.from_bytes(b"K13L24L", "big")


def alert(schema_id, **ids):
    """Alert in which every place that an identifier may be at has one."""
    found = copy.deepcopy(lsst.filled(schema_id))
    for name, value in ids.items():
        for part in parts(found, name):
            part[name] = value
    return found


def parts(packet, name):
    """Records of a packet, history included, that have a field."""
    top = [packet, *(value for value in packet.values() if isinstance(value, dict))]
    past = [p for v in packet.values() if isinstance(v, list) for p in v]
    return [part for part in (*top, *past) if name in part]


def expected(packet, source_id, object_id, sso_id):
    """Independent of the code: set by name what the places say by path."""
    found = copy.deepcopy(packet)
    for name in ("diaSourceId", "alertId"):
        if name in found:
            found[name] = source_id
    for part in ("diaSource", "ssSource"):
        if part in found and "diaSourceId" in found[part]:
            found[part]["diaSourceId"] = source_id
    for part in parts(found, "diaObjectId"):
        part["diaObjectId"] = object_id
    for part in parts(found, "ssObjectId"):
        part["ssObjectId"] = sso_id
    return found


@given(new=INT64, old=INT64, body=INT64, number=st.integers(1, 10_000))
def test_any_identifiers_change_and_nothing_else_does(new, old, body, number):
    packet = alert(1101, diaObjectId=old, ssObjectId=body)
    message = lsst.wire(packet, 1101)
    one, two = (
        other(i, number) if i else 0 for other, i in ((other_object, old), (other_sso, body))
    )
    found = lsst.unwire(copies(message)(new, number))
    assert found == expected(lsst.unwire(message), new, one, two)


@pytest.mark.parametrize("schema_id", lsst.USED)
def test_every_version_can_be_copied(schema_id):
    packet = alert(schema_id, diaObjectId=77, ssObjectId=BODY)
    message = lsst.wire(packet, schema_id)
    found = copies(message)(2**62, 3)
    assert found[:5] == message[:5]
    wanted = expected(lsst.unwire(message), 2**62, other_object(77, 3), other_sso(BODY, 3))
    assert lsst.unwire(found) == wanted


def test_a_shift_moves_every_time_of_an_alert_and_nothing_else():
    message = lsst.wire(alert(900, diaObjectId=77, ssObjectId=BODY), 900)
    before, after = lsst.unwire(message), lsst.unwire(copies(message, 10)(5, 0))
    moved = set()

    def compare(path, old, new):
        if isinstance(old, dict):
            for name in old:
                compare((*path, name), old[name], new[name])
        elif isinstance(old, list):
            for each in zip(old, new, strict=True):
                compare(path, *each)
        elif old != new and not path[-1].endswith("diaSourceId"):
            assert new == old + 10
            moved.add(".".join(path))

    compare((), before, after)
    assert {"diaSource.midpointMjdTai", "prvDiaSources.midpointMjdTai"} <= moved
    assert all(name.endswith("MjdTai") for name in moved)


def test_the_first_copy_keeps_its_object_and_body():
    message = lsst.wire(alert(900, diaObjectId=77, ssObjectId=BODY), 900)
    assert lsst.unwire(copies(message)(5, 0)) == expected(lsst.unwire(message), 5, 77, BODY)


@pytest.mark.parametrize("none", [None, 0])
def test_an_alert_without_object_or_body_gets_none(none):
    packet = lsst.sample(1101)
    packet["diaSource"] |= {"diaObjectId": none, "ssObjectId": none}
    packet["diaObject"] = packet["prvDiaSources"] = packet["prvDiaForcedSources"] = None
    found = lsst.unwire(copies(lsst.wire(packet, 1101))(5, 8))["diaSource"]
    assert (found["diaObjectId"], found["ssObjectId"]) == (none, none)


@pytest.mark.parametrize("others", [other_object, other_sso])
def test_copies_of_an_object_are_different_objects_of_64_bits(others):
    made = {others(BODY, number) for number in range(1, 10_000)}
    assert len(made) == 9_999
    assert BODY not in made
    assert all(0 < each < 2**63 for each in made)


def test_a_copy_of_a_body_is_spelt_as_a_packed_designation():
    for number in range(1, 1000):
        assert other_sso(BODY, number).to_bytes(8, "big").lstrip(b"\x00").decode().isalnum()


@given(INT64)
def test_a_long_is_written_as_avro_writes_it(value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", value)
    assert long_bytes(value) == out.getvalue()


def test_a_damaged_datum_has_no_places():
    datum = lsst.wire(lsst.filled(900), 900)[5:]
    for broken in (datum[:-1], datum + b"x", b"\xff" * 50):
        with pytest.raises(ValueError, match="datum"):
            places(broken, lsst.parsed(900), {"diaSourceId"})


def test_a_message_whose_arrays_state_their_sizes_is_copied_as_well():
    """Which writers may do; the sizes depend on the identifiers in the array."""
    packet = alert(900, diaObjectId=1)
    plain = lsst.wire(packet, 900)
    array = fastavro.parse_schema({"type": "array", "items": history_item(900)})
    out = io.BytesIO()
    fastavro.schemaless_writer(out, array, packet["prvDiaSources"])
    block = out.getvalue()[1:-1]
    number = len(packet["prvDiaSources"])
    stating = long_bytes(-number) + long_bytes(len(block)) + block + b"\x00"
    assert plain.count(out.getvalue()) == 1
    message = plain.replace(out.getvalue(), stating)
    assert copies(message)(9, 4) == copies(plain)(9, 4)


def history_item(schema_id):
    """Record of past detections, which is that of the detection."""
    fields = {field["name"]: field["type"] for field in lsst.packet_schema(schema_id)["fields"]}
    return fields["diaSource"]


@pytest.mark.parametrize("kind", ["named by its record", "stated by the alert"])
def test_a_container_is_sent_in_the_wire_format_of_its_version(kind):
    packet, schema = lsst.filled(900), lsst.packet_schema(900)
    if kind == "stated by the alert":
        version = {"name": "lsst_schema_version", "type": "string"}
        fields = [*schema["fields"], version]
        schema = {"type": "record", "name": "topLevelRecord", "fields": fields}
        packet |= {"lsst_schema_version": "lsst.v9_0"}
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema), [packet], codec="deflate")
    assert message_of(out.getvalue()) == lsst.wire(lsst.filled(900), 900)


def test_a_container_of_no_version_of_lsst_is_refused():
    out = io.BytesIO()
    fields = [{"name": "seeing_arcsec", "type": "double"}]
    schema = {"type": "record", "name": "weather", "fields": fields}
    fastavro.writer(out, schema, [{"seeing_arcsec": 1.9}])
    with pytest.raises(ValueError, match="lsst_schema_version"):
        message_of(out.getvalue())


@pytest.mark.parametrize("schema_id", lsst.USED)
def test_a_detection_is_read_without_what_follows_it(schema_id):
    packet = lsst.filled(schema_id)
    message = lsst.wire(packet, schema_id)
    found = read_detection(message)
    assert found == {name: lsst.unwire(message)[name] for name in found}
    assert list(found)[-1] == "diaSource"


def test_what_is_no_message_is_refused():
    with pytest.raises(FramingError):
        message_of(b"text")
    with pytest.raises(UnknownSchemaError):
        look(lsst.header(4242) + b"x")


@pytest.fixture
def folder(tmp_path):
    """Three alerts: a container, and two messages of an object, of the night after."""
    out = io.BytesIO()
    schema = fastavro.parse_schema(lsst.packet_schema(900))
    fastavro.writer(out, schema, [alert(900, diaObjectId=1)])
    (tmp_path / "c.avro").write_bytes(out.getvalue())
    for number, name in enumerate("ab"):
        packet = alert(1101, diaObjectId=2)
        packet["diaSource"]["midpointMjdTai"] = lsst.MJD + 1 + number / 24
        (tmp_path / f"{name}.avro").write_bytes(written(packet, 1101))
    return tmp_path


def test_alerts_wait_in_the_order_of_time_each_in_its_night(folder):
    found = nights(folder, survey="lsst")
    assert {n: [p.name for p in paths] for n, paths in found.items()} == {
        lsst.NIGHT: ["c.avro"],
        "2025-09-06": ["a.avro", "b.avro"],
    }


def test_alerts_sent_once_are_the_bytes_of_their_messages(folder):
    sent = list(outgoing(waiting(folder, survey="lsst"), survey="lsst"))
    assert sent[0].message == lsst.wire(alert(900, diaObjectId=1), 900)
    assert [s.message for s in sent[1:]] == [(folder / f"{n}.avro").read_bytes() for n in "ab"]


def test_repeats_count_up_from_the_first_identifier_and_share_objects(folder):
    alerts = waiting(folder, survey="lsst")
    sent = [lsst.unwire(o.message) for o in repeated(alerts, 9, used=100, survey="lsst")]
    first = first_id(alerts, survey="lsst")
    assert [p["diaSource"]["diaSourceId"] for p in sent] == list(range(first + 100, first + 109))
    objects = [p["diaObject"]["diaObjectId"] for p in sent]
    assert len(set(objects[:3])) == 3
    assert objects[3:6] == objects[6:9]
    assert len(set(objects)) == 6
