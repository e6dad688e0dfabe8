"""Built LSST alerts: valid, of the size of real ones, always the same, and good enough to pass."""

import io
import statistics
from collections import Counter

import fastavro
import lsst_messages as lsst
import numpy as np
import pytest
from astropy.io import fits

from fink_assets.packages import PackageError
from fink_assets.settings import Settings
from fink_assets.simulator import synthetic
from fink_assets.simulator.sequence import nights
from fink_assets.surveys.lsst_packet import NEWEST, ensure_packets

REAL_BYTES = 137_000
FLAGS = (
    *("isDipole", "pixelFlags", "pixelFlags_bad", "pixelFlags_saturated"),
    *("pixelFlags_streakCenter", "pixelFlags_interpolated", "pixelFlags_cr", "pixelFlags_nodata"),
    *("pixelFlags_streak", "pixelFlags_edge", "psfFlux_flag", "apFlux_flag"),
    *("forced_PsfFlux_flag", "forced_PsfFlux_flag_edge", "shape_flag", "centroid_flag"),
)


@pytest.fixture(scope="module", autouse=True)
def packets():
    """The schemas that set-up fetches."""
    try:
        ensure_packets()
    except PackageError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def messages(packets):
    return list(synthetic.messages())


@pytest.fixture(scope="module")
def alerts(messages):
    """As a reader sees them."""
    return [lsst.unwire(message) for message in messages]


def faults(source):
    """Reasons to set an alert aside, judged here."""
    found = [flag for flag in FLAGS if source[flag]]
    found += ["negative"] if source["psfFlux"] < 0 else []
    return found + (["faint"] if source["psfFlux"] / source["psfFluxErr"] < 6 else [])


def test_built_alerts_are_valid_packets_of_the_newest_schema():
    built = list(synthetic.alerts())
    assert fastavro.validation.validate_many(built, lsst.parsed(NEWEST))


def test_messages_have_the_size_of_real_ones(messages):
    sizes = [len(message) for message in messages]
    assert statistics.mean(sizes) == pytest.approx(REAL_BYTES, rel=0.02)
    assert all(size == pytest.approx(REAL_BYTES, rel=0.15) for size in sizes)


def test_one_seed_gives_the_same_bytes_and_another_other_ones(messages):
    assert list(synthetic.messages(12)) == messages[:12]
    assert not set(synthetic.messages(12, seed=1)) & set(messages)


def test_most_pass_the_cuts_and_each_reason_occurs(alerts):
    found = [faults(alert["diaSource"]) for alert in alerts]
    passing = sum(not reasons for reasons in found)
    assert 0.7 <= passing / len(found) <= 0.85
    reasons = Counter(reason for each in found for reason in each)
    assert set(reasons) >= {*FLAGS, "negative", "faint"}


def test_identifiers_are_unique_and_one_object_is_one_everywhere(alerts):
    assert len({alert["diaSourceId"] for alert in alerts}) == len(alerts)
    objects = Counter(a["diaObject"]["diaObjectId"] for a in alerts if a["diaObject"])
    assert set(objects.values()) == {1}
    for alert in alerts:
        source = alert["diaSource"]
        assert source["diaSourceId"] == alert["diaSourceId"]
        past = (alert["prvDiaSources"] or []) + (alert["prvDiaForcedSources"] or [])
        assert {p["diaObjectId"] for p in past} <= {source["diaObjectId"]}


def test_an_object_counts_the_detections_of_its_history(alerts):
    histories = set()
    for alert in filter(lambda a: a["diaObject"], alerts):
        all_ = [*(alert["prvDiaSources"] or ()), alert["diaSource"]]
        body = alert["diaObject"]
        histories.add(len(all_) - 1)
        assert body["nDiaSources"] == len(all_)
        assert body["firstDiaSourceMjdTai"] == min(s["midpointMjdTai"] for s in all_)
        for band in "ugrizy":
            fluxes = [s["psfFlux"] for s in all_ if s["band"] == band]
            assert body[f"{band}_psfFluxNdata"] == len(fluxes)
            if fluxes:
                assert body[f"{band}_psfFluxMean"] == pytest.approx(np.mean(fluxes), rel=1e-5)
    assert min(histories) == 0
    assert 25 <= max(histories) <= 30


def test_a_history_lies_in_earlier_nights_in_the_order_of_time(alerts):
    for alert in alerts:
        times = [past["midpointMjdTai"] for past in alert["prvDiaSources"] or ()]
        assert times == sorted(times)
        assert all(alert["diaSource"]["midpointMjdTai"] - time > 0.8 for time in times)


def test_bodies_of_the_solar_system_have_no_object_and_their_designation(alerts):
    bodies = [alert for alert in alerts if alert["ssSource"]]
    assert len(bodies) == len(alerts) / 10
    for alert in bodies:
        assert alert["diaObject"] is None
        assert alert["diaSource"]["ssObjectId"] == alert["ssSource"]["ssObjectId"]
        spelt = alert["ssSource"]["ssObjectId"].to_bytes(7, "big").decode()
        assert spelt == alert["mpc_orbits"]["packed_primary_provisional_designation"]


def test_stamps_are_fits_with_the_source_in_the_middle(alerts):
    bright = max(alerts, key=lambda alert: alert["diaSource"]["snr"])
    side = bright["diaSource"]["bboxSize"]
    for name in ("Difference", "Science", "Template"):
        with fits.open(io.BytesIO(bright[f"cutout{name}"])) as stamp:
            image, deviation, psf = (part.data for part in stamp)
        assert image.shape == deviation.shape == (side, side)
        assert np.hypot(*(np.argwhere(image == image.max())[0] - (side - 1) / 2)) < 3
        assert psf.sum() == pytest.approx(1)


def test_written_alerts_are_one_night_in_a_folder_made_anew(tmp_path):
    made = Settings(home=tmp_path)
    stale = synthetic.write_alerts(made) / "stale.avro"
    stale.touch()
    folder = synthetic.write_alerts(made)
    assert not stale.exists()
    (paths,) = nights(folder, survey="lsst").values()
    assert [path.read_bytes() for path in paths] == list(synthetic.messages())
