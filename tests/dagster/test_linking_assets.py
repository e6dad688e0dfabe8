"""Linking in Dagster: a night's run says what it found and which nights it left out."""

import dagster as dg
import pytest
from orbits import bodies, by_night, come, detections, exposures

from fink_assets.lake.describe import key
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.assets import trajectory_assets
from fink_assets.solar_system.kept import rows_of
from fink_assets.solar_system.trajectories import Trajectories
from fink_assets.surveys import ZTF

ALERTS = [
    each
    for k, body in enumerate(bodies(2, seed=2))
    for each in detections(body, exposures((0, 3, 6)), seed=k, first_id=1000 * (k + 1))
]
NIGHTS = sorted(by_night(ALERTS))


@pytest.fixture
def tables(lake):
    made = Tables("ztf", lake)
    come(made, ALERTS)
    return made


def run(tables, **partitions):
    assert ZTF.unknown is not None
    return dg.materialize([trajectory_assets(ZTF, ZTF.unknown, tables)], **partitions)


def metadata(result, table):
    events = result.get_asset_materialization_events()
    found = [e.materialization for e in events if e.materialization.asset_key == key(table)]
    return {name: value.value for name, value in found[-1].metadata.items()}


def test_a_night_after_the_other_both_tables_are_written(tables):
    for night in NIGHTS:
        result = run(tables, partition_key=night)
        assert result.success
    told = metadata(result, tables.trajectories)
    assert (told["candidates"], told["found"], told["continued"]) == (4, 2, 0)
    assert (told["untried"], told["nights_left_out"]) == (0, {})
    assert told["dagster/row_count"] == len(rows_of(tables.trajectories)) == 2
    assert metadata(result, tables.linked_nights)["dagster/row_count"] == 1
    assert [row["night"] for row in rows_of(tables.linked_nights)] == NIGHTS


def test_a_night_that_was_left_out_is_named_by_the_run_of_each_night_that_it_is_missing_in(
    tables,
):
    links = Trajectories(unknown=ZTF.unknown, tables=tables, most_candidates=3)
    links.replace(NIGHTS[:2])
    told = metadata(run(tables, partition_key=NIGHTS[2]), tables.trajectories)
    assert told["nights_left_out"] == dict.fromkeys(NIGHTS[:2], "4 candidates, more than 3")
