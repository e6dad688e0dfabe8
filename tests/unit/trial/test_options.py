"""What people write after the options of a stream."""

from datetime import UTC, datetime

import pytest
import typer

from fink_assets.cli import app
from fink_assets.simulator.faults import FAULTS
from fink_assets.simulator.sequence import Outgoing
from fink_assets.surveys import LSST, ZTF
from fink_assets.trial.options import faults_of, night_named, notices_of, pacing_of

MORNING = datetime(2026, 3, 1, 7, tzinfo=UTC)


def due(pacing, number=5, days=0.0):
    return [pacing(n, Outgoing("n", b"", 60000 + n * days)) for n in range(number)]


def test_tonight_is_the_survey_s_night():
    assert night_named("tonight", ZTF, now=MORNING) == "2026-03-01"
    assert night_named("tonight", LSST, now=MORNING) == "2026-02-28"
    assert night_named("2024-06-06", ZTF) == "2024-06-06"


@pytest.mark.parametrize("text", ["", "yesterday", "2024-13-01"])
def test_what_is_no_night_is_refused(text):
    with pytest.raises(typer.BadParameter, match="YYYY-MM-DD, or tonight"):
        night_named(text, ZTF)


def test_two_of_rate_visits_and_seconds_say_the_third():
    assert due(pacing_of()) == [0] * 5
    assert due(pacing_of(rate=2)) == [0, 0.5, 1, 1.5, 2]
    assert due(pacing_of(rate=2, visits=2)) == [0, 0, 1, 1, 2]
    assert due(pacing_of(visits=2, every=10)) == [0, 0, 10, 10, 20]
    assert due(pacing_of(visits=2)) == [0, 0, 39, 39, 78]
    assert due(pacing_of(rate=0.2, every=10)) == [0, 0, 10, 10, 20]


def test_the_time_of_exposures_runs_faster_and_without_long_pauses():
    assert due(pacing_of(compression=100), 3, 1) == [0, 36, 72]
    assert due(pacing_of(compression=100, pause=50), 3, 1) == [0, 0.5, 1]


@pytest.mark.parametrize(
    "given",
    [
        {"compression": 10, "rate": 2},
        {"pause": 5, "rate": 2},
        {"rate": 1, "visits": 2, "every": 3},
        {"every": 3},
    ],
)
def test_paces_that_say_too_much_or_too_little_are_refused(given):
    with pytest.raises(typer.BadParameter):
        pacing_of(**given)


def test_faults_are_written_with_their_rates():
    assert faults_of(["duplicates=0.01", "late=1"]) == {"duplicates": 0.01, "late": 1.0}
    assert faults_of([]) == {}


@pytest.mark.parametrize("word", ["rain=0.1", "late", "late=often", "late=2", "late=-1"])
def test_faults_that_are_none_or_too_many_are_refused(word):
    with pytest.raises(typer.BadParameter, match=r"e\.g\. duplicates"):
        faults_of([word])


@pytest.mark.parametrize("command", ["replay", "simulate"])
def test_the_help_names_every_fault(command):
    (found,) = [c for n, c in typer.main.get_command(app).commands.items() if n == command]
    (option,) = [each for each in found.params if each.name == "fault"]
    assert all(f" {name}" in option.help for name in FAULTS)


def test_notices_come_with_a_counterpart_unless_said_otherwise():
    asked = notices_of(["lvk", "fermi=with", "lvk=without"])
    assert asked == [("lvk", True), ("fermi", True), ("lvk", False)]


@pytest.mark.parametrize("word", ["swift", "lvk=maybe", "", "=with"])
def test_notices_that_nobody_sends_are_refused(word):
    with pytest.raises(typer.BadParameter, match="fermi=without"):
        notices_of([word])
