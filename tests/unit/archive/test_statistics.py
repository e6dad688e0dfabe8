"""Numbers of a night are those of its tables, however often they are counted."""

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fink_assets.archive.statistics import Statistics
from fink_assets.lake.contracts import STATISTICS
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.surveys import LSST, ZTF

NIGHT, NEXT = "2025-12-31", "2026-01-01"
TNS = pa.struct([("fullname", pa.string())])
VERSIONS = ("broker_version", "science_version")
OLD, NEW = ("0.1.0", "0.1.0+aaaaaaaa"), ("0.2.0", "0.2.0+bbbbbbbb")


def put(table, rows, **types):
    about = {"night": pa.string(), "batch": pa.int64(), "alert_id": pa.int64()}
    names = about | types
    found = pa.Table.from_pylist(
        [{**dict.fromkeys(names), "night": NIGHT, "batch": 0, **row} for row in rows],
        schema=pa.schema(list(names.items())),
    )
    write_deltalake(table.path, found, mode="append", partition_by=["night"], schema_mode="merge")


@pytest.fixture
def tables(lake):
    """A night of ZTF: alert 1 came twice, 4 fails two cuts, 9 is of a batch that is not judged."""
    made = Tables("ztf", lake)
    came = [1, 1, 2, 3, 4]
    writer = {"writer": {"version": "4.02"}}
    put(
        made.raw,
        [{"alert_id": n, **writer} for n in came] + [{"alert_id": 9, "batch": 1, **writer}],
        writer=pa.struct([("version", pa.string())]),
    )
    science = [
        (1, "A", 2459540.5, 500, "SN candidate", "SN 2025a"),
        (2, "A", 2459540.6, 500, "Unknown", None),
        (3, "B", 2459540.5, 501, None, None),
    ]
    kinds = {
        "object_id": pa.string(),
        "candidate": pa.struct([("jd", pa.float64()), ("field", pa.int32())]),
        "classification": pa.struct([("label", pa.string())]),
        "tns_transient": TNS,
        "provenance": pa.struct(
            [("broker_version", pa.string()), ("science_version", pa.string())]
        ),
    }
    put(
        made.science,
        [
            {
                "alert_id": number,
                "object_id": name,
                "candidate": {"jd": jd, "field": field},
                "classification": {"label": label},
                "tns_transient": {"fullname": known},
                "provenance": dict(zip(VERSIONS, OLD if number < 3 else NEW, strict=True)),
            }
            for number, name, jd, field, label, known in science
        ],
        **kinds,
    )
    put(
        made.quarantine,
        [{"alert_id": 4, "reasons": [{"rule": "bad_pixels"}, {"rule": "low_real_bogus"}]}],
        reasons=pa.list_(pa.struct([("rule", pa.string())])),
    )
    bands = {1: "g", 2: "r", 3: "g"}
    put(made.sources, [{"alert_id": n, "band": b} for n, b in bands.items()], band=pa.string())
    sent = [{"alert_id": 1, "filter": "early"}, {"alert_id": 1, "filter": "early"}]
    put(made.deliveries, sent, filter=pa.string())
    made.ledger.add_receipt("raw2science", 0, Receipt())
    return made


def stored(tables):
    found = tables.statistics.query("select * from it order by night").to_pylist()
    return [{k: dict(v) if isinstance(v, list) else v for k, v in row.items()} for row in found]


EXPECTED = {
    "night": NIGHT,
    "batch": 0,
    "received": 4,
    "passed": 3,
    "quarantined": 1,
    "objects": 2,
    "exposures": 2,
    "fields": 2,
    "bands": {"g": 2, "r": 1},
    "classes": {"SN candidate": 1, "Unclassified": 1, "Unknown": 1},
    "facts": {"in_tns": 1},
    "filters": {"early": 1},
    "reasons": {"bad_pixels": 1, "low_real_bogus": 1},
    "flags": {},
    "broker_versions": {"0.1.0": 2, "0.2.0": 1},
    "science_versions": {"0.1.0+aaaaaaaa": 2, "0.2.0+bbbbbbbb": 1},
    "schema_versions": {"4.02": 4},
}


def test_a_night_is_counted_alert_by_alert(tables):
    counted = Statistics(survey=ZTF, tables=tables)
    assert set(counted.replace([NIGHT, NEXT])) == {NIGHT}
    assert stored(tables) == [EXPECTED]
    assert list(stored(tables)[0]) == [c.name for c in STATISTICS]


def test_a_night_counted_again_has_one_row_and_leaves_the_others(tables):
    counted = Statistics(survey=ZTF, tables=tables)
    counted.replace([NIGHT])
    put(tables.raw, [{"alert_id": 5, "night": NEXT, "batch": 1}, {"alert_id": 6, "batch": 1}])
    tables.ledger.add_receipt("raw2science", 1, Receipt())
    counted.replace([NEXT])
    assert [row["night"] for row in stored(tables)] == [NIGHT, NEXT]
    assert stored(tables)[0] == EXPECTED
    counted.replace([NIGHT, NEXT])
    assert [row["received"] for row in stored(tables)] == [6, 1]


def test_a_table_of_before_there_were_versions_gets_their_columns(tables):
    first = pa.table({"night": ["2025-12-01"], "batch": [0]})
    write_deltalake(tables.statistics.path, first)
    Statistics(survey=ZTF, tables=tables).replace([NIGHT])
    old, new = stored(tables)
    assert (old["night"], old["schema_versions"]) == ("2025-12-01", None)
    assert new == EXPECTED


def test_a_night_of_which_nothing_passed_has_zeros(lake):
    tables = Tables("ztf", lake)
    put(tables.raw, [{"alert_id": 1}])
    tables.ledger.add_receipt("raw2science", 0, Receipt())
    (row,) = Statistics(survey=ZTF, tables=tables).replace([NIGHT]).values()
    assert (row["received"], row["passed"], row["quarantined"], row["objects"]) == (1, 0, 0, 0)
    assert stored(tables)[0]["classes"] == {}
    assert stored(tables)[0]["exposures"] is None


def test_a_night_without_alerts_has_no_row(lake):
    tables = Tables("ztf", lake)
    assert Statistics(survey=ZTF, tables=tables).replace([NIGHT]) == {}
    assert not tables.statistics.exists()


def test_flags_are_those_raised_and_not_all_alerts(lake):
    """Fink counts rows, whether the flag is raised or not."""
    tables = Tables("lsst", lake)
    kind = pa.struct([("isDipole", pa.bool_()), ("pixelFlags_cr", pa.bool_())])
    raised = [(1, True, None), (2, False, False), (3, True, False)]
    put(
        tables.raw,
        [
            {"alert_id": number, "diaSource": {"isDipole": dipole, "pixelFlags_cr": ray}}
            for number, dipole, ray in raised
        ],
        diaSource=kind,
    )
    tables.ledger.add_receipt("raw2science", 0, Receipt())
    (row,) = Statistics(survey=LSST, tables=tables).replace([NIGHT]).values()
    assert row["flags"] == {"isDipole": 2, "pixelFlags_cr": 0}
