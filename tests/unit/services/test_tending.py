"""Operators see what is known of services, and tend it."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from unit.services import served
from unit.services.served import serving

from fink_assets import settings as settings_module
from fink_assets.services import SIMBAD, ssodnet
from fink_assets.services.__main__ import app
from fink_assets.services.answers import Answers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOTHING = pd.DataFrame(columns=["cell", "ra", "dec", "main_id", "main_type", "otype"])


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command with a lake of its own, and with settings."""

    def running(*arguments, **environment):
        monkeypatch.setenv("FINK_LAKE_ROOT", str(tmp_path))
        monkeypatch.setenv("COLUMNS", "200")
        for name, value in environment.items():
            monkeypatch.setenv(f"FINK_{name.upper()}", value)
        settings_module.settings.cache_clear()
        return CliRunner().invoke(app, arguments)

    yield running
    settings_module.settings.cache_clear()


def test_each_service_is_listed_with_what_is_known_and_since_when(run, tmp_path):
    Answers(str(tmp_path)).keep(SIMBAD, np.array([1, 2]), NOTHING, NOW)
    lines = run("show", services='["simbad"]').output.splitlines()
    (simbad,) = [line for line in lines if "simbad" in line]
    assert all(part in simbad for part in ("yes", "2 pieces", "2026-03-01 12:00"))
    (gaia,) = [line for line in lines if "gaia_dr3" in line]
    assert "no" in gaia
    assert "0 pieces" in gaia


def test_services_that_are_asked_about_names_are_listed_and_compacted_too(run, tmp_path):
    lines = run("show", services="miriade").output.splitlines()
    (miriade,) = [line for line in lines if "miriade" in line]
    assert "yes" in miriade
    assert "0 answers" in miriade
    answer = {"asked": "x", "answered": NOW} | ssodnet.NONE
    ssodnet.Bodies(str(tmp_path)).keep([answer])
    lines = run("show").output.splitlines()
    (body,) = [line for line in lines if "ssodnet" in line]
    assert all(part in body for part in ("no", "1 answers", "2026-03-01 12:00"))
    done = run("compact")
    assert done.exit_code == 0
    assert all(name in done.output for name in ("miriade", "sesame", "ssodnet"))


def test_columns_that_a_service_lacks_are_named_and_the_command_fails(run):
    def respond(handler, asked):
        served.send(handler, b"main_id\nra\ndec\nmain_type\n", kind="text/plain")

    with serving(respond) as server:
        result = run("check", services='["simbad"]', cds_address=server.address)
    assert "simbad: otype" in result.output
    assert result.exit_code == 1


def test_a_service_that_does_not_answer_says_why(run):
    with serving(served.hang) as server:
        address = server.address
    result = run("check", services='["simbad"]', cds_address=address)
    assert "simbad: no connection" in result.output
    assert result.exit_code == 1


def test_compaction_goes_over_all_tables(run):
    result = run("compact")
    assert result.exit_code == 0
    assert "simbad: {'folders': 0" in result.output


def test_a_list_that_cannot_be_had_is_said_and_the_command_fails(run):
    assert run("fetch-tns").exit_code == 2
    with serving(lambda h, _: served.send(h, b"", status=401)) as server:
        made = {"services": '["tns"]', "tns_key": "s3cret", "tns_marker": "m"}
        result = run("fetch-tns", tns_address=server.address, **made)
    assert result.exit_code == 1
    assert "status 401" in result.output
    assert "s3cret" not in result.output
