import itertools

import messages
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.stream2raw.schemas import (
    PROMOTIONS,
    IncompatibleSchemaError,
    lacking,
    merged,
    named,
    nullable,
)

READER = nullable(named(messages.schema_of()))
PRIMITIVES = ("boolean", "int", "long", "float", "double", "bytes", "string")


def record(**fields):
    return {
        "type": "record",
        "name": "r",
        "fields": [{"name": n, "type": t} for n, t in fields.items()],
    }


def reader_of(**fields):
    return nullable(named(record(**fields)))


def type_of(schema, path):
    for step in path.split("."):
        schema = next(b for b in schema if b != "null") if isinstance(schema, list) else schema
        schema = schema["items"] if schema["type"] == "array" else schema
        schema = next(b for b in schema if b != "null") if isinstance(schema, list) else schema
        schema = next(f["type"] for f in schema["fields"] if f["name"] == step)
    return schema


def leaves(schema, path=""):
    """Every field of a schema by its path."""
    branches = schema if isinstance(schema, list) else [schema]
    for branch in (b for b in branches if isinstance(b, dict)):
        if branch["type"] == "array":
            yield from leaves(branch["items"], path)
        for field in branch.get("fields", ()):
            inside = f"{path}.{field['name']}".strip(".")
            yield inside
            yield from leaves(field["type"], inside)


@pytest.mark.parametrize(
    "writer",
    [messages.schema_of(v) for v in ("3.1", "3.3", "4.02")] + [messages.other_names()],
    ids=["3.1", "3.3", "4.02", "other names"],
)
def test_packets_of_every_version_fit_the_raw_table_as_it_is(writer):
    assert merged(READER, named(writer)) == READER


def test_naming_by_path_makes_writers_alike_that_differ_in_names_only():
    assert nullable(named(messages.other_names())) == READER


def test_every_field_of_a_raw_packet_may_be_null():
    def check(schema):
        for field in schema["fields"]:
            assert field["type"][0] == "null"
            assert field["default"] is None
            for branch in field["type"][1:]:
                items = branch.get("items", branch) if isinstance(branch, dict) else branch
                for inner in items if isinstance(items, list) else [items]:
                    if isinstance(inner, dict) and "fields" in inner:
                        check(inner)

    check(READER)
    assert type_of(READER, "candidate.magpsf") == ["null", "float"]


def test_a_new_field_is_added_at_the_end_and_may_be_null():
    for path, place in (("", "score"), ("candidate", "candidate.score")):
        writer = messages.with_field("score", "double", path=path)
        found = merged(READER, named(writer))
        assert type_of(found, place) == ["null", "double"]
        assert set(leaves(found)) == {*leaves(READER), place}


def test_a_new_field_in_the_history_is_added_to_its_items():
    writer = messages.with_field("score", ["float", "null"], path="prv_candidates")
    found = merged(READER, named(writer))
    assert type_of(found, "prv_candidates.score") == ["null", "float"]


def test_a_new_record_is_added_whole():
    writer = messages.with_field("host", record(name="string", redshift=["null", "float"]))
    found = merged(READER, named(writer))
    assert type_of(found, "host.redshift") == ["null", "float"]


def test_a_new_field_that_holds_nothing_is_left_out():
    assert merged(READER, named(messages.with_field("void", "null"))) == READER


@given(old=st.sampled_from(PRIMITIVES), new=st.sampled_from(PRIMITIVES))
def test_a_type_is_accepted_exactly_if_avro_promotes_it(old, new):
    reader, writer = reader_of(a=old), named(record(a=new))
    if old == new or new in PROMOTIONS.get(old, ()):
        assert merged(reader, writer) == reader
    else:
        with pytest.raises(IncompatibleSchemaError, match=f"^a: {new} is not {old}$"):
            merged(reader, writer)


@pytest.mark.parametrize(
    ("writer", "problem"),
    [
        (messages.with_type("candid", "string"), "^candid: string is not long$"),
        (
            messages.with_type("magpsf", ["null", "string"], path="candidate"),
            r"^candidate\.magpsf: string is not float$",
        ),
        (
            messages.with_type("jd", "string", path="prv_candidates"),
            r"^prv_candidates\[\]\.jd: string is not double$",
        ),
        (messages.with_type("candidate", "int"), "^candidate: int is not .*record"),
    ],
)
def test_an_incompatible_type_is_named_with_its_path_and_both_types(writer, problem):
    with pytest.raises(IncompatibleSchemaError, match=problem):
        merged(READER, named(writer))


@pytest.mark.parametrize(
    ("name", "kind", "problem"),
    [
        ("objectid", "string", "objectid: differs from objectId by capital letters only"),
        ("hollow", record(), "hollow: a record without fields"),
        ("nulls", {"type": "array", "items": "null"}, r"nulls\[\]: holds nothing but null"),
        ("twins", record(a="int", A="int"), r"twins\.A: differs from a by"),
        ("a-b", "int", "'a-b' is not a name of a column"),
    ],
)
def test_a_new_field_that_no_table_can_hold_is_refused_instead_of_stopping_the_stream(
    name, kind, problem
):
    with pytest.raises(IncompatibleSchemaError, match=problem):
        merged(READER, named(messages.with_field(name, kind)))


@given(order=st.permutations(range(4)))
def test_no_field_is_lost_whatever_the_order_in_which_writers_are_learnt(order):
    writers = [
        messages.schema_of("3.3"),
        messages.with_field("first", "int"),
        messages.with_field("second", "string", version="3.3", path="candidate"),
        messages.with_field("third", record(a="int")),
    ]
    found = READER
    for number in order:
        found = merged(found, named(writers[number]))
    added = {"first", "candidate.second", "third", "third.a"}
    assert set(leaves(found)) == set(leaves(READER)) | added


def test_merging_a_writer_again_changes_nothing():
    writers = [
        named(messages.with_field("a", "int")),
        named(messages.with_field("b", record(c="int"))),
    ]
    once = merged(merged(READER, writers[0]), writers[1])
    for first, second in itertools.permutations(writers):
        assert merged(merged(once, first), second) == once


def test_references_to_a_record_are_resolved_with_and_without_its_namespace():
    inner = {"type": "record", "name": "stamp", "fields": [{"name": "x", "type": "int"}]}
    for reference in ("stamp", "ztf.stamp"):
        fields = [{"name": "a", "type": inner}, {"name": "b", "type": ["null", reference]}]
        outer = {"type": "record", "name": "alert", "namespace": "ztf", "fields": fields}
        found = named(outer)
        assert type_of(found, "b.x") == "int"
        assert found["fields"][1]["type"][1]["name"] == "alert_b"


def test_references_to_an_enumeration_are_resolved():
    kind = {"type": "enum", "name": "band", "symbols": ["g", "r"]}
    found = named(record(a=kind, b="band"))
    assert [f["type"]["symbols"] for f in found["fields"]] == [["g", "r"]] * 2


def test_an_unknown_type_is_named_with_its_path():
    with pytest.raises(IncompatibleSchemaError, match="alert_a: unknown type missing"):
        named(record(a="missing"))


def test_fields_that_an_alert_lacks_are_told():
    schema = named(messages.schema_of())
    assert lacking(schema, ["candid", "candidate.jd"]) == []
    assert lacking(schema, ["candidate.nothing", "candid.jd", "x"]) == [
        "candidate.nothing",
        "candid.jd",
        "x",
    ]
