"""A query that is wrong is told so in its own words, never in those of the engine."""

import math
import re

import pyarrow as pa
import pytest
from api_archive import packets, science_row, write_ztf
from api_tap import asking

from fink_assets.api import formats
from fink_assets.api.errors import RequestError
from fink_assets.api.tap import engine, functions

OF_THE_ENGINE = re.compile(
    r"datafusion|arrow|planning|coercion|optimizer|utf8|int64|float64|external|internal"
    r"|schema error|delta|parquet|\bline \d+:|/|ztf_|tap_schema_|\bc\d+\b|\bt\d+\b"
    r"|traceback|duckdb",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    science = [science_row(p, classification={"label": "Unknown"}) for p in packets()]
    return asking(write_ztf(tmp_path_factory.mktemp("lake"), science))


WRONG = [
    ("SELECT objectid FROM objects", "no column objectid. Near to it: object_id"),
    ("SELECT o.rra FROM objects AS o", "no column o.rra. Near to it: ra"),
    ("SELECT x.ra FROM objects AS o", "no table in the query called x"),
    ("SELECT ra FROM object", "no table object. Near to it: objects"),
    ("SELECT ra FROM ztf.alert", "no table ztf.alert. Near to it: ztf.alerts"),
    ("SELECT zzz.objects.ra FROM ztf.objects", "no schema zzz"),
    ("SELECT object_id + 1 FROM objects", "object_id + 1 needs a number, and object_id is a text"),
    ("SELECT -object_id FROM objects", "-object_id needs a number"),
    ("SELECT ra FROM objects WHERE object_id = 5", "object_id a text and 5 a number"),
    ("SELECT ra FROM objects WHERE ra = 'abc'", "ra a number and 'abc' a text"),
    ("SELECT ra FROM objects WHERE ra IN (1, 'x')", "ra a number and 'x' a text"),
    ("SELECT ra FROM objects WHERE ra BETWEEN 'a' AND 'b'", "ra a number and 'a' a text"),
    ("SELECT ra FROM objects WHERE ra", "ra is a number, where a condition is needed"),
    ("SELECT ra FROM objects WHERE ra > 1 AND dec", "needs a condition, and dec is a number"),
    ("SELECT ra FROM objects WHERE last_time > '2020'", "'2020' is no time"),
    ("SELECT ra FROM objects WHERE last_time > 5", "last_time a time and 5 a number"),
    ("SELECT SQRT(object_id) FROM objects", "SQRT(object_id) needs a number"),
    ("SELECT UPPER(ra) FROM objects", "UPPER(ra) needs a text"),
    ("SELECT SUM(object_id) FROM objects", "SUM(object_id) needs a number"),
    ("SELECT ra || dec FROM objects", "CAST it to VARCHAR"),
    ("SELECT COALESCE(ra, 'x') FROM objects", "ra a number and 'x' a text"),
    ("SELECT last_time - first_time FROM objects", "needs a number"),
    ("SELECT CAST(object_id AS INTEGER) FROM objects", "a text is no number"),
    ("SELECT POWER(ra - ra, -1) FROM objects", "Zero is raised to a negative power"),
    ("SELECT ra FROM objects WHERE object_id LIKE 'Z!%' ESCAPE '!'", "ESCAPE is not there"),
    ("SELECT ra FROM objects WHERE object_id NOT LIKE 'Z!%' ESCAPE '!'", "ESCAPE is not there"),
    ("SELECT alerts / 0 FROM objects", "divided by zero"),
    ("SELECT MOD(alerts, 0) FROM objects", "divided by zero"),
    ("SELECT SQRRT(ra) FROM objects", "no function SQRRT. Near to it: sqrt"),
    ("SELECT REPEAT('a', 5) FROM objects", "no function REPEAT"),
    ("SELECT AREA(CIRCLE(1, 2, 3)) FROM objects", "no function AREA"),
    ("SELECT LOG10(1, 2) FROM objects", "LOG10 has 1 arguments, not 2"),
    ("SELECT object_id, COUNT(*) FROM objects", "object_id is neither in GROUP BY"),
    ("SELECT *, COUNT(*) FROM objects GROUP BY ra", "object_id is neither in GROUP BY"),
    ("SELECT ra FROM objects GROUP BY ra ORDER BY dec", "dec is neither in GROUP BY"),
    ("SELECT ra FROM objects WHERE COUNT(*) > 1", "use HAVING"),
    ("SELECT MAX(MIN(ra)) FROM objects", "an aggregate in an aggregate"),
    ("SELECT DISTINCT ra FROM objects ORDER BY dec", "DISTINCT"),
    ("SELECT ra FRM objects", "cannot be parsed in line 1, column 21, at objects"),
    ("SELECT ra FROM objects WHERE", "cannot be parsed"),
    ("SELECT FROM objects", "A SELECT needs columns, or *"),
    ("SELECT DISTINCT FROM objects", "A SELECT needs columns, or *"),
    ("SELECT TOP 5 FROM objects", "A SELECT needs columns, or *"),
    ("SELECT ra FROM objects WHERE EXISTS (SELECT FROM alerts)", "A SELECT needs columns"),
    ("SELECT ra, FROM objects", "nothing stands behind the comma in line 1, column 10"),
    ("SELECT ra,,dec FROM objects", "nothing stands behind the comma in line 1, column 10"),
    ("SELECT , ra FROM objects", "nothing stands before the comma in line 1, column 8"),
    ("SELECT TOP 5, ra FROM objects", "nothing stands before the comma"),
    ("SELECT ra FROM objects,", "nothing stands behind the comma"),
    ("SELECT ra FROM objects, WHERE ra > 1", "nothing stands behind the comma"),
    ("SELECT ra FROM objects GROUP BY ra,", "nothing stands behind the comma"),
    ("SELECT ra FROM objects\nORDER BY ra,", "behind the comma in line 2, column 12"),
    ("SELECT SQRT(ra,) FROM objects", "nothing stands behind the comma"),
    ("SELECT COALESCE(,ra) FROM objects", "nothing stands before the comma"),
    ("SELECT ra FROM objects WHERE ra IN (1,)", "nothing stands behind the comma"),
    ("SELECT ra FROM objects JOIN alerts USING (object_id,)", "nothing stands behind the comma"),
    ("WITH a AS (SELECT ra FROM objects), SELECT ra FROM a", "cannot be parsed"),
    ("SELECT ra FROM objects WHERE ra IN ()", "IN needs values"),
    ("SELECT ra\nFROM objects\nWHERE object_id = 'Z", "text that begins in line 3, column 19"),
    ('SELECT "ra FROM objects', "name in quotes that begins in line 1, column 8 has no end"),
    ("SELECT ra FROM objects /* 'x", "comment that begins in line 1, column 24 has no end"),
    ("SELECT ra FROM objects WHERE object_id = 'a''b' -- '\n AND x = 'y", "line 2, column 10"),
    ("SELECT ra FROM objects ORDER BY 5", "no column 5 in the result"),
    ("SELECT object_id FROM objects, alerts", "in several tables"),
    ("SELECT ra FROM objects UNION SELECT ra, dec FROM objects", "1 and 2 columns"),
    ("SELECT ra FROM objects EXCEPT SELECT object_id FROM objects", "a number and a text"),
    ("SELECT ra FROM objects UNION SELECT dec FROM objects ORDER BY d", "result called d"),
    ("WITH a AS (SELECT ra FROM objects) SELECT dec FROM a", "no column dec"),
    ("WITH RECURSIVE a AS (SELECT ra FROM a) SELECT ra FROM a", "RECURSIVE"),
    ("WITH a (x, y) AS (SELECT ra FROM objects) SELECT x FROM a", "has 1 columns"),
    ("SELECT ra FROM (SELECT ra FROM objects)", "needs a name"),
    ("SELECT ra FROM objects WHERE object_id IN (SELECT * FROM classes)", "has one column"),
    ("SELECT POINT(ra, dec) FROM objects", "POINT stands in CONTAINS"),
    ("SELECT CONTAINS(ra, dec) FROM objects", "ra is no region"),
    ("SELECT CONTAINS(POINT(1, 2), ELLIPSE(1, 2)) FROM objects", "ELLIPSE(1, 2) is no region"),
    ("SELECT CONTAINS(POINT('FK4', 1, 2), CIRCLE(1, 2, 3)) FROM objects", "ICRS, not FK4"),
    ("SELECT CONTAINS(POINT(1, 2), POLYGON(1, 2, 3, 4)) FROM objects", "three corners"),
    ("SELECT CONTAINS(POINT(1, 2), POLYGON(ra, 2, 3, 4, 5, 6)) FROM objects", "made of numbers"),
    ("SELECT CONTAINS(POINT(1, 2), BOX(1, 2, 3, 190)) FROM objects", "less than 178 degrees"),
    ("SELECT INTERSECTS(CIRCLE(1, 2, 3), BOX(1, 2, 3, 4)) FROM objects", "other pairs"),
    ("SELECT ra FROM objects WHERE ra > ALL (SELECT ra FROM alerts)", "not known here: ALL"),
]


@pytest.mark.parametrize(("query", "told"), WRONG, ids=[query for query, _ in WRONG])
def test_what_is_wrong_with_a_query_is_said_in_its_words(ask, query, told):
    with pytest.raises(RequestError) as problem:
        ask(query)
    assert told in str(problem.value)
    assert not OF_THE_ENGINE.search(str(problem.value).replace(query, ""))


@pytest.mark.parametrize(
    "said",
    [
        "Error during planning: Cannot coerce arithmetic expression Utf8 + Int64 to valid types",
        "External error: Parquet error: filter predicate: CastError('Cannot cast')",
        "Object at location /data/lake/ztf/objects/part-0.parquet not found",
        "Resources exhausted: Failed to allocate additional 1 GB for HashJoinInput[0]",
        "Arrow error: Arithmetic overflow: Overflow happened on: 9223372036854775807 + 1",
        "Physical plan does not support logical expression OuterReferenceColumn(Int64, t1.c1)",
        "Internal error: something in ztf_objects at /root/.cargo/registry/src/x.rs:12",
        "",
    ],
)
def test_whatever_the_engine_says_is_not_repeated(said):
    told = engine.told(ValueError(said))
    assert told.endswith(".")
    assert not OF_THE_ENGINE.search(told)


def test_memory_that_is_not_there_is_told_as_such():
    assert "memory" in engine.told(MemoryError())


@pytest.mark.parametrize("name", sorted({*functions.KNOWN} - {"cast", "coalesce"}))
def test_no_argument_of_a_function_is_left_out_without_a_word(ask, name):
    with pytest.raises(RequestError):
        ask(f"SELECT {name}({', '.join(['ra'] * 5)}) FROM objects")


@pytest.mark.parametrize(
    "value", ["SQRT(-1)", "SQRT(ra - 400)", "LOG(-1)", "LOG10(-1)", "ACOS(2)", "POWER(10, 400)"]
)
def test_a_function_outside_its_domain_is_null_and_ends_no_query(ask, value):
    (row,) = ask(f"SELECT TOP 1 {value} AS x FROM objects")
    assert row["x"] is None or not math.isfinite(row["x"])
    assert formats.cleaned(pa.table({"x": [row["x"]]}))["x"].null_count == 1
    if "SQRT" in value:
        assert ask(f"SELECT ra FROM objects WHERE {value} > 3 OR {value} < 3") == []


def test_square_roots_are_those_of_the_numbers_that_have_one(ask):
    assert ask("SELECT TOP 1 SQRT(2.25) AS x, SQRT(4) AS y, SQRT(0) AS z FROM objects") == [
        {"x": 1.5, "y": 2.0, "z": 0.0}
    ]
    some = {row["dec"] for row in ask("SELECT dec FROM objects")}
    found = {row["dec"] for row in ask("SELECT dec FROM objects WHERE SQRT(dec) > 3")}
    assert found == {dec for dec in some if dec > 9}
