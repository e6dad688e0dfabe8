"""A catalogue in the lake: written once per content, and what its history says."""

import numpy as np
import pytest
from typer.testing import CliRunner
from unit.catalogues.own import ROWS, declare, written

from fink_assets.catalogues.assets import definitions
from fink_assets.catalogues.build import ensure
from fink_assets.catalogues.table import publish, published_as, table_of
from fink_assets.cli import app
from fink_assets.raw2science.modules import catalogues as modules


@pytest.fixture
def catalogue(tmp_path, cache):
    made = declare(written(tmp_path))
    ensure(made)
    return made


def test_a_catalogue_is_a_delta_table_with_cells(catalogue, lake):
    done = publish(catalogue, lake)
    assert (done.rows, done.written, done.without_position) == (4, True, 0)
    found = done.table.query("select * from it where name = 'a'").to_pylist()
    assert found == [
        {
            "healpix_29": found[0]["healpix_29"],
            "ra": 10.0,
            "dec": 20.0,
            "name": "a",
            "redshift": 0.1,
            "number": 1,
        }
    ]
    assert found[0]["healpix_29"] >> 58 in range(12)
    about = {field.name: field.metadata for field in done.table.log().schema().fields}
    assert about["ra"]["unit"] == "deg"
    assert about["redshift"]["comment"] == "Redshift."
    assert done.table.name == "catalogues/mine"


def test_a_repeated_write_writes_nothing(catalogue, lake):
    publish(catalogue, lake)
    again = publish(catalogue, lake)
    assert not again.written
    assert again.table.log().version() == 0


def test_a_new_version_replaces_the_old_one_and_history_says_what_both_were(
    catalogue, tmp_path, lake
):
    first = publish(catalogue, lake)
    rows = ROWS.head(2).drop(columns="n")
    newer = declare(written(tmp_path, rows), version="2", columns=catalogue.columns[:2])
    ensure(newer)
    assert publish(newer, lake).rows == first.table.count() == 2
    said = published_as(table_of(newer, lake))
    assert (said["catalogue.version"], said["catalogue.licence"]) == ("2", "CC0-1.0")
    assert said["catalogue.reference"] == "me, 2026"
    assert said["catalogue.digest"] == newer.digest
    versions = [c["catalogue.version"] for c in first.table.log().history()]
    assert versions == ["2", "1"]


def test_the_asset_writes_the_table_and_shows_version_reference_and_licence(tmp_path, cache, lake):
    import dagster as dg

    catalogue = declare(written(tmp_path))
    defs = definitions([catalogue], lake)
    run = defs.resolve_job_def("catalogues").execute_in_process(
        instance=dg.DagsterInstance.ephemeral()
    )
    (event,) = run.asset_materializations_for_node("write_catalogues")
    assert event.asset_key.path == ["catalogues", "mine"]
    shown = {name: value.value for name, value in event.metadata.items()}
    assert shown["dagster/row_count"] == 4
    assert (shown["version"], shown["licence"]) == ("1", "CC0-1.0")
    assert table_of(catalogue, lake).count() == 4


def test_the_command_writes_what_is_there_and_names_what_is_missing(
    tmp_path, cache, lake, monkeypatch
):
    from dataclasses import replace

    file = written(tmp_path)
    there = declare(file)
    absent = replace(there, name="absent", files=(replace(there.files[0], path="gone.csv"),))
    monkeypatch.setattr(modules, "catalogues_of", lambda _: (there, absent))
    monkeypatch.setenv("FINK_LAKE_ROOT", lake)
    answer = CliRunner().invoke(app, ["catalogues"])
    assert answer.exit_code == 1
    assert "absent is missing: absent: put the file at" in answer.output.replace("\n", " ")
    assert np.array_equal(table_of(there, lake).count(), 4)
    monkeypatch.setattr(modules, "catalogues_of", lambda _: (there,))
    again = CliRunner().invoke(app, ["catalogues"])
    assert (again.exit_code, "already there" in again.output) == (0, True)
