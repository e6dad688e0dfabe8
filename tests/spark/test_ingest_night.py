"""A night of LSST, copied, through ingestion: all are alerts, none a dead letter."""

import lsst_messages as lsst
import pytest
import streams

from fink_assets.settings import Settings
from fink_assets.simulator.sequence import repeated, waiting
from fink_assets.simulator.small_night import write_alerts
from fink_assets.surveys.lsst import LSST

TOTAL = 200


@pytest.fixture(scope="module")
def sent(tmp_path_factory, packets):
    folder = write_alerts(Settings(home=tmp_path_factory.mktemp("home")))
    alerts = waiting(folder, survey="lsst")[::3]  # each is copied
    copies = repeated(alerts, TOTAL, survey="lsst")
    return {f"copy {number}": copy for number, copy in enumerate(copies)}


@pytest.fixture(scope="module")
def stream(spark, kafka_servers, tmp_path_factory, sent):
    made = streams.new(spark, kafka_servers, tmp_path_factory.mktemp("lake"), LSST)
    made.receipt, _ = made.take({name: copy.message for name, copy in sent.items()})
    return made


def test_no_alert_of_the_night_is_a_dead_letter(stream):
    assert stream.receipt.counts == {"messages": TOTAL, "raw": TOTAL, "dead_letter": 0}
    assert stream.rows("dead_letter") == []


def test_every_copy_is_in_raw_as_sent_under_its_own_identity(stream, sent):
    found = stream.found("raw")
    assert len({row["alert_id"] for row in found.values()}) == TOTAL
    for name, copy in sent.items():
        packet = lsst.unwire(copy.message)
        assert streams.same(streams.packet_of(found[name]), packet), name
        assert found[name]["alert_id"] == packet["diaSource"]["diaSourceId"]
        assert found[name]["night"] == copy.night


def test_bodies_and_objects_are_told_apart_by_their_names(stream, sent):
    for copy, row in stream.found("raw").items():
        packet = lsst.unwire(sent[copy].message)
        if packet["diaObject"]:
            assert row["object_id"] == str(packet["diaObject"]["diaObjectId"])
        else:
            name = packet["diaSource"]["ssObjectId"].to_bytes(7, "big").decode()
            assert row["object_id"] == f"sso:{name}"
