"""What is learnt of writers, kept in a real Delta table."""

import messages
import pytest

from fink_assets.lake.contracts import Tables
from fink_assets.stream2raw.framing import container, fingerprint
from fink_assets.stream2raw.writers import Writers
from fink_assets.surveys import ZTF


@pytest.fixture
def writers(tmp_path):
    return Writers(ZTF, Tables("ztf", str(tmp_path)).writers)


def headers(*several):
    found = [message[: container(message).header] for message in several]
    return {fingerprint(header): header for header in found}


def problems(writers):
    return [writer.problem for writer in writers.known().values() if writer.problem]


def names(schema):
    return {field["name"] for field in schema["fields"]}


def test_before_the_first_message_nothing_is_known_and_a_packet_is_the_newest_one(writers):
    assert writers.known() == {}
    assert names(writers.reader({})) == names(messages.schema_of())


def test_what_is_learnt_is_known_to_the_next_who_looks(writers):
    first = headers(messages.message(1), messages.message(2, "3.3"))
    assert set(writers.learn(first, batch=0)) == set(writers.known()) == set(first)
    second = headers(messages.message(3, "3.1"))
    writers.learn(first | second, batch=1)
    assert list(writers.known()) == [*sorted(first), *second]
    assert {w.header for w in writers.known().values()} == {*first.values(), *second.values()}


def test_learning_again_writes_nothing(writers):
    new = headers(messages.message(1))
    writers.learn(new, batch=0)
    before = writers.table.log().version()
    writers.learn(new, batch=1)
    assert writers.table.log().version() == before


def test_the_fields_of_all_writers_are_in_the_packet(writers):
    for batch, field in enumerate("abc"):
        schema = messages.with_field(field, "int")
        writers.learn(headers(messages.message(1, schema=schema, **{field: 1})), batch=batch)
    assert {"a", "b", "c"} <= names(writers.reader(writers.known()))


def test_a_later_writer_must_fit_what_an_earlier_one_added(writers):
    for batch, kind in enumerate(["int", "string"]):
        value = 1 if kind == "int" else "x"
        schema = messages.with_field("score", kind)
        writers.learn(headers(messages.message(1, schema=schema, score=value)), batch=batch)
    assert problems(writers) == ["writer's schema: score: string is not int"]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (messages.foreign(), "not an alert of ZTF: no field objectId, candidate.jd"),
        (messages.compressed(), "codec deflate: only uncompressed containers are decoded"),
        (messages.unreadable(), "unreadable header: JSONDecodeError"),
        (
            messages.message(1, schema=messages.with_field("night", "string"), night="x"),
            "night: a column of raw itself",
        ),
        (
            messages.message(1, schema=messages.with_type("candid", "string"), candid="1"),
            "candid: string is not long",
        ),
    ],
)
def test_a_writer_that_cannot_be_decoded_is_kept_with_the_reason(writers, message, problem):
    writers.learn(headers(message), batch=0)
    (found,) = writers.known().values()
    assert found.schema is None
    assert found.problem.startswith(f"writer's schema: {problem}")
    assert names(writers.reader(writers.known())) == names(messages.schema_of())
