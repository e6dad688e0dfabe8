"""Real and simulated alerts of LSST through ingestion and cuts, judged again in pandas."""

import lsst_messages as lsst
import pandas as pd
import pytest
import streams

from fink_assets.archive.forced_photometry import ForcedPhotometry
from fink_assets.astro.time import time_of_mjd_tai
from fink_assets.raw2science.asked import Asking
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.renames import renamed
from fink_assets.solar_system.observations import Observations
from fink_assets.surveys.lsst import LSST

FOLDERS = {
    "v9.0_lsstcam_20250905": (900, 58),
    "v9.0_hsc_20160307": (900, 64),
    "v7.4_simulated_enriched": (704, 100),
}
FLAGS = (
    *("isDipole", "pixelFlags", "pixelFlags_bad", "pixelFlags_saturated"),
    *("pixelFlags_streakCenter", "pixelFlags_interpolated", "pixelFlags_cr", "pixelFlags_nodata"),
    *("pixelFlags_streak", "pixelFlags_edge", "psfFlux_flag", "apFlux_flag"),
    *("forced_PsfFlux_flag", "forced_PsfFlux_flag_edge", "shape_flag", "centroid_flag"),
)
pytestmark = pytest.mark.skipif(
    not lsst.SHARED.is_dir(), reason=f"the alerts in {lsst.SHARED} are not part of the project"
)


def sent():
    """Messages by file."""
    return {
        f"{folder}/{name}": lsst.wire(alert, schema_id)
        for folder, (schema_id, _) in FOLDERS.items()
        for name, alert in lsst.containers(folder).items()
    }


@pytest.fixture(scope="module")
def stream(spark, kafka_servers, tmp_path_factory, packets):
    made = streams.new(spark, kafka_servers, tmp_path_factory.mktemp("lake"), LSST)
    made.receipt, _ = made.take(sent())
    enrich = Enrich(
        survey=LSST, tables=made.tables, spark=spark, modules=(), asking=Asking(root="")
    )
    made.judged, made.verdicts = enrich.run(0)
    return made


@pytest.fixture(scope="module")
def alerts():
    """Detections as sent, by file."""
    return pd.DataFrame.from_dict(
        {name: lsst.unwire(m)["diaSource"] for name, m in sent().items()}, orient="index"
    )


def is_raised(flag):
    """Whether a flag is true; one that is null, or not in the packet, is not raised."""
    return not pd.isna(flag) and bool(flag)


def good_quality(alerts):
    """Reimplement the quality block of the Rubin filters on a frame of detections."""
    flagged = pd.Series(False, index=alerts.index)
    for flag in FLAGS:
        flagged |= alerts[flag].map(is_raised)
    return ~flagged & (alerts.psfFlux >= 0) & (alerts.psfFlux / alerts.psfFluxErr >= 6)


def test_every_alert_is_in_raw_as_sent(stream):
    found = stream.found("raw")
    for folder, (_, number) in FOLDERS.items():
        assert sum(name.startswith(folder) for name in found) == number
    assert stream.receipt.counts["dead_letter"] == 0
    for name, message in sent().items():
        assert streams.same(streams.packet_of(found[name]), lsst.unwire(message)), name


def test_alerts_pass_as_the_quality_block_says(stream, alerts):
    ids = alerts.diaSourceId
    expected = set(ids[good_quality(alerts)])
    assert {row["alert_id"] for row in stream.rows("science")} == expected
    assert {row["alert_id"] for row in stream.rows("quarantine")} == set(ids) - expected
    assert 0 < len(expected) < len(ids)


def test_each_flag_that_is_raised_is_a_reason_of_its_own(stream, alerts):
    by_id = alerts.set_index("diaSourceId")
    for row in stream.rows("quarantine"):
        alert = by_id.loc[row["alert_id"]]
        expected = {f"flag_{flag.lower()}" for flag in FLAGS if is_raised(alert[flag])}
        expected |= {"negative_flux"} if not alert.psfFlux >= 0 else set()
        low = not alert.psfFlux / alert.psfFluxErr >= 6
        expected |= {"low_signal_to_noise"} if low else set()
        assert {reason["rule"] for reason in row["reasons"]} == expected


def test_real_alerts_are_plausible(stream):
    assert [v.rule.name for v in stream.verdicts if v.blocks] == []


def test_alerts_of_the_solar_system_keep_their_own_keys(stream):
    found = stream.found("raw")
    moving = {name: row for name, row in found.items() if row["diaObject"] is None}
    keys = {row["object_id"] for row in moving.values()}
    assert len(moving) == len(keys) == 3
    assert keys == {f"sso:{row['MPCORB']['mpcDesignation']}" for row in moving.values()}
    still = {row["object_id"] for name, row in found.items() if name not in moving}
    assert still == {
        str(row["diaObject"]["diaObjectId"]) for n, row in found.items() if n not in moving
    }


def test_forced_photometry_is_exploded_without_loss(stream, spark):
    forced = ForcedPhotometry(survey=LSST, tables=stream.tables, spark=spark, forced=LSST.forced)
    forced.refresh(up_to_batch=0)
    passed = {row["alert_id"]: row["object_id"] for row in stream.rows("science")}
    table = {}
    for row in stream.rows("forced_photometry"):
        key = row["object_id"], row["measurement"]["diaForcedSourceId"]
        assert key not in table
        table[key] = row
    expected = set()
    for message in sent().values():
        alert = lsst.unwire(message)
        number = alert["diaSource"]["diaSourceId"]
        for element in (alert["prvDiaForcedSources"] or ()) if number in passed else ():
            key = passed[number], element["diaForcedSourceId"]
            expected.add(key)
            assert streams.same(table[key]["measurement"], element)
            assert table[key]["time"] == time_of_mjd_tai(element["midpointMjdTai"])
    assert set(table) == expected
    assert len(expected) == 5


def test_science_reads_orbits_of_older_packets_under_the_newest_name(stream, spark):
    raw = stream.tables.raw.read(spark, batch=0)
    rows = renamed(raw, LSST).where("MPCORB is not null").select("MPCORB", "mpc_orbits").collect()
    assert len(rows) == 3
    for row in rows:
        designation = row["mpc_orbits"]["packed_primary_provisional_designation"]
        assert designation == row["MPCORB"]["mpcDesignation"]
        assert row["mpc_orbits"]["yarkovsky"] is None
    assert renamed(raw, LSST).where("mpc_orbits is not null").count() == 3


def test_the_time_of_an_alert_is_exact_utc(stream, alerts):
    times = alerts.set_index("diaSourceId").midpointMjdTai
    rows = stream.rows("science")
    assert rows
    for row in rows:
        assert abs((row["time"] - time_of_mjd_tai(times[row["alert_id"]])).total_seconds()) < 2e-6


def test_bodies_stand_under_their_designation_with_the_geometry_of_older_packets(stream, spark):
    """Whatever the cuts say of them: what science reads of raw, without judgement."""
    seen = Observations(survey=LSST, bodies=LSST.bodies, tables=stream.tables, spark=spark)
    raw = renamed(stream.tables.raw.read(spark), LSST)
    rows = seen.rows(raw.selectExpr("*", "ingested as time", "0D as ra", "0D as dec")).collect()
    found = {row["name"]: row for row in rows}
    assert set(found) == {"K12J69D", "K14K03A", "K13L24L"}
    body = found["K12J69D"]
    assert body["phase_angle"] == pytest.approx(21.532564)
    assert body["topo_range"] == pytest.approx(1.0433862)
    assert body["helio_range"] == pytest.approx(1.9029467)
    assert body["flux"] == pytest.approx(14694.1328)
