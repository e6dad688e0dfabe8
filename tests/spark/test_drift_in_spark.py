"""Drift on real tables and in Dagster: what changed in a night's packets, which values are gone."""

import math
from collections import Counter

import dagster as dg
import lsst_messages as lsst
import messages
import pytest
from messages import JD
from pipeline import build, make_topic, rows, text

from fink_assets.definitions import build_defs
from fink_assets.lake.ledger import Receipt
from fink_assets.stream2raw.batches import next_plan
from fink_assets.surveys.lsst import LSST
from resources.kafka import Kafka

FIRST, NEXT, SAME, LAST = "2021-11-23", "2021-11-24", "2021-11-25", "2021-11-27"
SAME_FIELDS = ("schema_history", "fields_are_those_of_the_night_before")
STILL_THERE = ("field_availability", "fields_have_values_as_the_night_before")
OWN = {"night", "batch", "alert_id", "object_id", "kafka", "writer", "ingested"}
WEATHER = messages.with_field("weather", ["null", "string"], version="3.1")
SCORES = {"candidate.drb", "candidate.drbversion"}


def alert(number, days, version="4.02", schema=None, *, drb=0.9, distnr=1.0, **top):
    """Message of an alert so many days after the first night; 3.1 has no score."""
    candidate = messages.packet(number, version, jd=JD + days, drb=drb, distnr=distnr)["candidate"]
    return messages.message(number, version, schema=schema, candidate=candidate, **top)


def four_nights():
    """One writer; two; the same two; another that lacks fields and has one more."""
    narrow = messages.narrower()
    yield from (alert(100 + n, 0, distnr=math.nan if n < 5 else 1.0) for n in range(20))
    for days in (1, 2):
        yield from (alert(100 + 100 * days + n, days) for n in range(20))
        yield alert(190 + 100 * days, days, schema=narrow, publisher=b"ZTF")
    yield from (alert(500 + n, 4, "3.1", WEATHER, weather="clear") for n in range(20))
    yield alert(590, 4, "3.1", WEATHER, weather=None)


class Scene:
    """A run whose raw is filled, and Dagster's view of its lake."""

    def __init__(self, run, settings):
        self.run = run
        self.survey = run.chain.survey
        configuration = settings.model_copy(update={"lake_root": run.tables.root})
        self.defs = build_defs(
            configuration, surveys=[self.survey], modules=run.chain.modules, filters=()
        )
        self.instance = dg.DagsterInstance.ephemeral()

    def materialize(self, first, last=None):
        """Materialise both for a night, or in one run for a range."""
        nouns = ("schema_history", "field_availability")
        keys = [dg.AssetKey([self.survey.name, noun]) for noun in nouns]
        bounds = {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        }
        only = {"tags": bounds} if last else {"partition_key": first}
        return dg.materialize([*self.defs.assets], selection=keys, instance=self.instance, **only)

    def history(self, **where):
        return rows(self.run.tables.schema_history, **where)

    def availability(self, night):
        return {r["field"]: r for r in rows(self.run.tables.field_availability, night=night)}

    def state(self):
        tables = self.run.tables
        return text(rows(tables.schema_history)), text(rows(tables.field_availability))


def checks(result):
    return {(e.asset_key.path[-1], e.check_name): e for e in result.get_asset_check_evaluations()}


