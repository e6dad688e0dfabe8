"""Light curves and objects: right whatever the order, the split into batches, and what dies."""

from dataclasses import replace
from uuid import uuid4

import pytest
from pipeline import NIGHT, Run, rows, text

from fink_assets.astro.sphere import cells
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.backfill import replace_nights
from fink_assets.surveys import ZTF

STATE = ("alerts", "first_time", "last_time", "last_night", "last_alert_id", "ra", "dec")
SPLITS = {
    "by chance": "pmod(xxhash64(alert_id), 3)",
    "newest first": "least(row_number() over (partition by object_id order by time desc), 3) - 1",
}
MEASURED = """named_struct('magpsf', candidate.magpsf, 'fid', candidate.fid,
    'in_g', if(candidate.fid = 1, named_struct('rb', candidate.rb), null)) as candidate"""


def expected(science):
    """State of each object, computed alert by alert."""
    objects = {}
    for row in sorted(narrow(science), key=lambda r: (r["time"], r["alert_id"])):
        known = objects.get(row["object_id"], {"alerts": 0, "first_time": row["time"]})
        objects[row["object_id"]] = {
            "object_id": row["object_id"],
            "alerts": known["alerts"] + 1,
            "first_time": known["first_time"],
            "last_time": row["time"],
            "last_night": row["night"],
            "last_alert_id": row["alert_id"],
            "ra": row["ra"],
            "dec": row["dec"],
            "candidate": row["candidate"],
        }
    return objects.values()


def found(tables):
    return narrow(rows(tables.objects, "object_id", *STATE, "candidate"))


def narrow(alerts):
    """The same with few columns of the candidate, one of them a struct that may be null."""
    return [{**row, "candidate": measured(row["candidate"])} for row in alerts]


def measured(candidate):
    in_g = {"rb": candidate["rb"]} if "rb" in candidate and candidate["fid"] == 1 else None
    kept = {name: candidate[name] for name in ("magpsf", "fid")}
    return {**kept, "in_g": candidate.get("in_g", in_g)}


@pytest.fixture(scope="module")
def science(sample_run):
    names = ("night", "alert_id", "object_id", "time", "ra", "dec", "candidate")
    return rows(sample_run.tables.science, *names)


@pytest.fixture
def split(spark, sample_run, tmp_path):
    """Makes a lake whose science is the sample's in three other batches."""

    def make(batch):
        tables = Tables("ztf", str(tmp_path / uuid4().hex[:8]))
        alerts = sample_run.tables.science.read(spark)
        names = ("night", "alert_id", "object_id", "time", "ra", "dec")
        dealt = alerts.selectExpr(*names, MEASURED, f"bigint({batch}) as batch")
        tables.science.append(dealt, batch=2)
        return replace(sample_run.chain.objects, tables=tables, modules=())

    return make


def test_the_chain_left_every_object_and_light_curve(sample_run, science):
    assert text(found(sample_run.tables)) == text(expected(science))
    curves = rows(sample_run.tables.sources)
    assert len(curves) == len(science) == 48
    by_alert = {row["alert_id"]: row for row in science}
    for point in curves:
        candidate = by_alert[point["alert_id"]]["candidate"]
        assert point["band"] == "_gri"[candidate["fid"]]
        assert point["magnitude"] == candidate["magpsf"]
        assert point["magnitude_error"] == candidate["sigmapsf"]
        assert (point["ra"], point["dec"]) == (candidate["ra"], candidate["dec"])


def test_an_object_carries_the_module_columns_of_its_latest_alert(sample_run):
    by_alert = {row["alert_id"]: row for row in rows(sample_run.tables.science)}
    for state in rows(sample_run.tables.objects):
        latest = by_alert[state["last_alert_id"]]
        for module in sample_run.chain.modules:
            assert text([{"value": state[module.name]}]) == text([{"value": latest[module.name]}])


def test_an_alert_that_is_looked_up_is_that_of_science(sample_run):
    looked, science = rows(sample_run.tables.alerts), rows(sample_run.tables.science)
    assert text(looked, "healpix_29", "year") == text(science)
    for row in looked:
        assert row["healpix_29"] == cells(row["ra"], row["dec"])[0]
        assert row["year"] == row["night"][:4]


def test_the_labels_of_alerts_are_those_of_the_module(sample_run):
    found = rows(sample_run.tables.classes, "alert_id", "label", family="fink")
    expected = [
        {"alert_id": r["alert_id"], "label": r["classification"]["label"]}
        for r in rows(sample_run.tables.science, "alert_id", "classification")
    ]
    assert text(found) == text(expected)


