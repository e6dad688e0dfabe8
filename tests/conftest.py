"""One embedded Kafka and one Spark server for all tests, started when a test first needs them.

Tests choose by fixture: `spark`, `kafka_servers`, `topic`, `lake`, `settings`, `services`. Marks
follow from the fixtures and the folder.
"""

import itertools
import os
import secrets
import uuid
from pathlib import Path

import hypothesis
import pytest

from fink_assets import settings as settings_module
from fink_assets.settings import Settings
from resources.embedded.machine import is_free

NEEDS = {
    "spark": {"spark_service", "services"},
    "kafka": {"kafka_service", "services"},
}
FOLDERS = {"spark", "kafka", "e2e"}
SHARING = {
    f"tests/{name}.py"
    for name in (
        "dagster/test_night_checks",
        "e2e/test_chain",
        "spark/test_archive",
        "spark/test_deliver",
        "spark/test_enrich",
        "spark/test_filters",
        "spark/test_modules_in_spark",
    )
}
# `make test-fast` leaves out what takes seconds: archives that are built and served, whole nights,
# properties of many cases.
SLOW = {
    f"tests/unit/{name}"
    for name in (
        "api",
        "archive/test_alerts_sorted.py",
        "archive/test_classes.py",
        "archive/test_received.py",
        "astro/test_socca.py",
        "astro/test_sphere.py",
        "embedded/test_api_service.py",
        "embedded/test_dagster_home.py",
        "embedded/test_service.py",
        "gcn/test_access.py",
        "gcn/test_associate.py",
        "lake/test_rewritten.py",
        "quality/test_expectations.py",
        "quality/test_run_time.py",
        "raw2science/test_batching.py",
        "raw2science/test_cats.py",
        "raw2science/test_modules.py",
        "raw2science/test_monitored_blazars.py",
        "raw2science/test_odd_alerts.py",
        "services/test_look_up.py",
        "services/test_look_up_failures.py",
        "services/test_service_oracles.py",
        "simulator/test_night.py",
        "simulator/test_small_night.py",
        "solar_system/test_linked.py",
        "solar_system/test_trajectories.py",
        "trial/test_asked.py",
        "trial/test_feed.py",
    )
} | {"tests/dagster/test_gcn_sensors.py"}
# A session as short as this would spend most of its time on compiling: do it only once for each
# method; all of them must find room, or what Java throws out is compiled again and again.
JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"

# As Spark has it in its Python workers; more threads of two processes would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

GIVEN: set[int] = set()

# A busy machine is slow, which is no fault of the code.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_collection_modifyitems(items):
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        for mark, names in NEEDS.items():
            if fixtures & names:
                item.add_marker(mark)
        path = Path(item.path).relative_to(item.config.rootpath)
        for part in path.parts:
            if part in FOLDERS:
                item.add_marker(part)
        if SLOW & {str(path), str(path.parent)}:
            item.add_marker("slow")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests of the sample's run go to one process, which makes it once; others file by file."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "sample" if file in SHARING else file

    return Scheduling(config, log)


def free_ports(count):
    """Ports nobody listens on, below those lent to clients, so that a restart finds them free.

    Each is given once: who asked first may not listen yet. Processes of tests that run side by
    side take from different ones.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(20_000 + process % 8, 32_000, 8)
    candidates = secrets.SystemRandom().sample(ports, len(ports))
    free = (port for port in candidates if port not in GIVEN and is_free(port))
    given = list(itertools.islice(free, count))
    GIVEN.update(given)
    return given


@pytest.fixture(scope="session")
def make_ports():
    """Gives so many free ports, for a test that starts services of its own."""
    return free_ports


@pytest.fixture(scope="session")
def packets():
    """Folder of LSST's schemas, which set-up fetches; a test that needs them is skipped without."""
    from fink_assets.packages import PackageError
    from fink_assets.surveys.lsst_packet import ensure_packets

    try:
        return ensure_packets()
    except PackageError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def models():
    """Folder of the trained models, which set-up fetches; a test of them is skipped without."""
    from fink_assets.packages import PackageError
    from fink_assets.raw2science.models.store import ensure_models

    try:
        return ensure_models()
    except PackageError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def catalogues():
    """Catalogues, which set-up fetches; a test that needs them is skipped without."""
    from fink_assets.catalogues import CATALOGUES
    from fink_assets.catalogues.build import ensure_all

    problems = ensure_all(CATALOGUES)
    if problems:
        pytest.skip("; ".join(problems.values()))
    return CATALOGUES