def metadata(result, noun):
    return {
        event.partition: {
            name: value.value if hasattr(value, "value") else value
            for name, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key.path[-1] == noun
    }


def counted(packets):
    """Rows, nulls and NaNs of each field of packets as Python has them, by path."""
    found = {"rows": Counter(), "nulls": Counter(), "nans": Counter()}

    def look(value, kind, path):
        import pyarrow as pa

        if pa.types.is_struct(kind):
            for inner in kind:
                look((value or {}).get(inner.name), inner.type, f"{path}.{inner.name}".strip("."))
            return
        found["rows"][path] += 1
        found["nulls"][path] += value is None
        found["nans"][path] += isinstance(value, float) and math.isnan(value)
        if pa.types.is_list(kind):
            for element in value or ():
                look(element, kind.value_type, f"{path}[]")

    for name in set(packets.column_names) - OWN:
        kind = packets.schema.field(name).type
        for value in packets[name].to_pylist():
            look(value, kind, name)
    return found


def raw_of(run, night):
    from deltalake import DeltaTable

    return DeltaTable(run.tables.raw.path).to_pyarrow_table(filters=[("night", "=", night)])


@pytest.fixture(scope="module")
def archived(spark, kafka_servers, tmp_path_factory):
    """Four nights in raw."""
    lake = str(tmp_path_factory.mktemp("lake"))
    run = build(spark, kafka_servers, make_topic(kafka_servers), lake, modules=(), filters=())
    run.feed(four_nights())
    run.chain.step(run.done.append, stages=("stream2raw",))
    return run


@pytest.fixture(scope="module")
def nights(archived, runtime_settings):
    """The nights compared and counted in one run, as a backfill of a range does."""
    scene = Scene(archived, runtime_settings)
    scene.result = scene.materialize(FIRST, LAST)
    return scene


def test_a_field_of_two_types_is_retyped_and_named_with_both(nights):
    found = {r["field"]: r for r in nights.history(night=NEXT)}
    assert set(found) == {"candid", "publisher", "candidate.ra"}
    assert found["candidate.ra"] == {
        "night": NEXT,
        "batch": 0,
        "compared_with": FIRST,
        "change": "retyped",
        "field": "candidate.ra",
        "types": ["double", "float"],
        "types_before": ["double"],
        "versions": ["4.02"],
        "alerts": 21,
    }


def test_types_that_writers_mix_as_they_did_before_are_no_change(nights):
    found = {r["field"]: (r["change"], r["types"]) for r in nights.history(night=SAME)}
    assert found == {
        "candid": ("mixed", ["int", "long"]),
        "publisher": ("mixed", ["bytes", "string"]),
        "candidate.ra": ("mixed", ["double", "float"]),
    }


def test_fields_come_and_go_with_the_writers_that_have_them(nights):
    found = {r["field"]: r for r in nights.history(night=LAST)}
    forced = messages.record_at(messages.schema_of("4.02"), "fp_hists")["fields"]
    gone = SCORES | {f"fp_hists[].{field['name']}" for field in forced}
    zero_points = {f for f in found if f.startswith("prv_candidates[]")}
    assert {f for f, r in found.items() if r["change"] == "missing"} == gone | zero_points
    assert {f for f, r in found.items() if r["change"] == "new"} == {"weather"}
    assert found["weather"]["versions"] == ["3.1"]
    assert found["candidate.drb"]["versions"] == ["4.02"]
    assert {r["compared_with"] for r in found.values()} == {SAME}


def test_the_first_night_and_a_night_without_alerts_have_no_changes(nights):
    assert nights.history(night=FIRST) == nights.history(night="2021-11-26") == []
    assert nights.availability("2021-11-26") == {}


@pytest.mark.parametrize("night", [FIRST, NEXT, LAST])
def test_nulls_are_those_that_python_counts(archived, nights, night):
    expected, found = counted(raw_of(archived, night)), nights.availability(night)
    for name, values in expected.items():
        got = {f: r[name] for f, r in found.items() if r["rows"] or f in expected["rows"]}
        assert {f: n or 0 for f, n in got.items()} == {f: values[f] for f in expected["rows"]}
    assert found["candidate.drb"]["null_fraction"] == (1.0 if night == LAST else 0.0)
    assert found["candidate.distnr"]["nans"] == (5 if night == FIRST else 0)
    assert found["candid"]["nans"] is None
    assert found["fp_hists[].jd"]["null_fraction"] is None


def test_the_metadata_of_each_night_are_its_own(nights):
    found = metadata(nights.result, "schema_history")
    assert found[NEXT]["retyped"] == found[SAME]["mixed"] == 3
    assert found[NEXT]["compared with"] == FIRST
    named = [record.data["field"] for record in found[NEXT]["changes"].records]
    assert named == ["candid", "candidate.ra", "publisher"]
    assert "changes" not in found[FIRST]
    assert metadata(nights.result, "field_availability")[FIRST]["with NaN"] == 1


def test_the_checks_of_a_range_name_the_nights_in_which_something_changed(nights):
    found = checks(nights.result)
    changed = found[SAME_FIELDS].metadata["changes"].records
    assert {record.data["night"] for record in changed} == {NEXT, SAME, LAST}
    lost = found[STILL_THERE].metadata["lost fields"].records
    assert {record.data["night"] for record in lost} == {LAST}


@pytest.fixture(scope="module")
def one_by_one(archived, runtime_settings, tmp_path_factory):
    """Checks of the nights, each closed in its turn, and the tables that this gives."""
    scene = Scene(archived.copy(tmp_path_factory.mktemp("copy")), runtime_settings)
    found = {night: checks(scene.materialize(night)) for night in (FIRST, NEXT, SAME, LAST)}
    return found, scene.state()


def test_the_check_warns_of_changed_fields_and_names_them(one_by_one):
    found = {night: each[SAME_FIELDS] for night, each in one_by_one[0].items()}
    passed = {night: each.passed for night, each in found.items()}
    assert passed == {FIRST: True, NEXT: False, SAME: True, LAST: False}
    assert found[LAST].severity == dg.AssetCheckSeverity.WARN
    assert not found[LAST].blocking
    changed = [record.data for record in found[LAST].metadata["changes"].records]
    named = {(each["change"], each["field"]) for each in changed}
    assert {("new", "weather"), ("missing", "candidate.drb")} <= named


def test_the_check_warns_of_a_field_that_was_there_and_is_gone(one_by_one):
    found = {night: each[STILL_THERE] for night, each in one_by_one[0].items()}
    passed = {night: each.passed for night, each in found.items()}
    assert passed == {FIRST: True, NEXT: True, SAME: True, LAST: False}
    assert found[LAST].severity == dg.AssetCheckSeverity.WARN
    assert not found[LAST].blocking
    lost = {
        record.data["field"]: record.data for record in found[LAST].metadata["lost fields"].records
    }
    assert lost.keys() >= SCORES
    drb = lost["candidate.drb"]
    assert (drb["null"], drb["null or NaN before"], drb["rows"]) == ("100.0%", "0.0%", 21)


def test_nights_give_the_same_together_one_by_one_and_again(nights, one_by_one):
    assert nights.state() == one_by_one[1]
    nights.materialize(NEXT)
    assert nights.state() == one_by_one[1]


def test_a_batch_that_is_not_archived_completely_is_left_to_the_next_time(
    archived, runtime_settings, tmp_path
):
    scene = Scene(archived.copy(tmp_path), runtime_settings)
    run, ledger = scene.run, scene.run.chain.ledger
    run.feed([alert(700, 1, schema=WEATHER, weather="rain")])
    marks = Kafka(run.chain.input_servers).watermarks(run.topic)
    plan = next_plan(marks, ledger.last_plan(), most=100)
    ledger.add_plan(plan)
    run.chain.ingest.run(plan)
    scene.materialize(NEXT)
    assert {r["alerts"] for r in scene.history(night=NEXT)} == {21}
    assert scene.availability(NEXT)["candid"]["rows"] == 21
    assert "weather" not in {r["field"] for r in scene.history(night=NEXT)}

    ledger.add_receipt("stream2raw", plan.batch, Receipt())
    scene.materialize(NEXT)
    assert {(r["alerts"], r["batch"]) for r in scene.history(night=NEXT)} == {(22, 1)}
    assert scene.availability(NEXT)["weather"]["nulls"] == 21
    assert "weather" in {r["field"] for r in scene.history(night=NEXT)}


def paths(value, path=""):
    """Paths of what an alert holds."""
    if isinstance(value, dict):
        return {p for k, v in value.items() for p in paths(v, f"{path}.{k}".strip("."))}
    if isinstance(value, list):
        return {p for element in value for p in paths(element, f"{path}[]")}
    return {path}


def test_a_new_version_of_lsst_is_seen_field_by_field(
    spark, kafka_servers, runtime_settings, tmp_path, packets
):
    lake, topic = str(tmp_path / "lake"), make_topic(kafka_servers)
    run = build(spark, kafka_servers, topic, lake, survey=LSST, modules=(), filters=())
    older, newer = ([lsst.filled(i, n) for n in range(2)] for i in (900, 1101))
    for each in newer:
        each["diaSource"]["midpointMjdTai"] += 1
    newer[1]["diaSource"]["psfFlux"] = None
    newer[1]["prvDiaSources"][0]["psfFlux"] = math.nan
    run.feed([lsst.wire(each, 900) for each in older] + [lsst.wire(each, 1101) for each in newer])
    run.chain.step(run.done.append, stages=("stream2raw",))
    scene = Scene(run, runtime_settings)
    scene.materialize(lsst.NIGHT, "2025-09-06")

    found = {(r["change"], r["field"]): r for r in scene.history()}
    new, old = paths(newer[0]), paths(older[0])
    expected = {("new", field) for field in new - old} | {("missing", f) for f in old - new}
    assert set(found) == expected
    assert len(expected) > 100
    assert found["new", "mpc_orbits.a"]["versions"] == ["lsst.v11_1"]
    assert found["missing", "MPCORB.e"]["versions"] == ["lsst.v9_0"]

    now = scene.availability("2025-09-06")
    lacking = {f: (r["rows"], r["nulls"], r["nans"]) for f, r in now.items() if f in new}
    some = {f: n for f, n in lacking.items() if n[1] or n[2]}
    assert some == {"diaSource.psfFlux": (2, 1, 0), "prvDiaSources[].psfFlux": (4, 0, 1)}
    assert {r["null_fraction"] for f, r in now.items() if f in old - new} == {1.0}
    assert set(lacking) == new
