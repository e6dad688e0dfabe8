"""All modules of a survey at once in Spark: the same results however alerts are dealt out."""

import sys
from dataclasses import replace

import pytest
from frames import frame
from pipeline import text
from unit.raw2science import rubin
from unit.raw2science.batches import sample

from fink_assets.raw2science.apply import enriched
from fink_assets.raw2science.modules import MODULES

pytestmark = pytest.mark.usefixtures("models", "catalogues")

RECORDS = "spark.sql.execution.arrow.maxRecordsPerBatch"
DEALT = [(1, 2), (3, 5), (7, 3)]
"""Partitions, and most alerts in a batch of Arrow."""


def guarded(module):
    """Raise, in the place where the function runs, unless it is given what it declares."""
    if not module.function:
        return module

    def function(alerts):
        if list(alerts.columns) != list(module.inputs):
            raise ValueError(f"{module.name} is given {list(alerts.columns)}")
        return module.function(alerts)

    return replace(module, function=function)


@pytest.fixture(scope="module", params=["ztf", "lsst"])
def dealing(request, spark):
    """The alerts of a survey, its modules, and what they say of all alerts in one batch."""
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # Spark's workers do not have it
    survey = request.param
    modules = [guarded(module) for module in MODULES if module.survey == survey]
    packets = sample() if survey == "ztf" else [*rubin.built(), *rubin.real()[::4]]
    alerts = frame(spark, survey, modules, packets)
    found = said(alerts.coalesce(1), modules)
    assert len(found) == len(packets)
    return alerts, modules, found


def said(alerts, modules):
    """What modules say of alerts, by alert."""
    names = ["alert_id", "module_status", "module_errors", *(m.name for m in modules)]
    rows = enriched(alerts, modules).select(*names).collect()
    return {row["alert_id"]: row.asDict(recursive=True) for row in rows}


def test_every_module_is_given_the_columns_it_declares_and_applies_to_some_alerts(dealing):
    _, modules, found = dealing
    statuses = {m.name: {row["module_status"][m.name] for row in found.values()} for m in modules}
    assert all(status <= {"ok", "not_applicable"} for status in statuses.values()), statuses
    assert {name for name, status in statuses.items() if "ok" not in status} == set()
    assert all(row["module_errors"] == {} for row in found.values())


@pytest.mark.parametrize(("partitions", "records"), DEALT)
def test_results_do_not_depend_on_partitions_batches_and_order(partitions, records, dealing, spark):
    from pyspark.sql import functions as F

    alerts, modules, expected = dealing
    before = spark.conf.get(RECORDS)
    # From one partition they are dealt out in turn, which leaves none empty.
    dealt = alerts.coalesce(1).repartition(partitions)
    dealt = dealt.sortWithinPartitions(F.hash("alert_id", F.lit(partitions)))
    assert dealt.select(F.spark_partition_id()).distinct().count() == partitions
    try:
        spark.conf.set(RECORDS, records)
        found = said(dealt, modules)
    finally:
        spark.conf.set(RECORDS, before)
    assert text(found.values()) == text(expected.values())
