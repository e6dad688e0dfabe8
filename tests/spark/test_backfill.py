"""Backfills through Dagster: a module after its fix, and whole nights, beside a live stream."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

import dagster as dg
import pandas as pd
import pytest
from pipeline import (
    NIGHT,
    WIDE,
    Run,
    altered,
    build,
    ids,
    make_topic,
    received,
    rows,
    sample,
    sent,
    text,
)

from fink_assets.definitions import build_defs
from fink_assets.raw2science.backfill import replace_modules
from fink_assets.raw2science.module import Column, science_module
from fink_assets.raw2science.modules.ztf import detection_history

OTHER = "2019-09-03"
FIRST = (1786106591315015003, 1786107540015015005, 1786329104615015008, 975188140215010135)
LIVE, WAITING = 1786383461515015008, 1786383464615015013
REJECTED = 1786330573515015010


def rate(alerts):
    """Give a number, once it is repaired."""
    raise RuntimeError("division by zero")


def twice(alerts):
    """Give twice the number."""
    return pd.DataFrame({"score": alerts["rate.score"] * 2})


def repaired(alerts):
    """Give a number."""
    return pd.DataFrame({"score": alerts["candidate.magpsf"].astype(float)})


def declared(function, *, inputs, version="1.0.0", needs=()):
    declare = science_module(
        survey="ztf",
        version=version,
        owners=["team:tests"],
        inputs=inputs,
        outputs=(Column(name="score", type="double", doc="A number."),),
        needs=needs,
    )
    return declare(function)


BROKEN = declared(rate, inputs=("candidate.magpsf",))
FIXED = replace(declared(repaired, inputs=("candidate.magpsf",), version="1.0.1"), name="rate")
DEPENDENT = declared(twice, inputs=("rate.score",), needs=("rate",))


@dataclass(kw_only=True)
class Scene:
    """A run with a broken module, and Dagster's view of its lake."""

    run: Run
    configuration: object

    def defs(self, *first):
        """Definitions with some version of the module."""
        survey = self.run.chain.survey
        modules = [replace(m, survey=survey.name) for m in (detection_history, *first, DEPENDENT)]
        filters = self.run.chain.filters
        return build_defs(self.configuration, surveys=[survey], modules=modules, filters=filters)

    def key(self, *names):
        return dg.AssetKey([self.run.chain.survey.name, *names])

    def materialize(self, *keys):
        """Materialise assets of the night, with the repaired module."""
        return dg.materialize(
            [*self.defs(FIXED).assets],
            selection=list(keys),
            partition_key=NIGHT,
            instance=dg.DagsterInstance.ephemeral(),
        )

    def checks(self, *first):
        """Checks of the night, by asset and name."""
        job = self.defs(*first).resolve_job_def(f"{self.run.chain.survey.name}_night_close")
        result = job.execute_in_process(
            partition_key=NIGHT,
            instance=dg.DagsterInstance.ephemeral(),
            raise_on_error=False,
        )
        return {
            (e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()
        }

    def science(self, **where):
        return rows(self.run.tables.science, **where)


@pytest.fixture(scope="module")
def base(spark, kafka_servers, tmp_path_factory):
    """Alerts of two nights after a chain with a broken module."""
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Spark's workers do not have it
    run = build(
        spark,
        kafka_servers,
        make_topic(kafka_servers),
        str(tmp_path_factory.mktemp("lake")),
        modules=[detection_history, BROKEN, DEPENDENT],
        filters=[replace(WIDE, condition="candidate.rb > 0")],
    )
    alert = sample()
    run.feed([*[alert[number] for number in FIRST], altered(alert[REJECTED], rb=0.1)])
    return run.finish()


@pytest.fixture
def make_scene(base, kafka_servers, runtime_settings, tmp_path):
    """Copies the lake of the base; a topic of its own brings what comes later."""

    def make(filters=()):
        topic = make_topic(kafka_servers)
        survey = replace(base.chain.survey, topics=topic)
        copy = base.copy(tmp_path, survey=survey, filters=filters)
        configuration = runtime_settings.model_copy(update={"lake_root": copy.tables.root})
        return Scene(run=replace(copy, topic=topic), configuration=configuration)

    return make


@pytest.fixture
def scene(make_scene):
    """A scene in which nothing is sent."""
    return make_scene()


MODULE_COLUMNS = (
    *("rate", "twice", "module_status", "module_errors", "module_versions"),
    "provenance",
)


def test_a_failed_module_shows_in_its_check_and_heals_alone(scene):
    run = scene.run
    before = scene.science()
    assert {row["rate"] for row in before} == {None}
    checks = scene.checks(BROKEN)
    health = {asset: e.passed for (asset, name), e in checks.items() if name == "no_failures"}
    assert health == {"detection_history": True, "rate": False, "twice": False}
    assert checks["rate", "no_failures"].metadata["failed"].value == 3
    assert checks["twice", "no_failures"].metadata["unavailable"].value == 3

    live = threading.Thread(target=append, args=(run, LIVE))
    live.start()
    result = scene.materialize(scene.key("science", "rate"), scene.key("science", "twice"))
    live.join()
    assert result.success

    after = {row["alert_id"]: row for row in scene.science()}
    assert sorted(after) == sorted([*FIRST, LIVE])
    healed = [n for n in FIRST if after[n]["night"] == NIGHT]
    for number in healed:
        row = after[number]
        assert row["rate"]["score"] == row["candidate"]["magpsf"]
        assert row["twice"]["score"] == 2 * row["candidate"]["magpsf"]
        assert dict(row["module_status"]).keys() == {"detection_history", "rate", "twice"}
        assert set(dict(row["module_status"]).values()) == {"ok"}
        assert dict(row["module_versions"])["rate"].startswith("1.0.1+")
        assert row["module_errors"] == []
        was = next(r["provenance"] for r in before if r["alert_id"] == number)
        versions = {"science_version": row["provenance"]["science_version"]}
        assert row["provenance"] == was | versions
        assert versions["science_version"] != was["science_version"], "a module is another one"
    moments = {
        row["alert_id"]: row["recomputed"] is not None
        for row in rows(run.tables.science, "alert_id", "recomputed")
    }
    assert {number for number in FIRST if moments[number]} == set(healed)
    unchanged = [after[n] for n in healed]
    known = [row for row in before if row["night"] == NIGHT]
    assert text(unchanged, *MODULE_COLUMNS) == text(known, *MODULE_COLUMNS)
    others = [row for row in after.values() if row["night"] == OTHER]
    assert text(others) == text(row for row in before if row["night"] == OTHER)
    assert others

    # The live batch ran with the broken module; now that it is done, the night heals as a whole.
    health = scene.checks(FIXED)["rate", "no_failures"]
    if dict(after[LIVE]["module_status"])["rate"] == "failed":
        assert not health.passed
        scene.materialize(scene.key("science", "rate"), scene.key("science", "twice"))
        health = scene.checks(FIXED)["rate", "no_failures"]
    assert health.passed


def append(run, number):
    """Take another alert of the night through the chain."""
    run.feed([sample()[number]])
    run.finish()


def test_only_the_dependent_of_a_module_can_be_run_again(scene):
    run = scene.run
    chain = run.chain
    replace_modules(chain.enrich, [replace(FIXED, survey=chain.survey.name)], [NIGHT])
    assert {dict(r["module_status"])["twice"] for r in scene.science(night=NIGHT)} == {
        "unavailable"
    }
    replace_modules(chain.enrich, [replace(DEPENDENT, survey=chain.survey.name)], [NIGHT])
    for row in scene.science(night=NIGHT):
        assert row["twice"]["score"] == 2 * row["rate"]["score"]
        assert dict(row["module_status"])["twice"] == "ok"
    assert {dict(r["module_status"])["rate"] for r in scene.science(night=OTHER)} == {"failed"}


def test_a_new_module_is_added_to_a_past_night(scene):
    run = scene.run
    new = replace(FIXED, name="brand_new", survey=run.chain.survey.name)
    replace_modules(run.chain.enrich, [new], [NIGHT])
    found = scene.science()
    assert all((row["brand_new"] is not None) == (row["night"] == NIGHT) for row in found)
    assert {len(row["module_status"]) for row in found if row["night"] == NIGHT} == {4}
    append(run, LIVE)
    assert ids(run.tables.science) == sorted([*FIRST, LIVE])


def paused(begun, go):
    """Give a number; who is first waits until he may."""

    def rate(alerts):
        with suppress(FileExistsError):
            begun.touch(exist_ok=False)
            while not go.exists():
                time.sleep(0.02)
        return repaired(alerts)

    return rate


def test_an_alert_that_comes_while_a_module_runs_again_is_kept(scene, tmp_path):
    run = scene.run
    begun, go = tmp_path / "begun", tmp_path / "go"
    slow = replace(FIXED, survey=run.chain.survey.name, function=paused(begun, go))
    with ThreadPoolExecutor(1) as thread:
        again = thread.submit(replace_modules, run.chain.enrich, [slow], [NIGHT])
        while not begun.exists():
            assert not again.done(), again.exception()
            time.sleep(0.02)
        append(run, LIVE)
        go.touch()
    assert again.exception() is None
    found = {row["alert_id"]: row for row in scene.science()}
    assert sorted(found) == sorted([*FIRST, LIVE])
    healed = [found[n] for n in FIRST if found[n]["night"] == NIGHT]
    assert {dict(row["module_status"])["rate"] for row in healed} == {"ok"}


def test_a_night_is_replaced_and_nothing_else_while_the_stream_goes_on(make_scene, base):
    scene = make_scene(filters=base.chain.filters)
    run = scene.run
    name = run.chain.survey.name
    run.archive()
    topics = [f.topic for f in run.chain.filters]
    before = {t: rows(getattr(run.tables, t)) for t in ("raw", "science", "quarantine", "sources")}
    messages = sent(received(run.chain.output_servers, topics))
    # A batch that the stream has archived and not judged yet.
    run.feed([sample()[WAITING]])
    run.chain.step(run.done.append, stages=("stream2raw",))

    job = scene.defs(FIXED).resolve_job_def(f"{name}_nights")
    live = threading.Thread(target=append, args=(run, LIVE))
    live.start()
    result = job.execute_in_process(partition_key=NIGHT, instance=dg.DagsterInstance.ephemeral())
    live.join()
    told = {e.asset_key.path[-1]: e.partition for e in result.get_asset_materialization_events()}
    tables = {"quarantine", "science", "sources", "objects", "forced_photometry", "tracklets"}
    tables |= {"alerts", "classes", "received", "history", "forced_light_curves", "statistics"}
    assert told == dict.fromkeys(tables | {"detection_history", "rate", "twice"}, NIGHT)

    run.finish().archive()
    for table in ("raw", "science", "quarantine", "sources"):
        was = [row for row in before[table] if row["night"] == OTHER]
        now = [row for row in rows(getattr(run.tables, table)) if row["night"] == OTHER]
        assert text(now) == text(was)
    assert ids(run.tables.science) == ids(run.tables.sources) == sorted([*FIRST, LIVE, WAITING])
    assert ids(run.tables.quarantine) == [REJECTED]
    healed = [r for r in scene.science(night=NIGHT) if r["alert_id"] in FIRST]
    assert {dict(row["module_status"])["rate"] for row in healed} == {"ok"}
    assert {row["batch"] for row in healed} == {0}
    # A backfill sends nothing: what came to the topics is what the stream brought.
    (topic,) = topics
    new = [(topic, LIVE), (topic, WAITING)]
    assert sent(received(run.chain.output_servers, topics)) == sorted([*messages, *new])
    states = {r["object_id"]: r["alerts"] for r in rows(run.tables.objects)}
    assert sum(states.values()) == 6
    checks = scene.checks(FIXED)
    modules = {"detection_history", "rate", "twice"}
    books = [k for k in checks if k[0] not in modules]
    assert len(books) == 6
    assert all(checks[k].passed for k in books)
