"""What is learnt of writers, kept in a real Delta table."""

from dataclasses import replace

import messages
import pytest
from deltalake import DeltaTable, write_deltalake

from fink_assets.lake.tables import Tables
from fink_assets.stream2raw.framing import container, fingerprint
from fink_assets.stream2raw.writers import Writers
from fink_assets.surveys import ZTF
from fink_assets.surveys.base import UnknownSchemaError


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


class Ids:
    """A source of schemas by id that comes to know more, or is not there."""

    def __init__(self):
        self.known, self.there = {}, True

    def __call__(self, schema_id):
        if not self.there:
            raise ConnectionError("nobody answers")
        if schema_id not in self.known:
            raise UnknownSchemaError(f"unknown schema id {schema_id}")
        return self.known[schema_id]


@pytest.fixture
def ids():
    return Ids()


@pytest.fixture
def by_id(tmp_path, ids):
    survey = replace(ZTF, framing="confluent")
    return Writers(survey, Tables("ztf", str(tmp_path)).writers, ids)


def of_id(schema_id):
    header = b"\x00" + schema_id.to_bytes(4, "big")
    return {fingerprint(header): header}


def test_an_id_that_nobody_knows_is_a_problem_of_its_batch_until_a_later_one_brings_it(by_id, ids):
    by_id.learn(of_id(900), batch=3)
    assert problems(by_id) == ["writer's schema: unknown schema id 900"]
    ids.known[900] = messages.schema_of()
    by_id.learn(of_id(900), batch=5)
    (found,) = by_id.known().values()
    assert names(found.schema) == names(messages.schema_of())
    assert found.problem is None
    (then,) = by_id.known(up_to=4).values()
    assert then.problem == "writer's schema: unknown schema id 900"


def test_an_id_that_stays_unknown_is_written_once(by_id):
    by_id.learn(of_id(900), batch=0)
    before = by_id.table.log().version()
    by_id.learn(of_id(900), batch=1)
    assert by_id.table.log().version() == before


def test_a_source_that_does_not_answer_is_no_problem_of_the_writer(by_id, ids):
    ids.there = False
    with pytest.raises(ConnectionError):
        by_id.learn(of_id(900), batch=0)
    assert by_id.known() == {}
    ids.there, ids.known[900] = True, messages.schema_of()
    assert problems(by_id) == []
    by_id.learn(of_id(900), batch=0)
    assert names(by_id.reader(by_id.known())) == names(messages.schema_of())


def test_a_schema_of_something_else_is_refused_by_its_fields(by_id, ids):
    ids.known[7] = {"type": "record", "name": "weather", "fields": []}
    by_id.learn(of_id(7), batch=0)
    missing = "no field candid, objectId, candidate.jd"
    assert problems(by_id) == [f"writer's schema: not an alert of ZTF: {missing}"]


def test_the_name_of_a_writers_record_is_kept(by_id, ids):
    ids.known[900] = {**messages.schema_of(), "namespace": "lsst.v9_0", "name": "alert"}
    by_id.learn(of_id(900), batch=0)
    assert [w.name for w in by_id.known().values()] == ["lsst.v9_0.alert"]


def test_a_lake_from_before_names_were_kept_is_read_and_added_to(by_id, ids):
    ids.known = {1: messages.schema_of(), 2: messages.schema_of("3.3")}
    by_id.learn(of_id(1), batch=0)
    older = DeltaTable(by_id.table.path).to_pyarrow_table().drop_columns(["name"])
    write_deltalake(by_id.table.path, older, mode="overwrite", schema_mode="overwrite")
    by_id.learn(of_id(2), batch=1)
    assert [w.name for w in by_id.known().values()] == [None, "ztf.alert"]
