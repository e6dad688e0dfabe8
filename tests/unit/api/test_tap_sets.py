"""UNION, EXCEPT, INTERSECT, WITH and queries in queries give what sets of rows in Python give."""

from collections import Counter

import pyarrow as pa
import pytest
from api_archive import packets, science_row, write_ztf
from api_tap import asking
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import adql, sets, tables

LABELS = ("SN candidate", "Unknown")


@pytest.fixture(scope="module")
def science():
    return [
        science_row(p, classification={"label": LABELS[k % 2]}, simbad={"main_type": "QSO"})
        for k, p in enumerate(packets())
    ]


@pytest.fixture(scope="module")
def archive(tmp_path_factory, science):
    return write_ztf(tmp_path_factory.mktemp("lake"), science)


@pytest.fixture(scope="module")
def ask(archive):
    return asking(archive)


ROWS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, None]), st.sampled_from(["x", None])), max_size=8
)
TYPES = pa.schema([("a", pa.int64()), ("s", pa.string())])


def table(rows):
    return pa.Table.from_pylist([{"a": a, "s": s} for a, s in rows], schema=TYPES)


@settings(max_examples=20, deadline=None)
@given(ROWS, ROWS, ROWS)
def test_sets_are_those_of_python(ask, one, other, third):
    """With ALL, rows are there as often as the standard says; null is null."""
    a, b, c = Counter(one), Counter(other), Counter(third)
    expected = {
        "x UNION ALL y": a + b,
        "x UNION y": Counter(set(one) | set(other)),
        "x EXCEPT y": Counter(set(one) - set(other)),
        "x EXCEPT ALL y": a - b,
        "x INTERSECT y": Counter(set(one) & set(other)),
        "x INTERSECT ALL y": a & b,
        "x UNION ALL y INTERSECT ALL z": a + (b & c),
        "(x UNION ALL y) INTERSECT ALL z": (a + b) & c,
        "x EXCEPT ALL y EXCEPT ALL z": a - b - c,
        "x EXCEPT ALL (y EXCEPT ALL z)": a - (b - c),
    }
    mine = {"x": table(one), "y": table(other), "z": table(third)}
    for form, wanted in expected.items():
        query = form
        for name in mine:
            query = query.replace(name, f"SELECT a, s FROM tap_upload.{name}")
        found = Counter((row["a"], row["s"]) for row in ask(query, **mine))
        assert found == wanted, form


def test_rows_of_a_set_are_ordered_and_cut_as_a_whole_and_top_is_of_one_select(ask, science):
    ras = sorted({r["ra"] for r in science})
    both = "SELECT ra AS x FROM alerts UNION SELECT ra FROM alerts ORDER BY {} OFFSET 2"
    for key in ("x", "1"):
        assert [row["x"] for row in ask(both.format(key))] == ras[2:]
    assert [row["x"] for row in ask(both.format("x DESC"))] == ras[::-1][2:]
    assert [row["x"] for row in ask(both.format("x"), most_rows=3)] == ras[2:5]
    top = ask("SELECT TOP 2 ra FROM alerts UNION ALL SELECT TOP 3 ra FROM alerts")
    assert len(top) == 5


def test_a_column_of_a_set_keeps_its_meaning_if_all_have_it(archive):
    shown = tables.shown(archive)
    same = adql.translated("SELECT ra FROM objects UNION SELECT ra FROM alerts", shown, 9)
    other = adql.translated("SELECT ra FROM objects UNION SELECT dec FROM alerts", shown, 9)
    assert (same.columns["ra"].unit, same.columns["ra"].ucd) == ("deg", "pos.eq.ra;meta.main")
    assert other.columns["ra"].ucd == ""


