"""From the stream to science: what passes, what is set aside and why, repeats, held batches."""

import re
from dataclasses import replace

import pytest
from pipeline import NIGHT, SHARED, alive, altered, build, ids, make_topic, rows, sample

from fink_assets.chain import STAGES
from fink_assets.distribution.filters.ztf import FILTERS
from fink_assets.drain import HELD
from fink_assets.raw2science.enrich import ImplausibleBatchError
from fink_assets.raw2science.modules.ztf import solar_system
from fink_assets.raw2science.provenance import broker_version
from fink_assets.simulator.packet import read_container
from fink_assets.surveys import ZTF
from quality.expectations import judge

KNOWN, REPEATED, NULL, NAN, BAND, PIXELS, LATER, OFF_SKY, AFTER = (
    1786107540015015005,
    1786106591315015003,
    1786329104615015008,
    1786330573515015010,
    1786382983515015010,
    1786383464615015013,
    1786329101515015014,
    1786331044915015003,
    1786383461515015008,
)


@pytest.fixture(scope="module")
def make_run(spark, kafka_servers, tmp_path_factory):
    def make(**more):
        lake = str(tmp_path_factory.mktemp("lake"))
        return build(spark, kafka_servers, make_topic(kafka_servers), lake, **more)

    return make


@pytest.fixture(scope="module")
def mixed(make_run):
    """Two batches: repeats inside and across them, and alerts that fail each cut."""
    run = make_run(modules=[solar_system], filters=FILTERS[-1:])
    alert = sample()
    failing = [
        altered(alert[NULL], rb=None),
        altered(alert[NAN], rb=float("nan")),
        altered(alert[BAND], fid=3),
        altered(alert[PIXELS], nbad=2, rb=0.1),
    ]
    run.feed([alert[KNOWN], alert[REPEATED], alert[REPEATED], *failing])
    run.finish()
    run.feed([alert[LATER], alert[REPEATED], alert[KNOWN]])
    run.finish()
    run.archive()
    return run


def test_unknown_values_and_each_cut_go_to_quarantine_with_their_reasons(mixed):
    found = {row["alert_id"]: row["reasons"] for row in rows(mixed.tables.quarantine)}
    told = {
        alert: [(r["rule"], r["column"], r["value"], r["threshold"]) for r in reasons]
        for alert, reasons in found.items()
    }
    score = ("low_real_bogus", "candidate.rb")
    assert told == {
        NULL: [(*score, None, ">= 0.55")],
        NAN: [(*score, "NaN", ">= 0.55")],
        BAND: [("unused_band", "candidate.fid", "3", "in (1, 2)")],
        PIXELS: [("bad_pixels", "candidate.nbad", "2", "== 0"), (*score, "0.1", ">= 0.55")],
    }


def test_an_alert_sent_again_is_in_raw_again_and_once_everywhere_else(mixed):
    tables = mixed.tables
    assert ids(tables.raw).count(REPEATED) == 3
    assert ids(tables.raw).count(KNOWN) == 2
    assert ids(tables.science) == sorted([KNOWN, REPEATED, LATER])
    assert ids(tables.sources) == ids(tables.science)
    delivered = [(row["filter"], row["alert_id"]) for row in rows(tables.deliveries)]
    assert delivered.count(("sso_ztf_candidates", KNOWN)) == 1
    assert delivered.count(("sso_ztf_candidates", REPEATED)) == 1
    objects = {row["object_id"]: row["alerts"] for row in rows(tables.objects)}
    assert objects == {"ZTF21acqdcyb": 2, "ZTF21acoshvy": 1}


def test_receipts_say_what_became_of_each_message(mixed):
    counts = [d.receipt.counts for d in mixed.done if d.stage == "raw2science"]
    told = [[c[n] for n in ("raw", "science", "quarantine", "duplicates")] for c in counts]
    assert told == [[7, 2, 4, 1], [3, 1, 0, 2]]
    assert counts[0]["cut:low_real_bogus"] == 3
    assert counts[0]["module:solar_system:ok"] == 2


def test_rows_tell_which_broker_made_them_and_of_which_packet(mixed):
    science = rows(mixed.tables.science)
    for row in science:
        _, packet = read_container(sample()[row["alert_id"]])
        found = row["provenance"]
        assert found["schema_version"] == packet["schemavsn"]
        assert found["publisher"] == packet["publisher"]
    told = [row["provenance"] for row in science]
    assert {p["broker_version"] for p in told} == {broker_version()}
    (together,) = {p["science_version"] for p in told}
    assert re.fullmatch(re.escape(broker_version()) + r"\+[0-9a-f]{8}", together)
    latest = {row["provenance"]["science_version"] for row in rows(mixed.tables.objects)}
    assert latest == {together}


def test_a_repeated_stage_changes_nothing(mixed, tmp_path):
    run = mixed.copy(tmp_path)
    before = {t: ids(getattr(run.tables, t)) for t in ("raw", "science", "quarantine", "sources")}
    for batch in (0, 1):
        run.chain.ingest.run(run.chain.ledger.plan(batch))
        run.chain.enrich.run(batch)
    sources, *_ = run.chain.archive
    sources.take(after=-1, up_to=1)
    assert {name: ids(getattr(run.tables, name)) for name in before} == before


