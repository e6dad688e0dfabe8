"""ADQL as the engine gets it: what is known is answered as a scan would, the rest is refused."""

import math

import pyarrow as pa
import pytest
from api_archive import packets, science_row, write_ztf
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import adql, tables, worker

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
def shown(archive):
    return tables.shown(archive)


@pytest.fixture(scope="module")
def ask(archive, shown):
    def ask(text, most_rows=10_000):
        query = adql.translated(text, shown, most_rows)
        own = {f"tap_schema_{noun}": t for noun, t in tables.about(shown).items()}
        return worker.rows(archive, query, most_rows, own)[0].to_pylist()

    return ask


@pytest.fixture(scope="module")
def latest(science):
    return {r["object_id"]: r for r in sorted(science, key=lambda r: r["time"])}


def test_columns_are_named_as_they_are_and_fields_of_structs_have_flat_names(ask, latest):
    found = ask("SELECT object_id, RA, candidate_magpsf, o.Dec AS delta FROM ztf.objects AS o")
    assert {row["object_id"] for row in found} == set(latest)
    for row in found:
        told = latest[row["object_id"]]
        assert (row["ra"], row["delta"]) == (told["ra"], told["dec"])
        assert row["candidate_magpsf"] == pytest.approx(told["candidate"]["magpsf"], rel=1e-6)


@pytest.mark.parametrize("circle", ["'ICRS', {ra}, {dec}, {r}", "{ra}, {dec}, {r}"])
@pytest.mark.parametrize("radius", [0.001, 1.0, 30.0])
def test_a_circle_has_the_objects_that_a_scan_finds(ask, latest, circle, radius):
    middle = next(iter(latest.values()))
    place = SkyCoord(middle["ra"], middle["dec"], unit="deg")
    apart = {
        n: place.separation(SkyCoord(r["ra"], r["dec"], unit="deg")).deg for n, r in latest.items()
    }
    region = circle.format(ra=middle["ra"], dec=middle["dec"], r=radius)
    for point in ("'ICRS', ra, dec", "ra, dec"):
        for form in ("1 = CONTAINS({p}, {c})", "CONTAINS({p}, {c}) = 1", "NOT CONTAINS({p},{c})=0"):
            inside = form.format(p=f"POINT({point})", c=f"CIRCLE({region})")
            found = ask(f"SELECT object_id FROM objects WHERE {inside}")
            assert {row["object_id"] for row in found} == {
                n for n, d in apart.items() if d <= radius
            }
    outside = ask(
        f"SELECT object_id, DISTANCE(POINT(ra, dec), POINT({middle['ra']}, {middle['dec']})) AS d "
        f"FROM objects WHERE 0 = CONTAINS(POINT(ra, dec), CIRCLE({region})) ORDER BY d"
    )
    assert {row["object_id"] for row in outside} == {n for n, d in apart.items() if d > radius}
    assert [row["d"] for row in outside] == sorted(row["d"] for row in outside)
    for row in outside:
        assert row["d"] == pytest.approx(apart[row["object_id"]], abs=1e-9)


def test_a_circle_about_a_fixed_place_has_a_box_by_which_files_are_skipped(shown):
    def statement(text):
        return adql.translated(text, shown, 10).statement

    where = "SELECT object_id FROM objects WHERE 1=CONTAINS(POINT(ra, dec), CIRCLE({}, 0.1))"
    assert " between " in statement(where.format("10, -20"))
    assert " between " not in statement(where.format("ra, -20"))


def test_rows_are_counted_grouped_and_ordered(ask, science):
    found = ask(
        "SELECT classification_label AS label, COUNT(*) AS n, MIN(candidate_magpsf) AS low, "
        "AVG(ra) FROM alerts WHERE candidate_fid IN (1, 2) AND NOT candidate_magpsf IS NULL "
        "GROUP BY classification_label HAVING COUNT(*) > 0 ORDER BY n DESC, 1"
    )
    of = {}
    for row in science:
        if row["candidate"]["fid"] in (1, 2):
            of.setdefault(row["classification"]["label"], []).append(row["candidate"]["magpsf"])
    assert {row["label"]: row["n"] for row in found} == {k: len(v) for k, v in of.items()}
    assert {row["label"]: row["low"] for row in found} == pytest.approx(
        {k: min(v) for k, v in of.items()}, rel=1e-6
    )
    assert list(found[0]) == ["label", "n", "low", "col_4"]