@pytest.mark.parametrize("batch", SPLITS.values(), ids=list(SPLITS))
def test_objects_do_not_depend_on_how_and_in_which_order_alerts_came(batch, split, science):
    objects = split(batch)
    assert [objects.refresh(up_to_batch=n) for n in (0, 1, 2)] == [1, 1, 1]
    assert text(found(objects.tables)) == text(expected(science))
    assert objects.refresh(up_to_batch=2) == 0


def test_a_merge_repeated_under_its_number_counts_no_alert_twice(split, science, spark):
    objects = split(SPLITS["by chance"])
    alerts = objects.tables.science.read(spark)
    for part, version in (("batch = 0", 0), ("batch > 0", 2), ("batch > 0", 2)):
        objects._merge(objects._with_known(objects.states(alerts.where(part))), version=version)
    assert objects.tables.objects.committed() == 2
    assert text(found(objects.tables)) == text(expected(science))


def test_a_refresh_killed_before_its_merge_is_repeated_and_the_next_follows(split, science):
    objects = split(SPLITS["by chance"])
    objects.tables.ledger.add_receipt(objects.plan, 1, Receipt())
    assert objects.refresh(up_to_batch=2) == 3
    assert text(found(objects.tables)) == text(expected(science))


def test_a_refresh_whose_plan_is_lost_is_not_repeated(split, science, spark):
    objects = split("2")
    alerts = objects.tables.science.read(spark)
    objects._merge(objects.states(alerts), version=2)
    assert objects.tables.ledger.position(objects.plan) == -1
    assert objects.refresh(up_to_batch=2) == 0
    assert text(found(objects.tables)) == text(expected(science))


@pytest.fixture(scope="module")
def stricter(sample_run, tmp_path_factory):
    """A copy of the lake in which a night was judged again by a stricter rule."""
    cuts = [replace(r, threshold=0.8) if r.name == "low_real_bogus" else r for r in ZTF.cuts]
    survey = replace(sample_run.chain.survey, cuts=tuple(cuts))
    run: Run = sample_run.copy(tmp_path_factory.mktemp("stricter"), survey=survey)
    replace_nights(run.chain.enrich, [NIGHT])
    for table in run.chain.archive:
        table.rebuild([NIGHT])
    return run


def test_objects_rebuilt_after_a_change_of_rules_are_those_built_from_scratch(stricter, sample_run):
    remaining = rows(stricter.tables.science)
    assert text(found(stricter.tables)) == text(expected(remaining))
    gone = {r["object_id"] for r in rows(sample_run.tables.objects)} - {
        r["object_id"] for r in rows(stricter.tables.objects)
    }
    assert "ZTF17aaavszj" in gone
    assert len(remaining) < 48


def test_the_night_alone_was_judged_again(stricter, sample_run):
    for name in ("science", "sources", "quarantine", "alerts", "classes"):
        before, after = (
            [r for r in rows(getattr(run.tables, name)) if r["night"] != NIGHT]
            for run in (sample_run, stricter)
        )
        assert text(after) == text(before)
        assert before
    assert text(rows(stricter.tables.raw, "kafka")) == text(rows(sample_run.tables.raw, "kafka"))
    judged = rows(stricter.tables.quarantine, night=NIGHT)
    assert {reason["threshold"] for row in judged for reason in row["reasons"]} == {">= 0.8"}
    kept = rows(stricter.tables.science, "alert_id", night=NIGHT)
    curves = rows(stricter.tables.sources, "alert_id", night=NIGHT)
    assert stricter.chain.archive[0].reported([NIGHT]) == len(curves)
    assert text(curves) == text(kept)
    assert text(rows(stricter.tables.alerts, "alert_id", night=NIGHT)) == text(kept)
    assert len(kept) + len(judged) == 27


def test_alerts_after_a_rebuild_are_counted_on_top(stricter, tmp_path):
    """A late alert of an object that was rebuilt."""
    from pipeline import altered, make_topic, sample

    run = stricter.copy(tmp_path)
    topic = make_topic(run.chain.input_servers)
    survey = replace(run.chain.survey, topics=topic)
    run = Run(chain=replace(run.chain, survey=survey), topic=topic)
    earlier = 2459540.5001
    alert = sample()[1786383461515015008]
    run.feed([altered(alert, candid=1786000000015015008, jd=earlier)])
    run.finish()
    before = {r["object_id"]: r for r in found(run.tables)}["ZTF21acoshvy"]
    run.archive()
    after = {r["object_id"]: r for r in found(run.tables)}["ZTF21acoshvy"]
    assert after["alerts"] == before["alerts"] + 1
    assert after["first_time"] < before["first_time"]
    assert after["last_alert_id"] == before["last_alert_id"]
    assert text(found(run.tables)) == text(expected(rows(run.tables.science)))
