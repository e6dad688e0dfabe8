"""A table's transaction log, asked for again and again."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from fink_assets.lake.table import Table


@pytest.fixture
def table(lake):
    return Table(name="ztf/things", root=lake)


def written(table):
    write_deltalake(table.path, pa.table({"x": [1]}), mode="append")


def test_a_log_is_there_from_the_first_write_on(table):
    assert table.log() is None
    written(table)
    assert table.log().version() == 0


@pytest.mark.parametrize("kept_seconds", [0, 3600])
def test_a_log_asked_for_again_is_as_it_is_now(table, kept_seconds, monkeypatch):
    monkeypatch.setattr("fink_assets.lake.table.KEPT_SECONDS", kept_seconds)
    written(table)
    first = table.log()
    for version in (1, 2, 3):
        written(table)
        assert table.log().version() == version
    assert (table.log() is first) == (kept_seconds > 0)


def test_a_log_is_as_it_is_now_after_a_checkpoint_took_its_commits_away(table):
    written(table)
    table.log()
    for _ in range(3):
        written(table)
    DeltaTable(table.path).create_checkpoint()
    for version in range(3):
        (Path(table.path) / "_delta_log" / f"{version:020}.json").unlink()
    written(table)
    assert table.log().version() == 4
    assert table.count() == 5
