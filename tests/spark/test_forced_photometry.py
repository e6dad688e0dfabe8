"""Forced photometry: every element of every alert that passed, once, whatever came when."""

import math
import threading
from dataclasses import replace
from functools import partial
from uuid import uuid4

import lsst_messages as lsst
import messages
import pytest
from pipeline import build, ids, make_topic, rows, text

from fink_assets.archive.forced_photometry import ForcedPhotometry
from fink_assets.astro.time import night_of_jd, time_of_jd, time_of_mjd_tai
from fink_assets.lake.attempts import insist
from fink_assets.lake.contracts import FORCED_PHOTOMETRY
from fink_assets.lake.ledger import Receipt
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.backfill import replace_nights
from fink_assets.simulator.packet import read_container
from fink_assets.surveys.lsst import LSST

JD = messages.JD
A, B = "ZTF21aaaaaaa", "ZTF21bbbbbbb"
BAD = 9
SPLITS = {
    "in order": {1: 0, 2: 1, 3: 2, 4: 2, 5: 2, BAD: 1},
    "newest first": {1: 2, 2: 1, 3: 2, 4: 0, 5: 0, BAD: 1},
}


def entry(days, **values):
    """Measurement so many days before the alert; some numbers are not known, one is not finite."""
    found = {**messages.forced_photometry(JD - days), "magnr": math.nan, "procstatus": "0"}
    return {**found, **values}


def ztf_message(candid, object_id, days, entries, **candidate):
    good = {"nbad": 0, "rb": 0.9, "fid": 1, "magpsf": 18.0}
    packet = messages.packet(candid, **{**good, **candidate, "jd": JD - days})
    packet |= {"objectId": object_id, "fp_hists": entries}
    return messages.written(messages.schema_of(), packet)


ZTF_MESSAGES = {
    1: ztf_message(1, A, 2, [entry(5), entry(4), entry(2, forcediffimflux=-0.0)]),
    2: ztf_message(2, A, 0, [entry(5), entry(4, forcediffimflux=13.0), entry(1), entry(math.nan)]),
    3: ztf_message(3, A, 3, [entry(35), entry(5), entry(5)]),
    4: ztf_message(4, B, 0, [entry(5)]),
    5: ztf_message(5, B, 0, None),
    BAD: ztf_message(BAD, B, 0, [entry(40), entry(5)], rb=0.1),
}


def elements(passed):
    """Rows that alerts must make, decoded without Spark: where, when, what."""
    found = []
    for number in passed:
        _, packet = read_container(ZTF_MESSAGES[number])
        for element in packet["fp_hists"] or ():
            jd = element["jd"]
            known = math.isfinite(jd)
            found.append(
                {
                    "night": night_of_jd(jd) if known else "1970-01-01",
                    "object_id": packet["objectId"],
                    "time": time_of_jd(jd) if known else None,
                    "measurement": element,
                }
            )
    return found


def expected(*passed):
    return sorted(set(text(elements(passed))))


def found(tables):
    """The table without what depends on the order of arrival."""
    return text(rows(tables.forced_photometry), "batch", "alert_id")


def forced_of(run):
    (forced,) = [table for table in run.chain.archive if isinstance(table, ForcedPhotometry)]
    return forced


@pytest.fixture(scope="module")
def base(spark, kafka_servers, tmp_path_factory):
    """Raw and science of ZTF alerts in one batch, an alert twice among them."""
    lake = str(tmp_path_factory.mktemp("forced"))
    topic = make_topic(kafka_servers)
    run = build(spark, kafka_servers, topic, lake, modules=[], filters=[])
    run.feed([*ZTF_MESSAGES.values(), ZTF_MESSAGES[1]], partition=0)
    run.chain.step(run.done.append, stages=("stream2raw", "raw2science"))
    return run


@pytest.fixture(scope="module")
def split(base, spark, tmp_path_factory):
    """Makes a lake in which the same alerts came in other batches."""

    def make(deal, change="fp_hists"):
        tables = Tables(base.tables.survey, str(tmp_path_factory.mktemp(uuid4().hex[:8])))
        pairs = ", ".join(f"{number}L, {batch}L" for number, batch in deal.items())
        batch = f"map({pairs})[alert_id] as batch"
        columns = ("night", "alert_id", "object_id", "kafka", batch)
        raw, science = base.tables.raw.read(spark), base.tables.science.read(spark)
        tables.raw.append(raw.selectExpr(*columns, f"{change} as fp_hists"), batch=2)
        tables.science.append(science.selectExpr(*columns, "time", "ra", "dec"), batch=2)
        return replace(forced_of(base), tables=tables)

    return make