@pytest.fixture(scope="module")
def held(make_run):
    """A batch off the sky, another one after it, and the run that met them."""
    run = make_run(modules=(), filters=())
    alert = sample()
    run.feed([alert[KNOWN]])
    run.finish()
    run.feed([altered(alert[OFF_SKY], ra=400.0)])
    with pytest.raises(ImplausibleBatchError) as problem:
        alive(run)
    run.feed([alert[AFTER]])
    with pytest.raises(ImplausibleBatchError):
        alive(run)
    return run, str(problem.value)


def test_an_implausible_batch_is_held_back_with_a_clear_message(held):
    run, message = held
    assert message.startswith("batch 1 is not plausible and is held back in raw. ra_on_the_sky")
    assert "1 of 1 alerts are not candidate.ra between (0.0, 360.0), e.g. 400" in message
    assert ids(run.tables.raw) == sorted([KNOWN, OFF_SKY, AFTER])
    assert ids(run.tables.science) == [KNOWN]
    assert run.chain.ledger.position(HELD) == 1
    assert run.chain.ledger.position("stream2raw") == 2
    assert run.chain.ledger.position("raw2science") == 0


def test_a_released_batch_passes_and_those_behind_it_follow(held, tmp_path):
    run = held[0].copy(tmp_path, release=(1,))
    alive(run)
    assert ids(run.tables.science) == sorted([KNOWN, OFF_SKY, AFTER])
    assert sum(row["alerts"] for row in rows(run.tables.objects)) == 3
    assert run.chain.ledger.position(STAGES[-1]) == 2


def folder(name):
    found = sorted((SHARED / name).glob("*.avro"))
    return found or pytest.skip(f"no shared data: {SHARED / name} is absent")


def expected_reasons(candidate):
    broken = {
        "bad_pixels": candidate["nbad"] != 0,
        "low_real_bogus": candidate["rb"] is None or not candidate["rb"] >= 0.55,
        "unused_band": candidate["fid"] not in (1, 2),
    }
    return {rule for rule, holds in broken.items() if holds}


def test_a_night_of_2020_loses_41_of_50_alerts_each_with_its_reasons(make_run):
    from fink_assets.simulator.packet import read_detection

    messages = [path.read_bytes() for path in folder("v3.3_night_20200101")]
    candidates = {a["candid"]: a["candidate"] for a in map(read_detection, messages)}
    run = make_run(modules=(), filters=())
    run.feed(messages)
    run.finish()
    counts = run.done[1].receipt.counts
    assert [counts[n] for n in ("raw", "science", "quarantine")] == [50, 9, 41]
    thresholds = {rule.name: rule.bound for rule in ZTF.cuts}
    columns = {rule.name: rule.column.removeprefix("candidate.") for rule in ZTF.cuts}
    for row in rows(run.tables.quarantine):
        candidate = candidates[row["alert_id"]]
        assert {r["rule"] for r in row["reasons"]} == expected_reasons(candidate)
        for reason in row["reasons"]:
            value = candidate[columns[reason["rule"]]]
            assert float(reason["value"]) == pytest.approx(value, rel=1e-6)
            assert reason["threshold"] == thresholds[reason["rule"]]
    passing = [number for number, c in candidates.items() if not expected_reasons(c)]
    assert ids(run.tables.science) == sorted(passing)


def test_two_nights_of_2023_lose_nothing(make_run):
    run = make_run(modules=(), filters=())
    run.feed(path.read_bytes() for path in folder("v4.02_nights_20231018-19"))
    run.finish()
    counts = run.done[1].receipt.counts
    assert [counts[n] for n in ("raw", "science", "quarantine", "duplicates")] == [728, 728, 0, 0]
    nights = run.done[1].receipt.nights
    assert sorted(nights) == ["2023-10-18", "2023-10-19"]
    assert sum(night["science"] for night in nights.values()) == 728


def test_a_night_is_judged_as_its_batches_were(sample_run):
    verdicts = sample_run.chain.enrich.judge_night(NIGHT)
    assert {v.rule.name for v in verdicts} == {r.name for r in (*ZTF.plausible, *ZTF.cuts)}
    assert all(v.passed and v.evaluated == 27 for v in verdicts)


@pytest.mark.parametrize("rule", ZTF.plausible, ids=lambda rule: rule.name)
def test_each_critical_rule_holds_a_batch_back(rule):
    import pandas as pd

    low, high = rule.threshold
    for odd in (low - 1, high + 1, None):
        frame = pd.DataFrame({rule.column: [odd, (low + high) / 2]})
        (verdict,) = judge(frame, [rule])
        assert verdict.blocks
        assert verdict.unexpected == 1
    assert not judge(pd.DataFrame({rule.column: [low, high]}), [replace(rule)])[0].blocks
