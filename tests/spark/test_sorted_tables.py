"""Tables that delta-rs sorts and Spark writes, or the other way round."""

from dataclasses import replace

import pytest
from pipeline import build, make_topic, rows, sample, text

from fink_assets.astro.sphere import cells
from fink_assets.lake import sorting


@pytest.fixture(scope="module")
def run(spark, kafka_servers, tmp_path_factory):
    """The sample after the whole chain, without modules, in two batches."""
    lake, topic = str(tmp_path_factory.mktemp("sorted")), make_topic(kafka_servers)
    made = build(
        spark, kafka_servers, topic, lake, name="ztf", modules=[], filters=[], alerts_per_batch=30
    )
    made.feed(sample().values())
    while made.chain.step(made.done.append, stages=("stream2raw", "raw2science")):
        pass
    for number in (0, 1):
        for table in made.chain.archive:
            table.refresh(up_to_batch=number)
        sorting.cluster(made.tables.objects)
    return made


def test_an_alert_that_is_looked_up_is_that_of_science(run):
    looked, science = rows(run.tables.alerts), rows(run.tables.science)
    assert text(looked, "healpix_29", "year") == text(science)
    assert len(looked) == 48
    for row in looked:
        assert row["healpix_29"] == cells(row["ra"], row["dec"])[0]
        assert row["year"] == row["night"][:4]


def test_sorting_objects_between_merges_changes_none(run):
    states = rows(run.tables.objects, "object_id", "alerts", "last_time", "candidate")
    alerts = rows(run.tables.science, "object_id", "alert_id", "time", "candidate")
    latest = {}
    for alert in sorted(alerts, key=lambda a: (a["time"], a["alert_id"])):
        number = latest.get(alert["object_id"], {"alerts": 0})["alerts"] + 1
        latest[alert["object_id"]] = {
            "object_id": alert["object_id"],
            "alerts": number,
            "last_time": alert["time"],
            "candidate": alert["candidate"],
        }
    assert text(states) == text(latest.values())
    assert sorting.cluster(run.tables.objects) == 0
    assert run.tables.objects.committed() == 1


def test_spark_reads_what_was_written_without_it(run, spark):
    sorting.cluster(run.tables.alerts)
    found = run.tables.alerts.read(spark).select("alert_id", "object_id", "candidate.magpsf")
    expected = run.tables.science.read(spark).select("alert_id", "object_id", "candidate.magpsf")
    assert sorted(found.collect()) == sorted(expected.collect())


def test_a_night_computed_anew_is_replaced_in_a_sorted_table(run, tmp_path):
    copied = run.copy(tmp_path)
    sorting.cluster(copied.tables.alerts)
    alerts = replace(copied.chain.archive[2], tables=copied.tables)
    before = rows(alerts.table)
    alerts.rebuild(sorted({row["night"] for row in before})[:1])
    assert text(rows(alerts.table)) == text(before)
