"""What the machine lacks is told with a remedy."""

import os
import socket
import sys

import pytest

from resources.embedded.machine import (
    DiskError,
    JavaError,
    Port,
    PortTakenError,
    java,
    java_version,
    require_free,
    require_space,
)


@pytest.fixture
def fake_java(tmp_path, monkeypatch):
    """A `java` that prints what it is told to."""
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    def prints(text):
        program.write_text(f"#!/bin/sh\necho '{text}' >&2\n")
        program.chmod(0o755)
        return program

    return prints


@pytest.fixture
def taken_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_292"', 8),
        ('Picked up JAVA_TOOL_OPTIONS: -Dx=y\nopenjdk version "21" 2023-09-19', 21),
        ("command failed", None),
    ],
)
def test_java_tells_its_major_version_in_several_ways(text, version):
    assert java_version(text) == version


def test_an_absent_java_is_explained_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaError, match="not found") as error:
        java()
    assert "Install a JRE 17 or 21" in error.value.remedy


def test_a_java_that_spark_does_not_run_on_is_refused(fake_java):
    fake_java('openjdk version "11.0.2" 2019-01-15')
    with pytest.raises(JavaError, match="version 11, not 17 or 21"):
        java()


def test_a_java_that_spark_runs_on_is_found(fake_java):
    program = fake_java('openjdk version "21.0.1" 2023-10-17')
    assert java() == program


def test_a_taken_port_is_told_with_its_setting(taken_port):
    with pytest.raises(PortTakenError, match=f"Port {taken_port}, for tests") as error:
        require_free([Port(taken_port, "tests", "FINK_TEST_PORT")])
    assert "FINK_TEST_PORT" in error.value.remedy


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_taken_port_is_told_with_its_user(taken_port):
    with pytest.raises(PortTakenError, match=f"process {os.getpid()}"):
        require_free([Port(taken_port, "tests", "FINK_TEST_PORT")])


def test_a_port_that_was_released_is_free_at_once():
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listening.accept()[0].close()
    require_free([Port(port, "tests", "FINK_TEST_PORT")])


def test_a_folder_that_does_not_exist_yet_has_the_space_of_its_disk(tmp_path):
    require_space(tmp_path / "a" / "b", 1)


def test_a_full_disk_is_explained_with_a_remedy(tmp_path):
    with pytest.raises(DiskError, match="are needed") as error:
        require_space(tmp_path / "a" / "b", 10**12)
    assert "FINK_CACHE" in error.value.remedy
