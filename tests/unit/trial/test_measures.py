"""How times of stages are told apart, and what a trial may not touch."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from fink_assets.settings import Settings
from fink_assets.trial.ground import emptied
from fink_assets.trial.measures import peak_memory, stage_seconds

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def at(second, stage, batch=0):
    return {"finished": BEGUN + timedelta(seconds=second), "stage": stage, "batch": batch}


def test_a_stage_is_busy_from_when_its_batch_and_its_lane_are_ready():
    rows = [
        at(-9, "stream2raw", -1),
        at(1, "plan"),
        at(4, "stream2raw"),
        at(6, "raw2science"),
        at(7, "plan", 1),
        at(9, "stream2raw", 1),
        at(16, "distribution"),
        at(12, "raw2science", 1),
        at(20, "distribution", 1),
        at(16, "sources.plan"),
        at(17, "sources"),
        at(18, "objects.plan"),
        at(23, "objects"),
        at(23, "alerts.plan"),
        at(24, "alerts"),
        at(23, "forced_photometry.plan"),
        at(25, "forced_photometry"),
    ]
    assert stage_seconds(rows, begun=BEGUN) == {
        "stream2raw": 3.0 + 2.0,
        "raw2science": 2.0 + 3.0,
        "distribution": 10.0 + 4.0,
        "sources": 1.0,
        "objects": 5.0,
        "alerts": 1.0,
        "classes": 0.0,
        "received": 0.0,
        "history": 0.0,
        "forced_photometry": 2.0,
        "forced_light_curves": 0.0,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_counts_what_was_released():
    """A process that had 200 MB and gave them back still shows them."""
    program = "a = bytearray(200_000_000); del a; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        process.stdout.readline()
        found = peak_memory({"eater": process})
        process.communicate(b"\n")
    assert found["eater"] > 0.2
    assert found["this process"] > 0.01


def test_a_trial_empties_its_own_folder_only_and_takes_no_foreign_address(tmp_path, make_ports):
    names = ("kafka_port", "kafka_controller_port", "spark_port", "spark_ui_port", "dagster_port")
    ports = dict(zip(names, make_ports(5), strict=True))
    ports["api_ports"] = dict(zip(("ztf", "lsst"), make_ports(2), strict=True))
    for folder in ("lake", "demo"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "file").write_text("")
    given = Settings(home=tmp_path, lake_root="s3a://night", spark_remote="sc://cluster", **ports)
    trial = emptied(given, "demo")
    assert (tmp_path / "lake" / "file").exists()
    assert not (tmp_path / "demo").exists()
    assert trial.lake == str(tmp_path / "demo" / "lake")
    assert trial.spark_address.startswith("sc://127.0.0.1")


@pytest.mark.parametrize(
    ("kilobytes", "most"), [(67, 8000), (137, 4014), (60_000, 9), (10_000_000, 1)]
)
def test_a_batch_is_bounded_in_number_and_in_bytes(kilobytes, most):
    given = Settings(alerts_per_batch=8000, megabytes_per_batch=550)
    assert given.most_alerts(kilobytes) == most
