"""Fields of schemas, and what changed between those of two nights."""

import messages
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.stream2raw.schemas import named, nullable
from quality.drift import changes, fields, united

TYPES = st.frozensets(st.sampled_from(["int", "long", "float", "string"]), min_size=1)
NIGHTS = st.dictionaries(st.sampled_from("abcdef"), TYPES)
OPPOSITE = {"new": "missing", "missing": "new", "retyped": "retyped", "mixed": "mixed"}


def of_kind(kind, found):
    return {change.field for change in found if change.kind == kind}


def record(**types):
    return {
        "type": "record",
        "name": "alert",
        "fields": [{"name": name, "type": kind} for name, kind in types.items()],
    }


def test_fields_are_the_leaves_of_records_arrays_and_maps():
    inside = record(flux=["null", "float"])
    schema = record(
        id="long",
        now=["null", inside],
        past=["null", {"type": "array", "items": ["null", inside]}],
        tags={"type": "array", "items": "string"},
        by_band={"type": "map", "values": inside},
    )
    assert fields(schema) == {
        "id": "long",
        "now.flux": "float",
        "past[].flux": "float",
        "tags[]": "string",
        "by_band{}.flux": "float",
    }


def test_types_are_said_whatever_the_order_of_their_parts():
    schema = record(
        either=["string", "null", "int"],
        when={"type": "long", "logicalType": "timestamp-micros"},
        kind={"type": "enum", "name": "kind", "symbols": ["B", "A"]},
        digest={"type": "fixed", "name": "digest", "size": 16},
        any=["int", record(b="int", a={"type": "array", "items": "float"})],
        nothing=["null"],
    )
    assert fields(schema) == {
        "either": "int | string",
        "when": "timestamp-micros",
        "kind": "enum<A, B>",
        "digest": "fixed<16>",
        "any": "int | record<a: array<float>, b: int>",
        "nothing": "null",
    }


def test_that_all_may_be_null_and_how_records_are_called_changes_nothing():
    one = named(messages.schema_of("4.02"))
    assert fields(one) == fields(nullable(one)) == fields(named(messages.other_names()))
    assert len(fields(one)) > 150


def test_a_field_that_writers_send_differently_has_all_of_its_types():
    assert united([record(a="int", b="int"), record(a="long", c="int")]) == {
        "a": {"int", "long"},
        "b": {"int"},
        "c": {"int"},
    }


@given(NIGHTS)
def test_nothing_changes_from_a_night_to_itself(night):
    found = changes(night, night)
    assert {change.kind for change in found} <= {"mixed"}
    assert {change.field for change in found} == {f for f, types in night.items() if len(types) > 1}


@given(NIGHTS, NIGHTS)
def test_what_is_new_one_way_is_missing_the_other_way(one, other):
    there, back = changes(one, other), changes(other, one)
    assert of_kind("new", there) == of_kind("missing", back) == one.keys() - other.keys()
    for kind in ("new", "missing", "retyped", "mixed"):
        assert of_kind(kind, there) == of_kind(OPPOSITE[kind], back)
    assert {c.field: (c.now, c.before) for c in there} == {c.field: (c.before, c.now) for c in back}


@given(NIGHTS, NIGHTS)
def test_the_changes_lead_from_the_night_before_to_this_one(now, before):
    found = {change.field: change for change in changes(now, before)}
    again = {
        field: found[field].now if field in found else types for field, types in before.items()
    }
    again |= {field: change.now for field, change in found.items()}
    assert {field: types for field, types in again.items() if types} == now


@given(NIGHTS)
def test_the_first_night_has_no_changes(night):
    assert {change.kind for change in changes(night, None)} <= {"mixed"}