@pytest.fixture(scope="module")
def refreshed(split):
    """The lake after two refreshes."""
    forced = split(SPLITS["in order"])
    assert [forced.refresh(up_to_batch=n) for n in (0, 2)] == [1, 2]
    return forced


def test_every_element_of_every_alert_that_passed_is_a_row_once_and_as_sent(refreshed):
    assert found(refreshed.tables) == expected(1, 2, 3, 4, 5)
    assert len(elements([1, 2, 3, 4, 5])) == 11
    assert len(expected(1, 2, 3, 4, 5)) == 8


def test_a_row_names_the_alert_and_the_batch_that_brought_it_first(refreshed):
    table = rows(refreshed.tables.forced_photometry)
    first = {
        (r["object_id"], str(r["time"]), r["measurement"]["forcediffimflux"]): (
            r["batch"],
            r["alert_id"],
        )
        for r in table
    }
    day = {n: str(time_of_jd(JD - n)) for n in (1, 4, 5, 35)}
    assert first[A, day[5], 12.5] == (0, 1)
    assert first[A, day[1], 12.5] == (1, 2)
    assert first[A, day[35], 12.5] == (2, 3)
    assert first[B, day[5], 12.5] == (2, 4)
    assert [c.name for c in FORCED_PHOTOMETRY] == list(table[0])


def test_another_value_for_an_exposure_stands_beside_the_first(refreshed):
    when = time_of_jd(JD - 4)
    table = rows(refreshed.tables.forced_photometry, object_id=A)
    assert sorted(
        (row["measurement"]["forcediffimflux"], row["alert_id"])
        for row in table
        if row["time"] == when
    ) == [(12.5, 1), (13.0, 2)]


def test_an_element_without_a_time_has_a_row_in_no_night_s_place(refreshed):
    (row,) = rows(refreshed.tables.forced_photometry, night="1970-01-01")
    assert (row["time"], row["alert_id"]) == (None, 2)
    assert math.isnan(row["measurement"]["jd"])


def test_a_refresh_that_is_repeated_does_nothing(refreshed):
    before = refreshed.table.log().version()
    assert refreshed.refresh(up_to_batch=2) == 0
    refreshed.take(after=0, up_to=1)
    assert refreshed.table.log().version() == before


def test_a_refresh_rewrites_no_file(refreshed):
    merges = [h for h in refreshed.table.log().history() if h["operation"] == "MERGE"]
    assert len(merges) == 2
    assert {h["operationMetrics"]["numTargetFilesRemoved"] for h in merges} == {"0"}


def test_a_killed_refresh_is_repeated_and_another_order_of_alerts_gives_the_same_rows(split):
    forced = split(SPLITS["newest first"])
    forced.tables.ledger.add_receipt(forced.plan, 1, Receipt())
    assert forced.refresh(up_to_batch=2) == 3
    assert len([h for h in forced.table.log().history() if h["operation"] == "MERGE"]) == 2
    assert found(forced.tables) == expected(1, 2, 3, 4, 5)


def test_a_refresh_whose_plan_is_lost_is_not_repeated_and_two_at_once_double_nothing(
    split, runtime_settings
):
    from resources.spark import connect

    forced = split(SPLITS["in order"])
    forced.take(after=-1, up_to=1)
    assert forced.tables.ledger.position(forced.plan) == -1
    assert forced.refresh(up_to_batch=1) == 0
    other = replace(forced, spark=connect(runtime_settings.spark_address, shared=False))
    nights = sorted({row["night"] for row in rows(forced.tables.science)})
    # The batch that the stream brings now is new to a night's rebuild too.
    rebuild = partial(insist, lambda: other.renew(nights, up_to=2))
    beside = threading.Thread(target=rebuild)
    beside.start()
    forced.refresh(up_to_batch=2)
    beside.join()
    assert found(forced.tables) == expected(1, 2, 3, 4, 5)


def test_batches_without_forced_photometry_move_the_position_all_the_same(split):
    """Null elements hold nothing, and make no row either."""
    forced = split(SPLITS["in order"], "transform(fp_hists, x -> if(x.jd is null, x, null))")
    assert forced.refresh(up_to_batch=2) == 3
    assert forced.table.committed() == 2
    assert found(forced.tables) == []


