import doctest
import json

import fastavro
import pytest

from fink_assets.surveys import ztf_packet
from fink_assets.surveys.ztf_packet import SCHEMA_FILE, VERSIONS, packet_schema, record_fields

RECORDS = ("ztf.alert", "ztf.alert.candidate", "ztf.alert.prv_candidate", "ztf.alert.cutout")


def unions(node):
    if isinstance(node, dict):
        for value in node.values():
            yield from unions(value)
    elif isinstance(node, list) and node and all(isinstance(x, dict) for x in node):
        for value in node:
            yield from unions(value)
    elif isinstance(node, list) and "null" in node:
        yield node


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schema_is_valid_avro(version):
    fastavro.parse_schema(packet_schema(version))
    assert packet_schema(version)["version"] == version


def test_the_schema_is_small_enough_to_travel_with_each_alert():
    assert SCHEMA_FILE.stat().st_size < 60_000
    assert len(json.dumps(packet_schema())) < 24_000


@pytest.mark.parametrize(
    ("record", "count"),
    [
        ("ztf.alert", 10),
        ("ztf.alert.candidate", 103),
        ("ztf.alert.prv_candidate", 57),
        ("ztf.alert.fp_hist", 29),
        ("ztf.alert.cutout", 2),
    ],
)
def test_each_record_has_all_fields_of_the_survey_s(record, count):
    assert len(record_fields(packet_schema(), record)) == count


def test_version_3_3_differs_only_by_forced_photometry():
    older, newer = packet_schema("3.3"), packet_schema()
    for record in RECORDS[1:]:
        assert record_fields(older, record) == record_fields(newer, record)
    names = [field["name"] for field in newer["fields"]]
    assert [field["name"] for field in older["fields"]] == [n for n in names if n != "fp_hists"]
    with pytest.raises(KeyError):
        record_fields(older, "ztf.alert.fp_hist")


def test_null_comes_first_since_version_4_and_last_before():
    assert {union.index("null") for union in unions(packet_schema("4.02"))} == {0}
    assert {union.index("null") for union in unions(packet_schema("3.3"))} == {1}


def test_every_field_of_the_detection_says_what_it_is():
    schema = packet_schema()
    candidate = next(f["type"] for f in schema["fields"] if f["name"] == "candidate")
    assert [field["name"] for field in candidate["fields"] if not field.get("doc")] == []


def test_changing_a_returned_schema_changes_no_other():
    packet_schema()["fields"].clear()
    assert packet_schema()["fields"]


def test_an_unknown_version_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"3\.3, 4\.02"):
        packet_schema("5.0")


def test_the_examples_hold():
    assert doctest.testmod(ztf_packet).failed == 0
