"""Alerts and a service on the network: asked in time, missed when it is down, healed when it is up.

The service is a server on this machine that answers as CDS X-Match does.
"""

import json
from dataclasses import replace

import dagster as dg
import pandas as pd
import pytest
from pipeline import NIGHT, WIDE, build, make_topic, rows, sample
from unit.services.served import serving, x_match

from fink_assets.definitions import build_defs
from fink_assets.raw2science.asked import Asking
from fink_assets.raw2science.module import Column, science_module
from fink_assets.raw2science.modules.ztf import (
    classification,
    early_snia,
    simbad,
    solar_system,
    supernova,
)
from fink_assets.simulator.packet import read_detection
from quality.reconciliation import deliveries

STAR, GALAXY, ALONE = 1786383461515015008, 1786383464615015013, 2713205333315015032
ALERTS = (STAR, GALAXY, ALONE)
SUPERNOVAE = replace(
    WIDE, name="supernovae", condition="supernova.sn_vs_all >= 0", inputs=("supernova.sn_vs_all",)
)


def place(number):
    candidate = read_detection(sample()[number])["candidate"]
    return candidate["ra"], candidate["dec"]


def objects(*known):
    """What the service has: position of an alert, name, long and short type."""
    listed = [
        (f"{place(number)[0]}", f"{place(number)[1]}", name, long, short)
        for number, name, long, short in known
    ]
    return pd.DataFrame(listed, columns=["ra", "dec", "main_id", "main_type", "otype"])


KNOWN = objects((STAR, "V* Ours", "Mira", "Mi*"), (GALAXY, "NGC 0", "Galaxy", "G"))


def broken(handler, asked):
    """Fail as a server does that is being restarted."""
    handler.send_error(503)


@pytest.fixture
def service():
    with serving(x_match(KNOWN)) as served:
        yield served


@pytest.fixture
def configuration(runtime_settings, service, tmp_path):
    """A deployment that may ask SIMBAD."""
    changes = {
        "lake_root": str(tmp_path / "lake"),
        "services": ("simbad",),
        "service_seconds": 20.0,
        "cds_address": service.address,
    }
    return runtime_settings.model_copy(update=changes)


@pytest.fixture
def run(spark, kafka_servers, configuration, models):
    return build(
        spark,
        kafka_servers,
        make_topic(kafka_servers),
        configuration.lake,
        modules=[simbad, solar_system, supernova, early_snia, classification],
        filters=[SUPERNOVAE],
        asking=Asking.of(configuration),
    )


def found(run, column):
    return {row["alert_id"]: row[column] for row in rows(run.tables.science)}


def statuses(run):
    return {n: dict(status) for n, status in found(run, "module_status").items()}


def take(run, *numbers):
    run.feed(sample()[number] for number in numbers)
    return run.finish()


def test_each_alert_gets_what_the_service_has_at_its_place_and_the_date(run):
    take(run, *ALERTS)
    answers = found(run, "simbad")
    types = {number: answer["main_type"] for number, answer in answers.items()}
    assert types == {STAR: "Mira", GALAXY: "Galaxy", ALONE: None}
    assert {status["simbad"] for status in statuses(run).values()} == {"ok"}
    assert all(answer["answered"] is not None for answer in answers.values())
    assert answers[STAR]["separation"] < 0.01
    assert answers[ALONE]["separation"] is None


def test_a_known_star_is_no_supernova_and_a_galaxy_may_have_one(run):
    take(run, *ALERTS)
    assert {n: status["supernova"] for n, status in statuses(run).items()} == {
        STAR: "not_applicable",
        GALAXY: "ok",
        ALONE: "ok",
    }


def test_a_place_that_was_answered_is_not_asked_again(run, service):
    take(run, STAR, GALAXY)
    before = len(service.asked)
    service.respond = broken
    again = replace(run.chain, asking=replace(run.chain.asking, clients={}))
    replace_run = replace(run, chain=again)
    take(replace_run, ALONE)
    assert len(service.asked) == before > 0
    assert statuses(run)[ALONE]["simbad"] == "unavailable"
    assert statuses(run)[STAR]["simbad"] == "ok"


@pytest.fixture
def missed(run, service):
    """Alerts that came while the service was down, and were sent."""
    service.respond = broken
    take(run, *ALERTS)
    return run


def defs(run, configuration):
    chain = run.chain
    return build_defs(
        configuration, surveys=[chain.survey], modules=chain.modules, filters=chain.filters
    )


def looked(run, configuration, cursor=None):
    """What the sensor wants."""
    made = defs(run, configuration)
    sensor = made.resolve_sensor_def(f"{run.chain.survey.name}_healing_sensor")
    instance = dg.DagsterInstance.ephemeral()
    with dg.build_sensor_context(
        instance, cursor=cursor, repository_def=made.get_repository_def()
    ) as context:
        return sensor.evaluate_tick(context)