@pytest.mark.parametrize(
    "condition",
    [
        "object_id {} LIKE 'ZTF18%'",
        "object_id {} IN ('ZTF18aaaaaaa', 'ZTF21acobels')",
        "candidate_fid {} BETWEEN 1 AND 1",
    ],
)
def test_what_is_not_so_is_the_rest(ask, science, condition):
    found = [
        {row["alert_id"] for row in ask(f"SELECT alert_id FROM alerts WHERE {condition.format(n)}")}
        for n in ("", "NOT")
    ]
    assert found[0] | found[1] == {row["alert_id"] for row in science}
    assert not found[0] & found[1]
    assert all(found)


def test_tables_are_joined(ask, science):
    for join in (
        "JOIN alerts AS a ON a.alert_id = c.alert_id",
        "JOIN alerts a USING (alert_id)",
        "INNER JOIN ztf.alerts AS a ON c.alert_id = a.alert_id AND c.object_id = a.object_id",
        ", alerts AS a",
    ):
        more = "" if "alert_id" in join else " AND a.alert_id = c.alert_id"
        found = ask(
            f"SELECT c.alert_id, a.candidate_jd FROM classes AS c {join} "
            f"WHERE c.family = 'simbad' AND c.label = 'QSO'{more}"
        )
        assert {row["alert_id"]: row["candidate_jd"] for row in found} == {
            r["alert_id"]: r["candidate"]["jd"] for r in science
        }


def test_a_column_by_which_tables_are_joined_is_that_of_either(ask, science):
    """Of rows that only one table has, it is that table's, not null."""
    for side in ("LEFT", "RIGHT", "FULL"):
        found = ask(
            f"SELECT alert_id, c.label FROM classes AS c {side} OUTER JOIN alerts USING (alert_id) "
            "WHERE c.family = 'tns' OR c.label IS NULL OR c.family IS NOT NULL"
        )
        assert {row["alert_id"] for row in found} == {r["alert_id"] for r in science}
    missing = ask(
        "SELECT o.object_id AS of_object, s.alert_id FROM objects AS o "
        "LEFT JOIN sources AS s ON s.object_id = o.object_id AND s.band = 'nothing'"
    )
    assert all(row["alert_id"] is None for row in missing)


