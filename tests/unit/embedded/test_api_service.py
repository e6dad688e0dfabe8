"""The REST API as a service of the embedded runtime: started, asked, stopped, nothing left."""

import json
from urllib.request import urlopen

import pytest
from api_archive import packets, science_row, write_ztf

from fink_assets.settings import Settings
from fink_assets.trial.demo import addresses, question
from resources.embedded.processes import running
from resources.embedded.service import KINDS, session_members


@pytest.fixture
def configuration(runtime_settings, tmp_path):
    return runtime_settings.model_copy(update={"home": tmp_path / "home"})


def test_both_servers_answer_before_anything_was_archived_and_leave_nothing_behind(configuration):
    with running(configuration, only=("api_ztf", "api_lsst")) as services:
        assert set(services) == {"api_ztf", "api_lsst"}
        pids = [each.pid for each in services.values()]
        assert KINDS["api_ztf"].answers(configuration)
        assert not KINDS["api_ztf"].answers(
            configuration.model_copy(update={"api_ports": {"ztf": configuration.api_ports["lsst"]}})
        )
    assert [pid for session in pids for pid in session_members(session)] == []
    assert all("shutdown complete" in each.log.read_text() for each in services.values())
    assert not KINDS["api_lsst"].answers(configuration)


def test_the_commands_that_it_prints_find_its_kafka_and_its_tables(configuration, monkeypatch):
    printed = [line.split() for line in addresses(configuration) if " fink " in line]
    assert {words[words.index("fink") + 1] for words in printed} == {"simulate", "summary"}
    for words in printed:
        for word in (each for each in words if each.startswith("FINK_")):
            monkeypatch.setenv(*word.split("=", 1))
        assert Settings().kafka_port == configuration.kafka_port
        assert Settings().lake == configuration.lake


def test_the_request_that_the_demonstration_prints_has_an_answer(configuration):
    rows = [science_row(packet) for packet in packets()[:8]]
    write_ztf(configuration.lake, rows)
    printed = question(configuration)
    assert any(printed in line for line in addresses(configuration))
    with running(configuration, only=("api_ztf",)), urlopen(printed.split("'")[1]) as answer:
        found = json.load(answer)
    names = [row["object_id"] for row in rows]
    assert len(found) == max(map(names.count, names))
    assert set(found[0]) == {"i:jd", "i:fid", "i:magpsf"}
