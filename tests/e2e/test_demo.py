"""`fink demo` as a person runs it, and its numbers against a count made by other means."""

import json
import os
import subprocess
import sys
from collections import Counter
from io import BytesIO
from pathlib import Path

import fastavro
import pytest
from conftest import JAVA
from unit.raw2science.batches import batch, sample

from fink_assets.lake.tables import Tables
from fink_assets.raw2science.modules.ztf import solar_system
from fink_assets.settings import PROJECT
from fink_assets.trial.known import truth_of
from fink_assets.trial.sending import simulated
from fink_assets.trial.summary import columns_of
from resources.embedded.jars import resolve
from resources.embedded.service import environment

SAMPLE = PROJECT / "tests" / "data" / "ztf"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
BROKEN = 3
SIMULATED = 60


@pytest.fixture(scope="module")
def configuration(runtime_settings, make_ports, tmp_path_factory):
    resolve(runtime_settings.jars)
    names = ("kafka_port", "kafka_controller_port", "spark_port", "spark_ui_port", "dagster_port")
    ports = dict(zip(names, make_ports(5), strict=True))
    ports["api_ports"] = dict(zip(("ztf", "lsst"), make_ports(2), strict=True))
    home = {"home": tmp_path_factory.mktemp("demonstration")}
    return runtime_settings.model_copy(update={**ports, **home})


def fink(configuration, *words, **more):
    variables = environment(configuration) | {"JAVA_TOOL_OPTIONS": JAVA}
    return subprocess.Popen(
        [sys.executable, "-m", "fink_assets.cli", *words],
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **more,
    )


@pytest.fixture(scope="module")
def demonstrated(configuration):
    """What the first demonstration printed, and its exit code."""
    chosen = ("--alerts", str(SAMPLE), "--simulated", str(SIMULATED))
    program = fink(configuration, "demo", *chosen, "--exit")
    try:
        said, _ = program.communicate()
        yield said, program.returncode
    finally:
        program.kill()


@pytest.fixture(scope="module")
def lake(configuration, demonstrated):
    """Settings of the demonstration's own folder."""
    return configuration.model_copy(update={"home": configuration.home / "demo"})


@pytest.fixture(scope="module")
def counted(lake):
    """The summary as a program reads it."""
    program = fink(lake, "summary", "--json")
    said, _ = program.communicate()
    assert program.returncode == 0, said
    return json.loads(said.splitlines()[-1])


@pytest.fixture(scope="module")
def built():
    """The simulated alerts, decoded here."""
    return [next(iter(fastavro.reader(BytesIO(a.message)))) for a in simulated(SIMULATED)]


@pytest.fixture(scope="module")
def packets(built):
    """All alerts that are sent."""
    return [*sample(), *built]


@pytest.fixture(scope="module")
def candidates(packets):
    """Their detections."""
    return [packet["candidate"] for packet in packets]


def is_good(candidate):
    return candidate["nbad"] == 0 and candidate["rb"] >= 0.55 and candidate["fid"] in (1, 2)


def repeated(candidates):
    """Alerts sent twice: the first five by time, as far as they are of the first night."""
    first = sorted(candidate["jd"] for candidate in candidates)[:5]
    return sum(1 for jd in first if int(jd - 0.5) == int(first[0] - 0.5))


def test_the_demonstration_ends_well_and_its_books_balance(demonstrated, counted):
    said, code = demonstrated
    assert code == 0, said
    assert "WRONG" not in said
    assert counted["balanced"]
    assert counted["unfinished"] == 0


def test_every_message_is_archived_or_a_dead_letter(counted, candidates):
    twice = repeated(candidates)
    assert twice == 5
    assert counted["rows"]["raw"] == len(candidates) + twice
    assert counted["rows"]["dead_letter"] == sum(counted["dead_letters"].values()) == BROKEN
    assert len(counted["dead_letters"]) == BROKEN
    assert counted["messages"] == len(candidates) + twice + BROKEN
    assert counted["duplicates"] == twice


def test_alerts_are_judged_by_the_cuts(counted, candidates):
    failed = Counter(
        cut
        for c in candidates
        for cut, fails in (
            ("bad_pixels", c["nbad"] != 0),
            ("low_real_bogus", c["rb"] < 0.55),
            ("unused_band", c["fid"] not in (1, 2)),
        )
        if fails
    )
    good = [c for c in candidates if is_good(c)]
    assert {cut: n for cut, n in counted["quarantined"].items() if n} == dict(failed)
    assert counted["rows"]["science"] == len(good)
    assert counted["rows"]["quarantine"] == len(candidates) - len(good)
    assert {sum(statuses.values()) for statuses in counted["modules"].values()} == {len(good)}


def test_filters_deliver_what_they_select(counted, packets):
    good = [p for p in packets if is_good(p["candidate"])]
    roid = solar_system.function(batch(good, solar_system.inputs))["roid"].value_counts()
    expected = {
        "first_pass_candidates": roid.get(1, 0),
        "sso_fink_candidates": roid.get(2, 0),
        "sso_ztf_candidates": roid.get(3, 0),
    }
    delivered = dict(counted["delivered"])
    assert delivered.pop("fast_transient_candidates") > 0
    assert delivered == expected
    assert 0 < counted["latency_s"]["p50"] <= counted["latency_s"]["p95"]


def test_the_truth_of_simulated_alerts_joins_to_science_one_to_one(lake, counted, built):
    tables = Tables("ztf", lake.lake)
    names = ["object_id", "class", "ra", "dec", "first_alert_id"]
    truth = columns_of(truth_of(tables), names).set_index("object_id")
    assert set(truth.index) == {packet["objectId"] for packet in built}
    science = columns_of(tables.science, ["object_id", "alert_id", "ra", "dec"])
    known = science[science["object_id"].isin(truth.index)]
    joined = known.join(truth, on="object_id", rsuffix="_true", validate="1:1")
    passed = [p for p in built if is_good(p["candidate"])]
    assert sorted(joined["alert_id"]) == sorted(packet["candid"] for packet in passed)
    assert (joined["alert_id"] == joined["first_alert_id"]).all()
    fixed = joined[~joined["class"].str.startswith("asteroid")]
    assert len(fixed) > SIMULATED / 2
    assert (fixed["dec"] - fixed["dec_true"]).abs().max() < 1 / 3600
    told = counted["simulated"]
    assert sum(fate["objects"] for fate in told.values()) == SIMULATED
    assert sum(fate["science"] for fate in told.values()) == len(passed)
    assert sum(fate["quarantine"] for fate in told.values()) == SIMULATED - len(passed) > 0


@LINUX
def test_nothing_is_left_running(configuration, demonstrated):
    assert processes_of(configuration.home) == []


def processes_of(home):
    """Processes that were started with this home in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes()
            zombie = " Z " in (folder / "stat").read_text().rpartition(")")[2][:3]
        except OSError:
            continue
        if str(home).encode() in variables and not zombie and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found