@pytest.fixture
def impatient(monkeypatch):
    """Waits a second for a Kafka that is not there."""
    monkeypatch.setattr("resources.kafka.TIMEOUT_SECONDS", 1.0)


@pytest.fixture(scope="session")
def runtime_settings(tmp_path_factory):
    """Settings of the session's services; nothing of them runs yet."""
    kafka, controller, spark, spark_ui, dagster, ztf, lsst = free_ports(7)
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        lake_root="",
        kafka_port=kafka,
        kafka_controller_port=controller,
        kafka_input="",
        kafka_output="",
        spark_port=spark,
        spark_ui_port=spark_ui,
        spark_remote="",
        spark_memory="2g",
        dagster_port=dagster,
        api_ports={"ztf": ztf, "lsst": lsst},
    )


@pytest.fixture(scope="session")
def kafka_service(runtime_settings):
    """The running broker, with `.stop()`, `.kill()` and `.restart()`."""
    yield from _service("kafka", runtime_settings)


@pytest.fixture(scope="session")
def spark_service(runtime_settings):
    """The running Spark Connect server, with `.stop()`, `.kill()` and `.restart()`."""
    yield from _service("spark", runtime_settings)


def _service(name, configuration):
    from resources.embedded.jars import resolve
    from resources.embedded.processes import running

    resolve(configuration.jars)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", JAVA, prepend=" ")
        with running(configuration, only=(name,)) as services:
            yield services[name]
            services[name].kill()  # an orderly end takes a quarter of a minute


@pytest.fixture(scope="session")
def services(kafka_service, spark_service):
    """Both services, by name."""
    return {"kafka": kafka_service, "spark": spark_service}


@pytest.fixture(scope="session")
def spark(spark_service, runtime_settings):
    """A session on the warm server, set up as the stages rely on."""
    from resources.spark import connect

    session = connect(runtime_settings.spark_address)
    yield session
    session.stop()


@pytest.fixture
def lake(tmp_path):
    """Root of an empty lake."""
    return str(tmp_path / "lake")


@pytest.fixture
def settings(runtime_settings, lake, monkeypatch):
    """Settings with the session's services and an empty lake, in the environment as well."""
    from resources.embedded.service import environment

    configuration = runtime_settings.model_copy(update={"lake_root": lake})
    for name, value in environment(configuration).items():
        monkeypatch.setenv(name, value)
    settings_module.settings.cache_clear()
    yield configuration
    settings_module.settings.cache_clear()


@pytest.fixture(scope="session")
def kafka_servers(kafka_service, runtime_settings):
    """Bootstrap servers of the running broker."""
    return runtime_settings.input_servers


@pytest.fixture
def topic(kafka_servers):
    """Name of a fresh topic with two partitions."""
    from confluent_kafka.admin import AdminClient, NewTopic

    name = f"topic-{uuid.uuid4().hex[:12]}"
    admin = AdminClient({"bootstrap.servers": kafka_servers})
    admin.create_topics([NewTopic(name, num_partitions=2, replication_factor=1)])[name].result(30)
    return name


@pytest.fixture(scope="session")
def sample_run(models, spark, kafka_servers, tmp_path_factory):
    """The sample after the whole chain, in two batches; a test that changes it, copies it."""
    import pipeline

    lake = str(tmp_path_factory.mktemp("sample") / "lake")
    topic = pipeline.make_topic(kafka_servers)
    run = pipeline.build(spark, kafka_servers, topic, lake, name="ztf", alerts_per_batch=30)
    run.feed(pipeline.sample().values())
    run.finish()
    run.archive()
    return run


@pytest.fixture(scope="session")
def enriched_sample(spark, sample_run, tmp_path_factory):
    """Every alert of the sample with all modules, those that fail a cut included."""
    from fink_assets.raw2science.apply import enriched, with_inputs

    chain = sample_run.chain
    alerts = with_inputs(chain.tables.raw.read(spark), chain.survey, chain.modules)
    path = str(tmp_path_factory.mktemp("enriched") / "alerts")
    wanted = ["alert_id", "alert", "candidate", "history", "cutouts", "services"]
    wanted += ["module_status", "module_errors"]
    names = [module.name for module in chain.modules]
    enriched(alerts, chain.modules).select(*wanted, *names).write.parquet(path)
    return spark.read.parquet(path)
