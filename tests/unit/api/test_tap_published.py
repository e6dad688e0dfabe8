"""Whatever is asked, the engine is given tables that are shown, or came along, and nothing else."""

import pyarrow as pa
import pytest
import sqlglot
from api_archive import packets, science_row, write_ztf
from api_tap import asking, uploaded
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import adql, tables

SECRET = "what no query may read"
MINE = pa.table({"ra": [1.0], "dec": [2.0], "object_id": ["x"]})
CALLED = {
    *("abs", "cos", "sin", "asin", "radians", "degrees", "pow", "sqrt", "least", "count", "max"),
    *("coalesce", "upper", "cast", "rownumber", "case", "if", "exists", "and", "or"),
}
"""Functions of the queries below, and those with which they are written."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    science = [science_row(p, classification={"label": "Unknown"}) for p in packets()]
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.fixture(scope="module")
def shown(archive):
    return [*tables.shown(archive), uploaded("mine", MINE)]


def mostly(known, strange):
    """Four of five are known, so that queries with several of them are answered too."""
    return st.integers(0, 4).flatmap(lambda k: st.sampled_from(known if k else strange))


TABLES = mostly(
    ["objects", "ztf.alerts", "TAP_UPLOAD.mine", "mine"],
    [
        *("q", "tap_schema.tables", "ledger", "raw", "ztf.science", "ztf.raw", "t0", "VALUES (1)"),
        *("'/etc/passwd'", '"/etc/passwd"', "'s3://a/b'", '"file:///etc/passwd"', "pg_class"),
        *("read_parquet('/etc/passwd')", "read_csv('/etc/passwd')", "parquet_scan('/x')"),
        *("information_schema.tables", "ztf_ledger", "tap_upload_other", '"ztf_objects"'),
        *("public.objects", "datafusion.public.objects", '"(select 1)"', "UNNEST(ARRAY[1])"),
        *("generate_series(1, 9)", "LATERAL (SELECT 1)"),
    ],
)
VALUES = mostly(
    [
        *("ra", "dec", "1", "ABS(ra)", "COALESCE(ra, 1)", "'a'' from ledger; --'"),
        *("CONTAINS(POINT(ra, dec), CIRCLE(1, 2, 3))", 'ra AS "a"" from ledger; --"'),
    ],
    [
        *("*", "COUNT(*)", "MAX(ra)", "UPPER(object_id)", "version()", "current_user"),
        *("read_text('/etc/passwd')", "input_file_name()", "pg_read_file('/etc/passwd')"),
        *("getenv('HOME')", '"c1"', '"t0"."ra"', "arrow_typeof(ra)", "file_path", "_metadata"),
        *("(SELECT ra FROM ledger)", "ztf_ledger.ra"),
    ],
)


def selects(inner):
    """Queries whose tables and conditions may be queries."""
    source = st.one_of(TABLES, st.builds("({}) AS d".format, inner))
    condition = st.one_of(
        st.just(""),
        st.builds(" WHERE ra > {}".format, VALUES),
        st.builds(" WHERE ra IN ({})".format, inner),
        st.builds(" WHERE EXISTS ({})".format, inner),
    )
    select = st.builds(
        "SELECT {} FROM {}{}{}".format,
        st.lists(VALUES, min_size=1, max_size=2).map(", ".join),
        source,
        st.one_of(st.just(""), TABLES.map(" CROSS JOIN {}".format)),
        condition,
    )
    both = st.builds(
        "{} {} {}".format,
        inner,
        st.sampled_from(["UNION", "UNION ALL", "EXCEPT", "INTERSECT ALL"]),
        inner,
    )
    return st.one_of(select, both, st.builds("WITH q AS ({}) {}".format, inner, inner))


PLAIN = st.builds("SELECT {} FROM {}".format, st.sampled_from(["ra", "dec AS ra"]), TABLES)
QUERIES = st.deferred(lambda: st.one_of(PLAIN, selects(QUERIES)))


@settings(max_examples=200, deadline=None)
@given(QUERIES)
def test_what_the_engine_reads_is_shown_or_came_along(shown, text):
    try:
        query = adql.translated(text, shown, 10)
    except RequestError:
        return
    known = {f"{table.schema}_{table.noun}": table for table in shown}
    assert query.tables == {name: known[name] for name in query.tables}
    (tree,) = sqlglot.parse(query.statement, read="postgres")
    assert isinstance(tree, exp.Query)
    read = {table.sql().split(" AS ")[0] for table in tree.find_all(exp.Table)}
    assert read <= {f'"{name}"' for name in query.tables}
    called = {
        node.name.lower() if isinstance(node, exp.Anonymous) else node.key
        for node in tree.find_all(exp.Func)
    }
    assert called <= CALLED
    assert query.columns


@pytest.mark.parametrize("place", ["'{}'", '"{}"', "read_csv('{}')", "csv.'{}'", "mine, '{}'"])
def test_a_file_beside_the_archive_is_not_read(archive, tmp_path, place):
    file = tmp_path / "secret.csv"
    file.write_text(f"ra\n{SECRET}\n")
    with pytest.raises(RequestError) as problem:
        asking(archive)(f"SELECT * FROM {place.format(file)}", mine=MINE)
    assert SECRET not in str(problem.value)


def test_tables_that_are_not_shown_are_not_read(archive):
    """They are there, and the engine could."""
    ask = asking(archive)
    listed = {row["table_name"] for row in ask("SELECT table_name FROM tap_schema.tables")}
    for noun in ("science", "ledger", "raw", "quarantine", "received"):
        assert f"ztf.{noun}" not in listed
        for name in (noun, f"ztf.{noun}", f"ztf_{noun}", f'"ztf_{noun}"', f"tap_upload.{noun}"):
            with pytest.raises(RequestError, match="There is no table"):
                ask(f"SELECT 1 FROM {name}")