def test_times_are_compared_and_given_as_text(ask, science):
    middle = sorted(r["time"] for r in science)[len(science) // 2]
    found = ask(f"SELECT alert_id, time FROM alerts WHERE time > '{middle:%Y-%m-%dT%H:%M:%SZ}'")
    expected = {r["alert_id"] for r in science if r["time"] > middle.replace(microsecond=0)}
    assert {row["alert_id"] for row in found} == expected


def test_a_star_gives_every_column_that_is_shown(ask, shown):
    table = next(t for t in shown if t.noun == "classes")
    names = [c.name for c in table.columns.values()]
    assert list(ask("SELECT TOP 1 * FROM classes")[0]) == names
    both = ask("SELECT TOP 1 c.*, d.label FROM classes c JOIN classes d ON c.alert_id = d.alert_id")
    assert list(both[0]) == [*names, "label_2"]


def test_rows_end_with_top_or_with_the_most(ask, archive, shown):
    assert len(ask("SELECT TOP 3 alert_id FROM alerts")) == 3
    assert len(ask("SELECT alert_id FROM alerts", most_rows=2)) == 2
    assert len(ask("SELECT TOP 5 alert_id FROM alerts", most_rows=2)) == 2
    assert ask("SELECT TOP 0 alert_id FROM alerts") == []
    first = ask("SELECT TOP 4 alert_id FROM alerts ORDER BY alert_id")
    assert ask("SELECT TOP 2 alert_id FROM alerts ORDER BY alert_id OFFSET 2") == first[2:]
    for text, most, more in (
        ("SELECT alert_id FROM alerts", 2, True),
        ("SELECT TOP 2 alert_id FROM alerts", 2, False),
        ("SELECT TOP 2 alert_id FROM alerts", 3, False),
    ):
        query = adql.translated(text, shown, most)
        assert worker.rows(archive, query, most, {})[1] == more


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-2.5e1", -25.0),
        ("ABS(-3)", 3),
        ("MOD(7, 4)", 3),
        ("POWER(2, 10)", 1024),
        ("SQRT(9)", 3.0),
        ("LOG(2.718281828459045)", 1.0),
        ("LOG10(1000.0)", 3.0),
        ("EXP(0)", 1.0),
        ("PI()", math.pi),
        ("DEGREES(PI())", 180.0),
        ("ATAN2(1.0, 1.0)", math.pi / 4),
        ("ROUND(1.26, 1)", 1.3),
        ("FLOOR(-1.5)", -2.0),
        ("CEILING(1.2)", 2.0),
        ("UPPER('it''s')", "IT'S"),
        ("'a' || 'b'", "ab"),
        ("COALESCE(NULL, 4)", 4),
        ("CASE WHEN 1 > 2 THEN 'x' ELSE 'y' END", "y"),
        ("CAST('12' AS INTEGER)", 12),
        ("CAST(1 AS DOUBLE PRECISION)", 1.0),
        ("DISTANCE(0, 0, 90, 0)", 90.0),
        ("CONTAINS(POINT('ICRS', 0, 0), CIRCLE('ICRS', 0, 1, 2))", 1),
        ("'\\' || ';--'", "\\;--"),
    ],
)
def test_functions_and_signs_mean_what_adql_says(ask, value, expected):
    (row,) = ask(f"SELECT TOP 1 {value} AS v FROM objects")
    found = row["v"]
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT 1",
        "SELECT 1; DROP TABLE objects",
        "DROP TABLE objects",
        "DELETE FROM objects",
        "INSERT INTO objects VALUES (1)",
        "UPDATE objects SET ra = 1",
        "CREATE TABLE x AS SELECT * FROM objects",
        "COPY objects TO '/tmp/x'",
        "COPY (SELECT * FROM objects) TO '/tmp/x'",
        "SET a = 1",
        "EXPLAIN SELECT * FROM objects",
        "SELECT (SELECT 1) FROM objects",
        "SELECT * INTO x FROM objects",
        "SELECT * FROM ledger",
        "SELECT * FROM raw",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM lsst.objects",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_parquet('/etc/passwd')",
        "SELECT * FROM objects TABLESAMPLE SYSTEM (1)",
        "SELECT * FROM objects FOR UPDATE",
        "SELECT * FROM objects, LATERAL (SELECT 1) AS x",
        "SELECT nothing FROM objects",
        "SELECT kafka FROM alerts",
        "SELECT candidate FROM objects",
        "SELECT object_id FROM alerts a, objects o",
        "SELECT a.ra FROM objects o",
        "SELECT x.* FROM objects o",
        "SELECT version() FROM objects",
        "SELECT current_user FROM objects",
        "SELECT now() FROM objects",
        "SELECT random() FROM objects",
        "SELECT ROW_NUMBER() OVER (ORDER BY ra) FROM objects",
        "SELECT SUM(ra) OVER () FROM objects",
        "SELECT COUNT(*) FILTER (WHERE ra > 1) FROM objects",
        "SELECT ARRAY[1] FROM objects",
        "SELECT ra::json FROM objects",
        "SELECT CAST(ra AS JSON) FROM objects",
        "SELECT object_id -> 'a' FROM objects",
        "SELECT object_id ~ 'a' FROM objects",
        "SELECT $1 FROM objects",
        "SELECT @x FROM objects",
        "SELECT INTERVAL '1' DAY FROM objects",
        "SELECT repeat('a', 1000000000) FROM objects",
        "SELECT TOP -1 ra FROM objects",
        "SELECT TOP ra ra FROM objects",
        "SELECT ra FROM objects ORDER BY 2",
        "SELECT ra FROM objects LEFT JOIN alerts",
        "SELECT ra FROM objects NATURAL JOIN alerts",
        "SELECT o.ra FROM objects o JOIN alerts o ON o.ra = o.ra",
        "SELECT ra FROM objects WHERE 1 = CONTAINS(POINT('GALACTIC', ra, dec), CIRCLE(1, 2, 3))",
        "SELECT ra FROM objects WHERE 1 = CONTAINS(ra, dec)",
        "SELECT POINT(ra, dec) FROM objects",
        "SELECT ra FROM objects WHERE ra = 1e999",
        "SELECT ra FROM objects WHERE " + "(" * 5000 + "1=1" + ")" * 5000,
        "SELECT " + "ra + " * 4000 + "ra FROM objects",
        "SELECT ra FROM objects WHERE object_id = '" + "x" * 30_000 + "'",
        "SELECT ra FROM objects" + ", objects" * 10,
        "SELECT ra FROM objects WHERE object_id = '\x00'",
        "SELECT ra FROM objects /* not closed",
        "SELECT DISTINCT ON (ra) ra FROM objects",
        "SELECT ra FROM objects GROUP BY CUBE (ra)",
        "SELECT ra FROM objects GROUP BY ALL",
        "SELECT ra FROM ONLY objects",
    ],
)
def test_what_is_not_known_is_refused(ask, text):
    with pytest.raises(RequestError):
        ask(text)


