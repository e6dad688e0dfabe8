"""Streams that people choose, played into folders."""

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from fink_assets.cli import app
from fink_assets.settings import PROJECT
from fink_assets.simulator import archive
from fink_assets.simulator.packet import read_detection
from fink_assets.simulator.sequence import nights, outgoing, waiting

SHIPPED = PROJECT / "tests" / "data" / "ztf"


@pytest.fixture
def fink(settings):
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def replay(fink, tmp_path):
    """Replays the shipped alerts into a folder; gives what is said and what is in it."""

    def run(*words, source=SHIPPED):
        folder = tmp_path / f"archive{len(list(tmp_path.iterdir()))}"
        answer = fink("replay", "--alerts", source, "--to", folder, *words)
        assert answer.exit_code == 0, answer.output
        return answer.output, folder

    return run


def detections(folder):
    return [read_detection(alert.message) for alert in archive.read(folder)]


def test_a_folder_is_sent_as_it_is(replay):
    said, folder = replay()
    assert list(archive.read(folder)) == list(outgoing(waiting(SHIPPED)))
    assert "57" in said
    assert "ztf_20190903_programid1" in said


def test_single_files_and_chosen_nights_are_sent(replay, fink, tmp_path):
    some = [alert.path for alert in waiting(SHIPPED)][:3]
    words = [word for path in some for word in ("--alerts", path)]
    assert fink("replay", *words, "--to", tmp_path / "some").exit_code == 0
    assert len(detections(tmp_path / "some")) == 3
    _, folder = replay("--night", "2019-09-03", "--night", "2024-06-06")
    wanted = {n: len(f) for n, f in nights(SHIPPED).items() if n in ("2019-09-03", "2024-06-06")}
    assert archive.nights(folder) == wanted


@pytest.mark.parametrize("edge", ["first", "last"])
def test_the_first_or_last_night_becomes_tonight(replay, edge):
    before = datetime.now(UTC).date()
    _, folder = replay(f"--{edge}-night", "tonight")
    found = sorted(archive.nights(folder))
    assert before.isoformat() <= found[0 if edge == "first" else -1]
    assert found[0 if edge == "first" else -1] <= datetime.now(UTC).date().isoformat()
    assert list(archive.nights(folder).values()) == [len(f) for f in nights(SHIPPED).values()]
    old = {read_detection(alert.path.read_bytes())["candid"] for alert in waiting(SHIPPED)}
    assert not old & {alert["candid"] for alert in detections(folder)}


def test_a_loop_ends_at_its_total(replay):
    _, folder = replay("--loop", "--total", "100", "--night", "2024-06-06")
    found = detections(folder)
    assert len({alert["candid"] for alert in found}) == 100
    each = len(nights(SHIPPED)["2024-06-06"])
    times = [alert["candidate"]["jd"] for alert in found]
    assert times[each : 2 * each] == times[:each]


def test_a_seed_gives_the_same_order(replay):
    words = ("--night", "2019-09-03", "--shuffle", "--seed")
    one, other, third = (replay(*words, seed)[1] for seed in (1, 1, 2))
    assert list(archive.read(one)) == list(archive.read(other)) != list(archive.read(third))


def test_faults_are_made_and_said(replay):
    said, folder = replay("--total", "500", "--fault", "duplicates=0.2", "--fault", "garbage=0.1")
    messages = [alert.message for alert in archive.read(folder)]
    twice = len(messages) - len(set(messages))
    broken = sum(message.startswith(b"\xff") for message in messages)
    lines = {line.split("│")[1].strip(): line for line in said.splitlines() if "│" in line}
    assert f" {twice} " in lines["duplicates"]
    assert f" {broken} " in lines["garbage"]
    assert len(messages) == 500 + twice + broken


def test_an_archive_with_faults_is_sent_as_it_is_and_not_otherwise(replay, fink, tmp_path):
    _, first = replay("--fault", "truncated=0.3", "--fault", "out_of_order=0.3")
    _, second = replay(source=first)
    assert list(archive.read(second)) == list(archive.read(first))
    answer = fink("replay", "--alerts", first, "--to", tmp_path / "third", "--total", "9")
    assert answer.exit_code == 1
    assert "as it is" in answer.output


def test_an_archive_of_another_survey_is_refused(replay, fink):
    _, folder = replay()
    answer = fink("replay", "--survey", "lsst", "--alerts", folder)
    assert answer.exit_code == 1
    assert "is no alert of LSST" in answer.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--first-night", "tonight", "--last-night", "tonight"], "not both"),
        (["--loop", "--fault", "schema_change=0.5"], "--total"),
    ],
)
def test_options_that_contradict_are_refused(fink, words, said):
    answer = fink("replay", "--alerts", SHIPPED, *words)
    assert answer.exit_code == 2
    assert said in answer.output


def test_a_folder_with_something_in_it_is_not_written_to(fink, replay):
    _, folder = replay()
    answer = fink("replay", "--alerts", SHIPPED, "--to", folder)
    assert answer.exit_code == 1
    assert "not empty" in answer.output


def test_a_night_without_alerts_is_an_error(fink, tmp_path):
    answer = fink("replay", "--alerts", SHIPPED, "--night", "2001-01-01", "--to", tmp_path / "no")
    assert answer.exit_code == 1


def test_ctrl_c_ends_an_endless_replay_which_says_what_was_sent(settings, tmp_path):
    folder = tmp_path / "loop"
    words = ["replay", "--alerts", SHIPPED, "--to", folder, "--loop", "--rate", "50"]
    program = subprocess.Popen(
        [sys.executable, "-m", "fink_assets.cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        while not list(folder.rglob("*.avro")):
            assert program.poll() is None, program.stdout.read()
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        said, _ = program.communicate()
    finally:
        program.kill()
    assert program.returncode == 0, said
    assert "stopped before its end" in said
    sent = sum(archive.nights(folder).values())
    assert sent == len(list(folder.rglob("*.avro"))) > 0
    assert f" {sent} " in said