def test_while_it_is_down_alerts_go_on_without_it_and_say_so(missed, configuration):
    for status in statuses(missed).values():
        assert status["simbad"] == "unavailable"
        assert (status["solar_system"], status["supernova"]) == ("ok", "ok")
    reasons = {n: dict(errors)["simbad"] for n, errors in found(missed, "module_errors").items()}
    assert set(reasons) == set(ALERTS)
    assert all("503" in reason or "left alone" in reason for reason in reasons.values())
    assert {row["alert_id"] for row in rows(missed.tables.deliveries)} == set(ALERTS)
    tick = looked(missed, configuration)
    assert not tick.run_requests
    assert "services do not answer: simbad: " in tick.skip_message


def test_once_it_is_up_the_nights_that_wait_are_healed_and_what_reads_it_too(
    missed, configuration, service, spark
):
    service.respond = x_match(KNOWN)
    tick = looked(missed, configuration)
    (request,) = [r for r in tick.run_requests if r.partition_key == NIGHT]
    assert {key.path[-1] for key in request.asset_selection} == {
        *("simbad", "supernova", "early_snia", "classification"),
        *("objects", "alerts", "classes", "statistics"),
    }
    healed = defs(missed, configuration)
    for wanted in tick.run_requests:
        job = healed.resolve_job_def(f"{missed.chain.survey.name}_nights")
        result = job.get_subset(asset_selection=set(wanted.asset_selection)).execute_in_process(
            partition_key=wanted.partition_key, instance=dg.DagsterInstance.ephemeral()
        )
        assert result.success
    assert {status["simbad"] for status in statuses(missed).values()} == {"ok"}
    assert statuses(missed)[STAR]["supernova"] == "not_applicable"
    assert statuses(missed)[GALAXY]["supernova"] == "ok"
    assert found(missed, "simbad")[STAR]["main_type"] == "Mira"
    told = rows(missed.tables.classes, "label", alert_id=STAR, family="simbad")
    assert [row["label"] for row in told] == ["Mira"]
    (looked_up,) = rows(missed.tables.alerts, "simbad", alert_id=STAR)
    assert looked_up["simbad"]["main_type"] == "Mira"
    moments = rows(missed.tables.science, "recomputed")
    assert None not in {row["recomputed"] for row in moments}

    after = looked(missed, configuration, tick.cursor)
    assert not after.run_requests
    assert after.skip_message == "no alert waits for a service"
    assert NIGHT in json.loads(after.cursor)

    (balance,) = [deliveries(missed.tables, spark, NIGHT, missed.chain.filters)]
    assert balance.balanced
    assert balance.terms["changed by values computed anew"] == 1


def test_a_deployment_that_may_ask_nobody_says_so(run, configuration):
    alone = configuration.model_copy(update={"services": ()})
    assert "FINK_SERVICES" in looked(run, alone).skip_message


def test_a_service_of_an_unknown_name_is_refused_at_the_start(configuration):
    wrong = configuration.model_copy(update={"services": ("simbda",)})
    with pytest.raises(ValueError, match="FINK_SERVICES: simbda is none of"):
        Asking.of(wrong)


def test_a_night_without_alerts_is_computed_again_like_any_other(missed, configuration):
    """Regression: Spark cannot tell the columns of an answer about nobody."""
    job = defs(missed, configuration).resolve_job_def(f"{missed.chain.survey.name}_nights")
    only = {dg.AssetKey([missed.chain.survey.name, "science", "simbad"])}
    result = job.get_subset(asset_selection=only).execute_in_process(
        partition_key="2021-11-20", instance=dg.DagsterInstance.ephemeral()
    )
    assert result.success


def reads_nothing_there(alerts):
    """Give what is in a column that no packet has."""
    return pd.DataFrame({"score": alerts["candidate.nosuch"]}, index=alerts.index)


def test_a_module_that_reads_a_column_that_is_not_there_fails_alone(run):
    """Regression: Spark refuses the whole batch, and no alert of the survey went on."""
    declare = science_module(
        survey="ztf",
        version="1.0.0",
        owners=["team:tests"],
        inputs=("candidate.nosuch",),
        outputs=(Column(name="score", type="double", doc="A number."),),
    )
    broken = replace(declare(reads_nothing_there), survey=run.chain.survey.name)
    again = replace(run, chain=replace(run.chain, modules=[*run.chain.modules, broken]))
    take(again, *ALERTS)
    assert {s["reads_nothing_there"] for s in statuses(run).values()} == {"failed"}
    assert {s["solar_system"] for s in statuses(run).values()} == {"ok"}
    reasons = {dict(e)["reads_nothing_there"] for e in found(run, "module_errors").values()}
    assert all("nosuch" in reason for reason in reasons)
