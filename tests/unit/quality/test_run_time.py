"""What is measured of modules: on which alerts, how often, and what is an excess."""

import time
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from fink_assets.lake.tables import Tables
from fink_assets.raw2science.module import BUDGET_MS, Column, ScienceModule
from quality.run_time import BATCHES, LEAST, SAMPLE, RunTime, measured, sample

NIGHT = "2026-01-09"
STATUSES = pa.map_(pa.string(), pa.string())


def module(cost=0.0, first=0.0):
    """A module that takes so many seconds of CPU per alert, and more for its first call."""
    calls = []

    def run(alerts):
        begun, burnt = time.process_time(), cost * len(alerts) + (0 if calls else first)
        calls.append(len(alerts))
        while time.process_time() - begun < burnt:
            pass
        return pd.DataFrame({"m": alerts["candidate.magpsf"]}, index=alerts.index)

    made = ScienceModule(
        name="score",
        survey="ztf",
        version="1.0.0",
        owners=("team:tests",),
        inputs=("candidate.magpsf",),
        outputs=(Column(name="m", type="double", doc="The magnitude."),),
        doc="A module that costs what it is told to.",
        function=run,
    )
    return made, calls


def alerts(many):
    return pd.DataFrame({"candidate.magpsf": [18.0] * many})


def test_the_cost_is_that_of_all_alerts_at_once_without_the_first_run():
    made, calls = module(cost=0.001, first=0.5)
    found = measured(made, alerts(50))
    assert calls == [50, 50]
    assert found.alerts == 50
    assert 0.001 <= found.seconds_per_alert < 0.005
    assert not found.exceeds(BUDGET_MS)


def test_a_module_that_burns_processors_exceeds_its_budget_twice():
    made, calls = module(cost=0.006)
    found = measured(made, alerts(LEAST))
    assert len(calls) == 3
    assert found.exceeds(BUDGET_MS)
    assert not found.exceeds(1000)


def test_an_excess_that_does_not_come_again_is_none():
    made, _ = module()
    spent = iter([0.0, 1.0, 0.0])

    def run(alerts):
        end = time.process_time() + next(spent)
        while time.process_time() < end:
            pass
        return pd.DataFrame({"m": alerts["candidate.magpsf"]}, index=alerts.index)

    assert not measured(replace(made, function=run), alerts(LEAST)).exceeds(BUDGET_MS)


def test_waiting_is_no_use_of_processors():
    """What other threads of this process do meanwhile counts: the least of some is the module's."""
    made, _ = module()

    def run(alerts):
        time.sleep(0.2)
        return pd.DataFrame({"m": alerts["candidate.magpsf"]}, index=alerts.index)

    waiting = replace(made, function=run)
    assert min(measured(waiting, alerts(LEAST)).seconds for _ in range(5)) < 0.1


def test_too_few_alerts_are_not_judged():
    assert RunTime(alerts=LEAST, seconds=1).exceeds(BUDGET_MS)
    assert not RunTime(alerts=LEAST - 1, seconds=1).exceeds(BUDGET_MS)
    assert RunTime(alerts=0).seconds_per_alert is None


def test_a_module_that_raises_has_no_cost_and_says_why():
    def run(alerts):
        raise ValueError("no such band")

    found = measured(replace(module()[0], function=run), alerts(LEAST))
    assert (found.seconds, found.exceeds(BUDGET_MS)) == (None, False)
    assert found.problem == "ValueError: no such band"


@pytest.fixture
def science(tmp_path):
    """Writes batches of a night of science, one call each."""
    table = Tables("ztf", str(tmp_path)).science

    def write(batch, ids, *, status="ok", version="", night=NIGHT):
        many = len(ids)
        version = version or module()[0].code_version
        frame = pa.table(
            {
                "night": [night] * many,
                "batch": pa.array([batch] * many, pa.int64()),
                "alert_id": pa.array(ids, pa.int64()),
                "module_status": pa.array([[("score", status)]] * many, STATUSES),
                "module_versions": pa.array([[("score", version)]] * many, STATUSES),
            }
        )
        write_deltalake(table.path, frame, mode="append", partition_by=["night"])

    write.table = table
    return write


def sampled(science):
    return sample(science.table, [module()[0]], NIGHT)["score"]


def test_the_sample_is_bounded_the_same_whenever_asked_and_from_the_whole_of_a_batch(science):
    science(3, range(10 * SAMPLE))
    found = sampled(science)
    assert len(set(found)) == SAMPLE
    assert found == sampled(science)
    ids = sorted(alert for _, alert in found)
    assert ids[0] < SAMPLE
    assert ids[-1] > 9 * SAMPLE


def test_the_sample_grows_with_the_night_without_another_order(science):
    science(1, range(100))
    before = [alert for _, alert in sampled(science)]
    science(2, range(100, 150))
    assert [alert for _, alert in sampled(science) if alert < 100] == before


def test_only_the_largest_batches_are_read(science):
    for batch in range(BATCHES + 2):
        science(batch, range(1000 * batch, 1000 * batch + 10 + batch))
    assert {batch for batch, _ in sampled(science)} == set(range(2, BATCHES + 2))


def test_only_alerts_that_the_present_version_gave_values_are_taken(science):
    science(1, range(10))
    science(1, range(10, 20), status="not_applicable")
    science(1, range(20, 30), status="failed")
    science(1, range(30, 40), version="0.9.0+12345678")
    science(1, range(40, 50), night="2026-01-08")
    assert sorted(alert for _, alert in sampled(science)) == list(range(10))


def test_a_night_without_alerts_and_a_table_that_is_not_there_have_no_sample(science, tmp_path):
    assert sample(science.table, [module()[0]], NIGHT) == {}
    science(1, range(10), night="2026-01-08")
    assert sample(science.table, [module()[0]], NIGHT) == {}
