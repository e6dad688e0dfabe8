"""The small night of LSST: valid, of the size of real alerts, always the same, with every fault."""

import statistics
from collections import Counter

import fastavro
import lsst_messages as lsst
import pytest

from fink_assets.settings import Settings
from fink_assets.simulator import archive, small_night
from fink_assets.simulator.sequence import nights
from fink_assets.simulator.surveys import PACKETS
from fink_assets.surveys.lsst_packet import NEWEST

pytestmark = pytest.mark.usefixtures("packets")

REAL_BYTES = 117_000  # on the wire, September 2025
FLAGS = (
    *("isDipole", "pixelFlags", "pixelFlags_bad", "pixelFlags_saturated"),
    *("pixelFlags_streakCenter", "pixelFlags_interpolated", "pixelFlags_cr", "pixelFlags_nodata"),
    *("pixelFlags_streak", "pixelFlags_edge", "psfFlux_flag", "apFlux_flag"),
    *("forced_PsfFlux_flag", "forced_PsfFlux_flag_edge", "shape_flag", "centroid_flag"),
)


@pytest.fixture(scope="module")
def messages(packets):
    return [alert.message for alert in small_night.alerts()]


@pytest.fixture(scope="module")
def alerts(messages):
    """As a reader sees them."""
    return [lsst.unwire(message) for message in messages]


def faults(source):
    """Reasons to set an alert aside, judged here."""
    found = [flag for flag in FLAGS if source[flag]]
    found += ["negative"] if source["psfFlux"] < 0 else []
    return found + (["faint"] if source["psfFlux"] / source["psfFluxErr"] < 6 else [])


def test_its_alerts_are_valid_packets_of_the_newest_schema(messages, alerts):
    assert fastavro.validation.validate_many(alerts[::60], lsst.parsed(NEWEST))
    for message, alert in zip(messages[::10], alerts[::10], strict=True):
        assert lsst.wire(alert, NEWEST) == message


def test_messages_have_the_size_of_real_ones(messages):
    sizes = [len(message) for message in messages]
    assert statistics.mean(sizes) == pytest.approx(REAL_BYTES, rel=0.1)
    assert all(size == pytest.approx(REAL_BYTES, rel=0.35) for size in sizes)


def test_one_seed_gives_the_same_bytes_and_another_other_ones(messages):
    assert [alert.message for alert in small_night.alerts(12)] == messages[:12]
    other = {alert.message for alert in small_night.alerts(12, seed=1)}
    assert len(other) == 12
    assert not other & set(messages)


def test_half_of_them_pass_the_cuts_and_each_reason_occurs(alerts):
    found = [faults(alert["diaSource"]) for alert in alerts]
    assert 0.4 <= sum(not reasons for reasons in found) / len(found) <= 0.7
    reasons = Counter(reason for each in found for reason in each)
    assert set(reasons) == {*FLAGS, "negative", "faint"}


def test_they_are_of_some_visits_of_objects_and_of_the_solar_system(alerts):
    assert len(alerts) == small_night.ALERTS
    assert len({alert["diaSource"]["visit"] for alert in alerts}) > 1
    assert sum(alert["ssSource"] is not None for alert in alerts) > 10
    assert sum(alert["prvDiaSources"] is not None for alert in alerts) > 100


def test_written_alerts_are_an_archive_of_one_night_made_anew(tmp_path, messages):
    made = Settings(home=tmp_path)
    stale = tmp_path / "alerts" / "lsst" / "stale.avro"
    stale.parent.mkdir(parents=True)
    stale.touch()
    folder = PACKETS["lsst"].source(made)
    assert folder == stale.parent
    assert not stale.exists()
    assert archive.survey_of(folder) == "lsst"
    assert [alert.message for alert in archive.read(folder)] == messages
    assert list(nights(folder, survey="lsst")) == [small_night.NIGHT]