def test_a_night_judged_anew_adds_what_was_missing_and_leaves_what_was_measured(base, tmp_path):
    forced_of(base).refresh(up_to_batch=0)
    cuts = [
        replace(r, operator="<=", threshold=0.5) if r.name == "low_real_bogus" else r
        for r in base.chain.survey.cuts
    ]
    run = base.copy(tmp_path, survey=replace(base.chain.survey, cuts=tuple(cuts)))
    replace_nights(run.chain.enrich, [messages.NIGHT])
    assert ids(run.tables.science, night=messages.NIGHT) == [BAD]
    forced_of(run).rebuild([messages.NIGHT])
    assert found(run.tables) == expected(1, 2, 3, 4, 5, BAD)


OBJECT = 313853499
DESIGNATION = "K25S01A"


def forced_source(schema_id, number, **values):
    """Measurement of a night's visit as packets of a version have it."""
    made = lsst.filled(schema_id, 10 + number)["prvDiaForcedSources"][0]
    return {**made, "midpointMjdTai": lsst.MJD - number, **values}


def lsst_alert(schema_id, number, entries, **parts):
    alert = lsst.filled(schema_id)
    flags = {name: False for name, value in alert["diaSource"].items() if value in (True, False)}
    alert["diaSource"] |= {
        **{name: value for name, value in flags.items() if isinstance(value, bool)},
        **{"diaSourceId": number, "psfFlux": 100.0, "psfFluxErr": 5.0, "ra": 10.0, "dec": -5.0},
        "ssObjectId": int.from_bytes(DESIGNATION.encode()),
    }
    alert["diaObject"]["diaObjectId"] = OBJECT
    alert["prvDiaForcedSources"] = entries
    return lsst.wire(alert | parts, schema_id)


@pytest.fixture(scope="module")
def rubin(spark, kafka_servers, tmp_path_factory, packets):
    """Packets of three versions in two batches, each refreshed; the last brings a new field."""
    lake = str(tmp_path_factory.mktemp("rubin"))
    topic = make_topic(kafka_servers)
    run = build(spark, kafka_servers, topic, lake, survey=LSST, modules=[], filters=[])
    for number, batch in enumerate(rubin_batches()):
        run.feed(batch)
        run.finish()
        forced_of(run).refresh(up_to_batch=number)
    run.archive()
    return run


def rubin_batches():
    old = [forced_source(900, n) for n in (3, 2)]
    withdrawn = {**old[0], "timeWithdrawnMjdTai": None}
    moving = lsst_alert(900, 5, None, diaObject=None)
    return (
        [lsst_alert(900, 1, old), moving],
        [
            lsst_alert(1101, 2, [*old, withdrawn, forced_source(1101, 1)]),
            lsst_alert(800, 3, [forced_source(800, 2)]),
        ],
    )


def rubin_elements():
    """Every element that was sent, once, decoded without Spark, with every version's fields."""
    sent = [
        element
        for batch in rubin_batches()
        for message in batch
        for element in lsst.unwire(message)["prvDiaForcedSources"] or ()
    ]
    names = sorted({name for element in sent for name in element})
    return [{name: element.get(name) for name in names} for element in sent]


def test_fields_of_other_versions_become_fields_of_the_table(rubin):
    table = rows(rubin.tables.forced_photometry)
    assert {"timeWithdrawnMjdTai", "time_processed"} <= set(table[0]["measurement"])
    measured = text(row["measurement"] for row in table)
    assert measured == sorted(set(text(rubin_elements())))
    assert len(measured) == 5
    assert {row["object_id"] for row in table} == {str(OBJECT)}


def test_times_are_utc_and_nights_those_of_the_exposure(rubin):
    for row in rows(rubin.tables.forced_photometry):
        number = round(lsst.MJD - row["measurement"]["midpointMjdTai"])
        assert row["time"] == time_of_mjd_tai(lsst.MJD - number)
        assert row["night"] == f"2025-09-0{5 - number}"


def test_alerts_of_the_solar_system_keep_their_own_keys(rubin):
    moving = f"sso:{DESIGNATION}"
    states = {row["object_id"]: row["alerts"] for row in rows(rubin.tables.objects)}
    assert states == {moving: 1, str(OBJECT): 3}
    curves = {row["alert_id"]: row["object_id"] for row in rows(rubin.tables.sources)}
    assert curves == {5: moving} | dict.fromkeys((1, 2, 3), str(OBJECT))
