"""A service that is started is watched, explained when it fails, and leaves nothing behind."""

import signal

import pytest

from fink_assets.settings import Settings
from fink_assets.terminal import ENDING
from resources.embedded import dagster_home, kafka, service, spark_connect
from resources.embedded.processes import running
from resources.embedded.service import Service, ServiceError, environment, session_members

# A service that starts a child which leaves its process group, as Spark's Python workers do.
PARENT = (
    "python -c \"import subprocess, time; subprocess.Popen(['sleep', '600'], process_group=0); "
    "open('{started}', 'w').close(); time.sleep(600)\""
)


@pytest.fixture
def configuration(runtime_settings, tmp_path):
    return runtime_settings.model_copy(update={"home": tmp_path / "home"})


@pytest.fixture
def stand_in(monkeypatch):
    """Lets a command take the place of Kafka, answering when the condition holds."""

    def takes_place(command, answers):
        kind = service.Kind(lambda s: (), lambda s: answers(), lambda s: "", patience_seconds=30)
        monkeypatch.setitem(service.KINDS, "kafka", kind)
        monkeypatch.setattr(service, "_procfile", lambda: {"kafka": command})

    return takes_place


def test_a_service_that_ends_at_once_is_explained_by_its_log(stand_in, configuration):
    stand_in("sh -c 'echo the disk is upside down; exit 3'", answers=lambda: False)
    with (
        pytest.raises(ServiceError, match=r"kafka ended with code 3:\nthe disk is upside down"),
        running(configuration, only=["kafka"]),
    ):
        pytest.fail("it never answered")


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_nothing_of_a_service_outlives_it(stand_in, configuration, tmp_path, end):
    started = tmp_path / "started"
    stand_in(PARENT.format(started=started), answers=started.exists)
    kafka_service = Service("kafka", configuration)
    kafka_service.start()
    assert len(session_members(kafka_service.pid)) == 2
    getattr(kafka_service, end)()
    assert session_members(kafka_service.pid) == []
    assert kafka_service.exit_code is not None


def test_a_service_ends_when_asked_though_who_starts_it_ignores_signals(
    stand_in, configuration, tmp_path
):
    """Shells start what is in the background so, and Dagster then ignores SIGTERM, too."""
    started = tmp_path / "started"
    stand_in(PARENT.format(started=started), answers=started.exists)
    kafka_service = Service("kafka", configuration)
    earlier = {each: signal.signal(each, signal.SIG_IGN) for each in ENDING}
    try:
        kafka_service.start()
    finally:
        for each, handler in earlier.items():
            signal.signal(each, handler)
    kafka_service.stop()
    assert kafka_service.exit_code == -signal.SIGTERM


def test_a_service_that_was_never_started_can_be_stopped(configuration):
    Service("kafka", configuration).stop()


def test_a_child_process_reads_the_same_settings(configuration, monkeypatch):
    for name, value in environment(configuration).items():
        monkeypatch.setenv(name, value)
    assert Settings() == configuration


def test_each_line_of_the_procfile_is_a_known_service():
    assert set(service._procfile()) == set(service.SERVICES)


def test_every_listener_is_on_loopback(configuration):
    listeners = kafka.properties(configuration)["listeners"].split(",")
    assert all("://127.0.0.1:" in listener for listener in listeners)
    assert "127.0.0.1" in dagster_home.command("webserver", configuration)


def test_no_cluster_identity_looks_like_an_option():
    """One in 64 random identities began with a dash, and Kafka's formatting tool then failed."""
    identities = {kafka.new_cluster_id() for _ in range(2000)}
    assert len(identities) == 2000
    assert {len(each) for each in identities} == {22}
    assert not [each for each in identities if each.startswith("-")]


def test_spark_listens_on_loopback_only(configuration, monkeypatch):
    monkeypatch.setattr(spark_connect, "class_path", lambda jars, group: "/jars/*")
    properties = spark_connect.properties(configuration)
    for name in ("spark.driver.bindAddress", "spark.connect.grpc.binding.address"):
        assert properties[name] == "127.0.0.1"


def test_dagster_gets_our_configuration_unless_a_deployment_has_its_own(configuration):
    folder = dagster_home.prepare(configuration)
    assert "QueuedRunCoordinator" in (folder / "dagster.yaml").read_text()
    (folder / "dagster.yaml").unlink()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    dagster_home.prepare(configuration)
    assert (folder / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


def test_dagster_accepts_our_configuration(configuration):
    from dagster import DagsterInstance

    folder = dagster_home.prepare(configuration)
    with DagsterInstance.from_config(str(folder)) as instance:
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
        assert instance.run_monitoring_enabled
        assert not instance.telemetry_enabled
