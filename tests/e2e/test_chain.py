"""The whole chain over the sample, and nights computed anew from the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pipeline import ids, rows, sample, text

from fink_assets.chain import STAGES, backlog
from resources.embedded.service import environment

LOST = 1786106591315015003


def test_every_alert_is_archived_and_judged_once(sample_run):
    tables = sample_run.tables
    assert ids(tables.raw) == sorted(sample())
    assert sorted([*ids(tables.science), *ids(tables.quarantine)]) == sorted(sample())
    assert not tables.dead_letter.exists()
    nights = {row["alert_id"]: row["night"] for row in rows(tables.raw, "alert_id", "night")}
    for row in (*rows(tables.science), *rows(tables.quarantine)):
        assert nights[row["alert_id"]] == row["night"]


def test_the_stages_report_each_batch_in_order_and_nothing_waits(sample_run):
    chain = sample_run.chain
    assert [(d.batch, d.stage) for d in sample_run.done] == [
        (batch, stage) for batch in range(2) for stage in STAGES
    ]
    waiting = backlog(chain.survey, chain.ledger, chain.input_servers)
    assert waiting == dict.fromkeys(("messages", *STAGES), 0)


@pytest.fixture
def dagster(runtime_settings, tmp_path):
    """Runs Dagster's command line on a lake."""

    def run(lake, *words):
        configuration = runtime_settings.model_copy(update={"lake_root": lake})
        home = tmp_path / "dagster"
        home.mkdir(exist_ok=True)
        program = Path(sys.executable).with_name("dagster")
        return subprocess.run(
            [program, *words, "-m", "fink_assets.definitions"],
            env=os.environ | environment(configuration) | {"DAGSTER_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_range_of_nights_is_computed_anew_from_the_command_line(sample_run, dagster, tmp_path):
    run = sample_run.copy(tmp_path)
    for table in (run.tables.science, run.tables.sources):
        DeltaTable(table.path).delete(f"alert_id = {LOST}")
    choice = 'key:"ztf/science" or key:"ztf/quarantine" or key:"ztf/sources" or key:"ztf/objects"'
    words = ("asset", "materialize", "--select", choice)
    ended = dagster(run.tables.root, *words, "--partition-range", "2021-11-20...2021-11-25")
    assert ended.returncode == 0, ended.stderr
    for table in ("raw", "science", "quarantine", "sources", "objects", "deliveries"):
        after, before = rows(getattr(run.tables, table)), rows(getattr(sample_run.tables, table))
        assert text(after) == text(before)
