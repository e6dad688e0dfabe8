"""The Java libraries appear complete or not at all, and only once."""

import pytest

from resources.embedded import jars
from resources.embedded.jars import Group, JarsError, class_path, is_resolved, resolve, wanted

FAKE_JAVA = """#!/bin/sh
if [ "$1" = -version ]; then echo 'openjdk version "17.0.1"' >&2; exit 0; fi
echo "$0 $@" >> {calls}
while [ "$1" != -retrieve ]; do shift; done
{action}
"""


@pytest.fixture
def ivy(tmp_path, monkeypatch):
    """A `java` that does something in place of Ivy; returns the file that lists its calls."""
    program = tmp_path / "java" / "bin" / "java"
    program.parent.mkdir(parents=True)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    calls = tmp_path / "calls"

    def does(action):
        program.write_text(FAKE_JAVA.format(calls=calls, action=action))
        program.chmod(0o755)
        return calls

    return does


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "jars"


BRINGS_ONE = 'touch "$(dirname "$2")/library-1.0.jar"'


def test_each_group_of_libraries_gets_its_own_folder(ivy, folder):
    ivy(BRINGS_ONE)
    assert resolve(folder, say=lambda line: None)
    assert {path.name for path in folder.iterdir()} == {"spark", "kafka", "COORDINATES"}
    assert class_path(folder, "kafka") == f"{folder}/kafka/*"


def test_nothing_is_resolved_twice(ivy, folder):
    calls = ivy(BRINGS_ONE)
    resolve(folder, say=lambda line: None)
    calls.unlink()
    assert not resolve(folder, say=lambda line: None)
    assert not calls.exists()


def test_other_coordinates_make_set_up_resolve_again(ivy, folder, monkeypatch):
    ivy(BRINGS_ONE)
    resolve(folder, say=lambda line: None)
    monkeypatch.setattr(jars, "GROUPS", (Group("kafka", ("org:other:2.0",), beside_pyspark=False),))
    assert not is_resolved(folder)
    assert resolve(folder, say=lambda line: None)
    assert is_resolved(folder)
    assert not (folder / "spark").exists()


def test_an_unreachable_repository_is_explained_and_leaves_nothing(ivy, folder):
    ivy("echo 'java.net.UnknownHostException: repository'; exit 1")
    with pytest.raises(JarsError, match="did not answer") as error:
        resolve(folder, say=lambda line: None)
    assert "Check the network" in error.value.remedy
    assert {path.name for path in folder.parent.iterdir()} <= {"jars.lock", "ivy"}


def test_a_failure_keeps_the_libraries_that_were_there(ivy, folder, monkeypatch):
    ivy(BRINGS_ONE)
    resolve(folder, say=lambda line: None)
    monkeypatch.setattr(jars, "GROUPS", (Group("kafka", ("org:other:2.0",), beside_pyspark=False),))
    ivy("echo 'unresolved dependency: org#other;2.0: not found'; exit 1")
    with pytest.raises(JarsError, match="not found"):
        resolve(folder, say=lambda line: None)
    assert (folder / "spark" / "library-1.0.jar").exists()


def test_a_service_without_libraries_asks_for_set_up(folder):
    with pytest.raises(JarsError, match="Run `fink setup`"):
        class_path(folder, "spark")


def test_what_pyspark_has_is_not_asked_for_again():
    request = jars._ivy_request(jars.GROUPS[0])
    assert '<exclude module="scala-library"/>' in request
    assert '<exclude module="kafka-clients"/>' not in request


def test_the_stamp_names_the_coordinates():
    assert "spark io.delta:delta-spark_2.13:" in wanted()
