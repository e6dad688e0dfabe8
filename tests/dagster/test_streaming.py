"""The streaming job on real services: what operators see of it, and how it ends."""

from dataclasses import replace
from uuid import uuid4

import dagster as dg
import pytest
from pipeline import altered, feed, make_topic, sample
from pipeline import rows as stored

from fink_assets.definitions import build_defs
from fink_assets.distribution.filters.ztf import FILTERS
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.modules.ztf import MODULES
from fink_assets.surveys import ZTF
from sensors import stream

FIRST = (1786106591315015003, 1786107540015015005, 1786329104615015008, 975188140215010135)
REJECTED, OFF_SKY, LATER = 1786330573515015010, 1786331044915015003, 1786383461515015008


@pytest.fixture(scope="module")
def platform(spark, kafka_servers, runtime_settings, tmp_path_factory):
    """Settings, survey, definitions and instance of a small deployment."""
    name, topic = f"ztf{uuid4().hex[:8]}", make_topic(kafka_servers)
    survey = replace(ZTF, name=name, topics=topic)
    settings = runtime_settings.model_copy(
        update={
            "lake_root": str(tmp_path_factory.mktemp("lake")),
            "drain_quiet_seconds": 1.0,
            "report_seconds": 3600.0,
        }
    )
    defs = build_defs(
        settings,
        surveys=[survey],
        modules=[replace(m, survey=name) for m in MODULES],
        filters=[replace(f, survey=name) for f in FILTERS],
    )
    with dg.DagsterInstance.ephemeral() as instance:
        yield survey, settings, defs, instance


@pytest.fixture(scope="module")
def drain(platform):
    """Runs the streaming job until the topic is quiet."""
    survey, _, defs, instance = platform

    def run(**config):
        return defs.resolve_job_def(f"{survey.name}_stream").execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"ops": {f"{survey.name}_drain": {"config": config}}} if config else None,
        )

    return run


@pytest.fixture(scope="module")
def first(platform, drain, kafka_servers):
    survey = platform[0]
    alert = sample()
    messages = [*[alert[n] for n in FIRST], altered(alert[REJECTED], rb=0.1)]
    feed(kafka_servers, survey.topics, messages)
    return drain()


def logged(result, platform, kind):
    """Events of a run as they are stored, which are all there also when the run failed."""
    records = platform[3].all_logs(result.run_id, of_type=kind)
    return [record.dagster_event.event_specific_data for record in records]


def materialized(result, platform):
    """Metadata of what was materialised, by asset and night."""
    found = {}
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    for m in (data.materialization for data in logged(result, platform, kind)):
        place = m.asset_key.to_user_string().removeprefix(f"{platform[0].name}/"), m.partition
        assert place not in found, "once per report"
        found[place] = {name: value.value for name, value in m.metadata.items()}
    return found


