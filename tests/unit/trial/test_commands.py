"""What the commands of a trial say when something is missing or wrong."""

import pytest
from typer.testing import CliRunner

from fink_assets.cli import app
from fink_assets.settings import PROJECT

SHIPPED = str(PROJECT / "tests" / "data" / "ztf")


@pytest.fixture
def fink(settings):
    return lambda *words: CliRunner().invoke(app, words)


@pytest.mark.usefixtures("impatient")
def test_replay_without_a_broker_says_how_to_have_one(fink, make_ports, monkeypatch):
    from fink_assets import settings as settings_module

    monkeypatch.setenv("FINK_KAFKA_INPUT", f"127.0.0.1:{make_ports(1)[0]}")
    settings_module.settings.cache_clear()
    answer = fink("replay", "--alerts", SHIPPED)
    assert answer.exit_code == 1
    assert "fink up" in answer.output


@pytest.mark.parametrize("command", ["demo", "replay", "bench"])
def test_a_folder_without_alerts_is_refused(fink, tmp_path, command):
    answer = fink(command, "--alerts", str(tmp_path))
    assert answer.exit_code == 1
    assert "holds no alerts" in answer.output


def test_status_names_the_home_whose_services_do_not_answer(fink, settings):
    answer = fink("status", "--only", "webserver")
    assert answer.exit_code == 1
    assert str(settings.home) in "".join(answer.output.split())


@pytest.mark.parametrize("command", ["summary", "replay", "simulate", "bench"])
def test_a_survey_that_is_not_served_is_refused_with_those_that_are(fink, command):
    answer = fink(command, "--survey", "des")
    assert answer.exit_code == 2
    assert "ztf, lsst" in answer.output


@pytest.mark.parametrize("command", ["replay", "bench"])
def test_alerts_of_another_survey_are_refused(fink, command):
    answer = fink(command, "--survey", "lsst", "--alerts", SHIPPED)
    assert answer.exit_code == 1
    assert "is no alert of LSST" in answer.output


def test_a_bench_sends_alerts_of_a_folder_or_a_synthetic_night(fink):
    answer = fink("bench", "--alerts", SHIPPED, "--synthetic")
    assert answer.exit_code == 2
    assert "not both" in answer.output


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["2011-01-01"], "2011-01-01 is not a night of ZTF"),
        (["2019-09-03", "--until", "tomorrow"], "tomorrow: write YYYY-MM-DD, or tonight"),
        (["2019-09-03", "--module", "nonesuch"], "no such module: nonesuch"),
    ],
)
def test_a_backfill_of_what_does_not_exist_is_refused(fink, words, reason):
    answer = fink("backfill", *words)
    assert answer.exit_code == 2
    assert reason in " ".join(answer.output.replace("│", " ").split())


def test_dead_letters_of_what_is_no_night_are_refused(fink):
    answer = fink("reprocess", "--night", "2026-13-45")
    assert answer.exit_code == 2
    assert "write YYYY-MM-DD" in answer.output


def test_an_empty_lake_has_a_summary(fink):
    answer = fink("summary")
    assert answer.exit_code == 0
    assert "0 offsets = 0 raw + 0 dead letters" in answer.output