def test_a_query_with_a_name_is_a_table(ask, science):
    counts = Counter(row["object_id"] for row in science)
    found = ask(
        "WITH n (object, seen) AS (SELECT object_id, COUNT(*) FROM alerts GROUP BY object_id), "
        "many AS (SELECT object, seen FROM n WHERE seen > 1) "
        "SELECT o.object_id, m.seen FROM objects AS o JOIN many AS m ON m.object = o.object_id"
    )
    assert {row["object_id"]: row["seen"] for row in found} == {
        name: k for name, k in counts.items() if k > 1
    }
    hidden = ask("WITH objects AS (SELECT 1 AS x FROM ztf.objects) SELECT x FROM objects")
    assert {row["x"] for row in hidden} == {1}
    both = ask(
        "WITH q AS (SELECT object_id FROM objects) "
        "SELECT object_id FROM q EXCEPT SELECT object_id FROM q"
    )
    assert both == []


def test_a_query_stands_in_a_from_and_in_a_condition(ask, science):
    names = {row["object_id"] for row in science}
    label = {r["object_id"] for r in science if r["classification"]["label"] == LABELS[0]}
    inner = f"SELECT object_id FROM classes WHERE label = '{LABELS[0]}'"
    for condition, wanted in (
        (f"object_id IN ({inner})", label),
        (f"object_id NOT IN ({inner})", names - label),
        (f"EXISTS ({inner} AND classes.object_id = o.object_id)", label),
        (f"NOT EXISTS ({inner} AND classes.object_id = o.object_id)", names - label),
    ):
        found = ask(f"SELECT object_id FROM objects AS o WHERE {condition}")
        assert {row["object_id"] for row in found} == wanted, condition
    derived = ask(
        "SELECT q.n, COUNT(*) AS objects FROM "
        "(SELECT object_id, COUNT(*) AS n FROM alerts GROUP BY object_id) AS q GROUP BY q.n"
    )
    counts = Counter(Counter(row["object_id"] for row in science).values())
    assert {row["n"]: row["objects"] for row in derived} == counts


def test_a_name_of_a_column_may_be_anything_in_a_query_in_a_query(ask):
    (row,) = ask(
        """WITH q AS (SELECT MAX(ra) AS "a.b; "" --", MAX(dec) AS "c1" FROM objects)
        SELECT "a.b; "" --", "c1" FROM q"""
    )
    assert list(row) == ['a.b; " --', "c1"]
    assert row['a.b; " --'] > row["c1"]


def test_tables_that_are_joined_by_a_name_have_it_once(ask):
    left, right = table([(1, "x"), (2, "x")]), table([(2, "y"), (3, "y")])
    for side, wanted in (("", {2}), ("LEFT", {1, 2}), ("RIGHT", {2, 3}), ("FULL", {1, 2, 3})):
        query = f"SELECT * FROM tap_upload.l {side} JOIN tap_upload.r USING (a)"
        found = ask(query, l=left, r=right)
        assert {row["a"] for row in found} == wanted
        assert all(list(row) == ["a", "s", "s_2"] for row in found)


def test_a_query_that_would_read_tables_too_often_is_refused_before_it_runs(ask):
    """Names in names double what is read with each of them."""
    queries = ["q0 AS (SELECT ra FROM objects)"]
    queries += [f"q{k} AS (SELECT a.ra FROM q{k - 1} AS a, q{k - 1} AS b)" for k in range(1, 30)]
    with pytest.raises(RequestError, match=f"at most {sets.MOST_READ} tables"):
        ask(f"WITH {', '.join(queries)} SELECT COUNT(*) FROM q29")
    union = " UNION ".join(["SELECT ra FROM objects"] * (sets.MOST_READ + 1))
    with pytest.raises(RequestError, match="tables"):
        ask(union)
    assert ask(" UNION ".join(["SELECT ra FROM objects"] * sets.MOST_READ))


def test_a_long_row_of_conditions_is_no_deep_nest(ask, science):
    ids = [row["alert_id"] for row in science]
    listed = " OR ".join(f"alert_id = {n}" for n in (ids * 20)[:300])
    found = ask(f"SELECT alert_id FROM alerts WHERE {listed}")
    assert {row["alert_id"] for row in found} == set(ids)
    total = ask(f"SELECT TOP 1 {' - '.join(['1'] * 300)} AS v FROM objects")
    assert total == [{"v": -298}]
    with pytest.raises(RequestError, match="nested too deeply"):
        ask(f"SELECT {'ABS(' * 200}ra{')' * 200} FROM objects")