def test_names_are_never_in_what_the_engine_reads_and_texts_never_syntax(shown):
    query = adql.translated(
        """SELECT ra AS "a"" from x; --" FROM objects AS "o"" x"
        WHERE object_id = 'x'' or 1=1 --'""",
        shown,
        10,
    )
    assert list(query.columns) == ['a" from x; --']
    assert "from x" not in query.statement
    assert 'o"' not in query.statement.replace('"ztf_objects"', "")
    assert "'x'' or 1=1 --'" in query.statement


WORDS = st.sampled_from(
    [
        *(
            "SELECT",
            "TOP",
            "3",
            "*",
            "FROM",
            "objects",
            "WHERE",
            "ra",
            "dec",
            ",",
            "(",
            ")",
            "=",
            "1",
        ),
        *(
            "AND",
            "OR",
            "NOT",
            "CONTAINS",
            "POINT",
            "CIRCLE",
            "ORDER",
            "BY",
            "GROUP",
            "COUNT",
            "'x'",
        ),
        *("JOIN", "alerts", "ON", "AS", "a", ".", "IN", "BETWEEN", "NULL", "IS", ";", "--", "CASE"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=20).map(" ".join), st.text(max_size=60)))
def test_any_text_is_a_query_or_refused(shown, text):
    try:
        query = adql.translated(text, shown, 10)
    except RequestError:
        return
    assert query.statement.startswith("select ")
    assert query.statement.count(";") == 0 or ";" in text


def test_the_tables_that_are_shown_are_told_in_tables(ask, shown):
    told = ask("SELECT table_name FROM TAP_SCHEMA.tables")
    assert {row["table_name"] for row in told} == {t.name for t in shown}
    columns = ask(
        "SELECT column_name, datatype, unit, ucd FROM tap_schema.columns "
        "WHERE table_name = 'ztf.objects' AND indexed = 1"
    )
    of = {row["column_name"]: row for row in columns}
    assert of["ra"] == {
        "column_name": "ra",
        "datatype": "double",
        "unit": "deg",
        "ucd": "pos.eq.ra;meta.main",
    }
    assert {row["schema_name"] for row in ask("SELECT schema_name FROM tap_schema.schemas")} == {
        "ztf",
        "tap_schema",
    }
    assert len(ask('SELECT "size" FROM tap_schema.columns')) > 10


def test_each_table_that_is_shown_can_be_read_whole(ask, shown):
    for table in shown:
        rows = ask(f"SELECT TOP 2 * FROM {table.name}")
        assert isinstance(rows, list), table.name
        if rows:
            assert pa.table({k: [v] for k, v in rows[0].items()}).num_columns == len(table.columns)
