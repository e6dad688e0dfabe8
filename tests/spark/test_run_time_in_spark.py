"""What is measured of a module is what Spark's workers compute: same alerts, same values."""

from dataclasses import replace

import lsst_messages as lsst
import pandas as pd
import pipeline
import pytest
from pipeline import NIGHT, rows

from fink_assets.raw2science.batch import OK, run_modules
from fink_assets.raw2science.modules import lsst as lsst_modules
from fink_assets.raw2science.modules import ztf as ztf_modules
from fink_assets.surveys import LSST
from quality.run_time import inputs, run_times

PYTHON = [m for m in ztf_modules.MODULES if m.function]
OF_LSST = [m for m in lsst_modules.MODULES if m.function]


def status(row, module):
    return dict(row["module_status"])[module.name]


@pytest.mark.parametrize("module", PYTHON, ids=lambda m: m.name)
def test_on_the_alerts_that_are_read_again_a_module_gives_what_science_has(sample_run, module):
    wanted = ("alert_id", "module_status", module.name)
    known = {r["alert_id"]: r for r in rows(sample_run.tables.science, *wanted)}
    applies = [alert for alert, row in known.items() if status(row, module) == OK]
    assert applies
    where = f"alert_id in ({', '.join(map(str, applies))})"
    alerts = inputs(sample_run.chain.enrich, module, where)
    assert list(alerts.index) == sorted(applies)
    assert list(alerts) == list(module.inputs)
    begun = pd.DataFrame({module.name: OK}, index=alerts.index)
    found = run_modules([module], alerts, begun)
    assert set(found[f"{module.name}.status"]) == {OK}
    for column in module.outputs:
        values = found[f"{module.name}.{column.name}"].tolist()
        expected = [known[alert][module.name][column.name] for alert in alerts.index]
        if column.type in ("double", "float"):
            values, expected = (pd.Series(v, dtype=float).tolist() for v in (values, expected))
            assert values == pytest.approx(expected, rel=1e-6, nan_ok=True), column.name
        elif column.type in ("string", "int", "bigint", "boolean"):
            same = zip(values, expected, strict=True)
            assert all(pd.isna(a) if b is None else a == b for a, b in same), column.name


def test_every_module_in_python_is_measured_on_the_alerts_to_which_it_applies(sample_run):
    chain = sample_run.chain
    science = rows(chain.tables.science, "module_status", night=NIGHT)
    found = {m.name: cost for m, cost in run_times(chain.enrich, chain.modules, NIGHT)}
    assert set(found) == {m.name for m in PYTHON}
    for module in PYTHON:
        cost = found[module.name]
        assert cost.alerts == sum(status(row, module) == OK for row in science)
        assert (cost.seconds is not None) == (cost.alerts > 0)
        assert cost.problem == ""


@pytest.fixture(scope="module")
def rubin(packets, spark, kafka_servers, tmp_path_factory):
    """Alerts of LSST after the stages up to science; not all modules apply to them."""
    run = pipeline.build(
        spark,
        kafka_servers,
        pipeline.make_topic(kafka_servers),
        str(tmp_path_factory.mktemp("rubin") / "lake"),
        survey=LSST,
        modules=lsst_modules.MODULES,
        filters=(),
    )
    run.feed([message(number) for number in (1, 2, 3)])
    return run.finish()


def message(number):
    """An alert that passes the cuts."""
    alert = lsst.filled(900, number)
    source = alert["diaSource"]
    source |= {name: False for name, value in source.items() if isinstance(value, bool)}
    source |= {"ra": 10.0, "dec": -5.0, "psfFlux": 2000.0, "psfFluxErr": 100.0, "band": "r"}
    return lsst.wire(alert, 900)


@pytest.mark.parametrize("module", OF_LSST, ids=lambda m: m.name)
def test_what_modules_of_lsst_read_is_read_again(rubin, module):
    always = replace(module, applies="true")
    alerts = inputs(rubin.chain.enrich, always, "batch = 0")
    assert len(alerts) == 3
    assert list(alerts) == list(module.inputs)
    for path in module.inputs:
        if path.startswith(("cutouts.", "history.")):
            assert all(len(value) for value in alerts[path]), path
