"""Alerts that were received, sorted by object: every row of raw, judged well or not, once."""

import pytest
from api_archive import packets, science_row, write_ztf
from deltalake import DeltaTable

from fink_assets.archive.received import Received
from fink_assets.lake import sorting
from fink_assets.lake.tables import Tables
from fink_assets.surveys import ZTF

COLUMNS = ("night", "batch", "alert_id", "object_id", "kafka", "ingested")


@pytest.fixture
def tables(tmp_path):
    """Of forty alerts in two batches half passed the cuts."""
    alerts = packets()[:40]
    for part in (alerts[:25], alerts[25:]):
        write_ztf(tmp_path, [science_row(p) for p in part[::2]], raw=part)
    return Tables("ztf", str(tmp_path))


def stored(table):
    rows = DeltaTable(table.address).to_pyarrow_table(columns=list(COLUMNS)).to_pylist()
    return sorted(rows, key=lambda row: row["alert_id"])


def test_it_has_the_alerts_of_raw_also_those_that_did_not_pass(tables):
    assert stored(tables.received) == stored(tables.raw)
    assert tables.science.count() < tables.received.count() == 40
    sorting.cluster(tables.received)
    assert stored(tables.received) == stored(tables.raw)


def test_nights_that_are_written_again_are_the_same(tables):
    before = stored(tables.received)
    DeltaTable(tables.received.address).delete("alert_id % 2 = 0")
    assert stored(tables.received) != before
    Received(survey=ZTF, tables=tables, spark=None).rebuild(sorted(tables.raw.nights()))
    assert stored(tables.received) == before
