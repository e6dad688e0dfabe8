"""What the command line says when something is missing."""

import json

import pytest
from typer.testing import CliRunner

from fink_assets.cli import app


@pytest.fixture
def fink(settings):
    return lambda *words: CliRunner().invoke(app, words)


def test_up_without_libraries_says_how_to_get_them(fink, settings, tmp_path, monkeypatch):
    from fink_assets import settings as settings_module

    monkeypatch.setenv("FINK_CACHE", str(tmp_path / "empty"))
    settings_module.settings.cache_clear()
    answer = fink("up", "--only", "kafka")
    assert answer.exit_code == 1
    assert "Run `fink setup`." in answer.output


def test_setup_without_java_says_how_to_get_it(fink, tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    answer = fink("setup")
    assert answer.exit_code == 1
    assert "Install a JRE" in answer.output


def test_status_of_services_that_do_not_run_is_a_failure(fink, make_ports, monkeypatch):
    for name, port in zip(("FINK_KAFKA_PORT", "FINK_SPARK_PORT"), make_ports(2), strict=True):
        monkeypatch.setenv(name, str(port))
    answer = fink("status", "--only", "kafka", "--only", "spark")
    assert answer.exit_code == 1
    assert answer.output.count("does not answer") == 2


def test_an_unknown_service_is_refused_with_the_known_ones(fink):
    answer = fink("up", "--only", "kafak")
    assert answer.exit_code == 2
    assert "kafka, spark, webserver, daemon" in answer.output
    assert "api_lsst" in answer.output


def test_status_before_the_first_start_is_an_answer_too(fink, make_ports, monkeypatch):
    names = ("FINK_KAFKA_PORT", "FINK_SPARK_PORT", "FINK_DAGSTER_PORT")
    for name, port in zip(names, make_ports(3), strict=True):
        monkeypatch.setenv(name, str(port))
    ports = dict(zip(("ztf", "lsst"), make_ports(2), strict=True))
    monkeypatch.setenv("FINK_API_PORTS", json.dumps(ports))
    answer = fink("status")
    assert answer.exit_code == 1
    assert answer.output.count("does not answer") == 6