def evaluated(result, platform):
    found = logged(result, platform, dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    return {(e.asset_key.path[-1], e.check_name): e for e in found}


def test_the_run_ends_well_when_the_topic_is_quiet(first):
    assert first.success


def valued(platform, night):
    """Alerts of a night to which each module gave values, by its asset."""
    survey, settings, *_ = platform
    science = Tables(survey.name, settings.lake).science
    found = [dict(row["module_status"]) for row in stored(science, night=night)]
    return {f"science/{m.name}": sum(s[m.name] == "ok" for s in found) for m in MODULES}


def test_each_asset_of_each_night_is_materialised_once_with_its_rows(first, platform):
    found = materialized(first, platform)
    rows = {key: metadata.get("dagster/row_count") for key, metadata in found.items()}
    late, early = "2021-11-22", "2019-09-03"
    expected = {
        ("raw", late): 4,
        ("raw", early): 1,
        ("quarantine", late): 1,
        ("science", late): 3,
        ("science", early): 1,
        ("sources", late): None,
        ("sources", early): None,
        ("objects", late): None,
        ("objects", early): None,
        ("alerts", late): None,
        ("alerts", early): None,
        ("classes", late): None,
        ("classes", early): None,
        ("received", late): None,
        ("received", early): None,
        ("history", late): None,
        ("history", early): None,
        ("forced_photometry", late): None,
        ("forced_photometry", early): None,
        ("forced_light_curves", late): None,
        ("forced_light_curves", early): None,
        ("deliveries", late): 2,
        ("topic/sso_ztf_candidates", late): 2,
        **{(asset, late): number for asset, number in valued(platform, late).items()},
        **{(asset, early): number for asset, number in valued(platform, early).items()},
    }
    assert rows["science/solar_system", late] == 3
    assert rows == expected


def test_latencies_are_shown_in_seconds(first, platform):
    found = materialized(first, platform)
    science, sent = found["science", "2021-11-22"], found["deliveries", "2021-11-22"]
    for metadata in (science, sent):
        assert 0 < metadata["latency_s_p50"] <= metadata["latency_s_p95"] < 3600
    assert science["latency_s_p50"] <= sent["latency_s_p50"]


def test_the_stream_is_observed_and_modules_carry_their_version(first, platform):
    survey, _, _, instance = platform
    records = instance.fetch_observations(dg.AssetKey([survey.name, "stream"]), limit=5).records
    assert [r.asset_observation.metadata["messages"].value for r in records] == [5]
    (module,) = [m for m in MODULES if m.name == "solar_system"]
    event = instance.get_latest_materialization_event(
        dg.AssetKey([survey.name, "science", "solar_system"])
    )
    tags = event.asset_materialization.tags
    assert tags["dagster/code_version"] == module.code_version


def test_every_check_of_a_batch_is_evaluated(first, platform):
    found = evaluated(first, platform)
    rules = {("raw", rule.name) for rule in (*ZTF.plausible, *ZTF.cuts)}
    assert set(found) == rules | {(m.name, "no_failures") for m in MODULES}
    assert all(e.passed for e in found.values())
    cut = found["raw", "low_real_bogus"].metadata
    assert (cut["evaluated"].value, cut["unexpected"].value) == (5, 1)


@pytest.fixture(scope="module")
def held(first, platform, drain, kafka_servers):
    survey = platform[0]
    feed(kafka_servers, survey.topics, [altered(sample()[OFF_SKY], ra=400.0)])
    result = drain()
    feed(kafka_servers, survey.topics, [sample()[LATER]])
    return result, drain()


def test_an_implausible_batch_fails_the_run_with_the_reason_and_its_check(held, platform):
    result, _ = held
    assert not result.success
    (failure,) = result.get_step_failure_events()
    reason = failure.event_specific_data.error.cause or failure.event_specific_data.error
    assert "batch 1 is not plausible and is held back in raw" in reason.message
    check = evaluated(result, platform)["raw", "ra_on_the_sky"]
    assert not check.passed
    assert check.blocking
    assert check.severity == dg.AssetCheckSeverity.ERROR
    assert check.metadata["samples"].value == "400.0"
    found = materialized(result, platform)
    assert {name for name, _ in found} == {"raw"}


def test_raw_goes_on_behind_a_held_batch_and_the_sensor_says_what_to_do(held, platform):
    survey, settings, defs, instance = platform
    _, second = held
    assert {name for name, _ in materialized(second, platform)} == {"raw"}
    sensor = defs.resolve_sensor_def(f"{survey.name}_stream_sensor")
    skip = sensor(dg.build_sensor_context(instance=instance, definitions=defs))
    assert "batch 1 is held back" in skip.skip_message
    assert settings.spark_address
    assert instance.get_run_records(dg.RunsFilter(tags={stream.STREAM_TAG: survey.name}))


def test_a_released_batch_goes_through_with_what_is_behind_it(held, platform, drain):
    survey, _, defs, instance = platform
    result = drain(release=[1])
    assert result.success
    found = materialized(result, platform)
    assert sum(m["dagster/row_count"] for (name, _), m in found.items() if name == "science") == 2
    sensor = defs.resolve_sensor_def(f"{survey.name}_stream_sensor")
    skip = sensor(dg.build_sensor_context(instance=instance, definitions=defs))
    assert skip.skip_message == "no new alerts"
