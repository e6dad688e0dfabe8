"""Synthetic nights: valid packets, the same numbers in every night, one truth."""

from collections import Counter
from itertools import pairwise

import fastavro
import pytest
from nights import (
    ALERTS,
    NEXT,
    NIGHT,
    SURVEYS,
    alert_id,
    detections,
    everything,
    history,
    made,
    object_of,
    one_field,
    one_night,
    read,
    schemas,
    thinned,
)

from fink_assets.astro.time import night_of_jd, night_of_mjd_tai
from fink_assets.simulator import lsst, packet
from fink_assets.simulator.observatory import night_name, night_number
from fink_assets.simulator.truth import Truth
from fink_assets.surveys.lsst_packet import NEWEST
from fink_assets.surveys.ztf_packet import packet_schema_json


@pytest.fixture(scope="module", params=SURVEYS)
def night(request):
    """Survey, what is sent, alerts as a reader sees them, and the truth."""
    return one_night(request.param)


def test_packets_are_valid_and_as_fastavro_writes_them(night):
    survey, sent, alerts, truth = night
    assert len(alerts) == ALERTS
    # One of each class, of short history: validation takes long. The bytes say the same of all.
    classes = {row["first_alert_id"]: row["class"] for row in truth.rows}
    longest = sorted(alerts, key=lambda alert: len(history(survey, alert)), reverse=True)
    chosen = {classes.get(alert_id(survey, alert)): alert for alert in longest}
    assert len(chosen) >= 4
    assert any(history(survey, alert) for alert in chosen.values())
    parsed = fastavro.parse_schema(schemas(survey))
    assert fastavro.validation.validate_many(list(chosen.values()), parsed)
    for each, alert in zip(sent, alerts, strict=True):
        if survey == "ztf":
            text = packet_schema_json()
            sync = packet.sync_marker(text, alert["candid"])
            assert packet.write_container(text, alert, sync=sync) == each.message
        else:
            assert lsst.written(alert, NEWEST) == each.message


def test_alerts_are_of_the_night_in_the_order_of_exposures(night):
    survey, sent, alerts, _ = night
    assert all(before.time <= after.time for before, after in pairwise(sent))
    for each, alert in zip(sent, alerts, strict=True):
        if survey == "ztf":
            assert each.time == pytest.approx(alert["candidate"]["jd"], abs=1e-6)
            assert alert["candid"] // 10**9 * 10**9 == packet.candid_at(alert["candidate"]["jd"])
            found = night_of_jd(each.time)
        else:
            assert each.time == alert["diaSource"]["midpointMjdTai"]
            found = night_of_mjd_tai(each.time)
        assert found == each.night == NIGHT


def test_identifiers_are_unique_and_one_detection_has_one(night):
    survey, _, alerts, _ = night
    assert len({alert_id(survey, alert) for alert in alerts}) == len(alerts)
    for alert in alerts:
        past = [alert_id(survey, each) for each in detections(survey, alert)]
        assert len(set(past)) == len(past)
        assert alert_id(survey, alert) not in past


def test_one_seed_gives_the_same_bytes_and_another_other_ones(night):
    survey, sent, _, _ = night
    assert list(made(survey)) == sent
    assert list(made(survey, alerts=50)) == sent[:50]
    others = {each.message for each in made(survey, alerts=50, seed=8)}
    assert not others & {each.message for each in sent}


def test_the_truth_has_one_row_for_each_object(night):
    survey, _, alerts, truth = night
    names = [row["object_id"] for row in truth.rows]
    assert len(set(names)) == len(names)
    assert set(names) == {object_of(survey, alert) for alert in alerts}
    assert {row["class"] for row in truth.rows} == {"wave", "bump", "rock", "bogus"}


def test_the_truth_is_a_delta_table(night, tmp_path):
    from deltalake import DeltaTable

    survey, _, _, truth = night
    stored = Truth(tmp_path / "truth")
    for _ in range(2):  # the same again, by another run
        list(made(survey, truth=stored, alerts=40))
        stored.write()
        stored = Truth(tmp_path / "truth")
    rows = DeltaTable(tmp_path / "truth").to_pyarrow_table().to_pylist()
    first = [row for row in truth.table().to_pylist()][: len(rows)]
    assert sorted(rows, key=lambda r: r["object_id"]) == sorted(first, key=lambda r: r["object_id"])


@pytest.mark.parametrize("survey", SURVEYS)
@pytest.mark.parametrize("draw", [thinned, everything])
def test_a_later_night_tells_of_the_earlier_one_in_the_same_numbers(survey, draw):
    schemas(survey)
    sky = one_field(survey, draw)
    later = night_name(night_number(NIGHT) + NEXT[survey])
    first = [read(survey, each.message) for each in made(survey, alerts=65, sky=sky)]
    known = {alert_id(survey, alert): alert for alert in first}
    objects, told = {object_of(survey, alert) for alert in first}, 0
    for alert in (
        read(survey, each.message) for each in made(survey, alerts=65, night=later, sky=sky)
    ):
        past = {alert_id(survey, each): each for each in detections(survey, alert)}
        for number in past.keys() & known.keys():
            told += 1
            before = known[number]
            assert object_of(survey, before) == object_of(survey, alert)
            detection = before["candidate"] if survey == "ztf" else before["diaSource"]
            same = past[number].keys() - {"ssdistnr", "ssmagnr", "ssnamenr"}
            assert {n: past[number][n] for n in same} == {n: detection[n] for n in same}
        if object_of(survey, alert) in objects:
            assert past.keys() & known.keys()
    assert told > 20


def test_alerts_of_an_object_in_a_night_follow_one_another(night):
    survey, _, _, _ = night
    alerts, seen = [], {}
    for each in made(survey, alerts=100_000, sky=one_field(survey, thinned)):
        alerts.append(read(survey, each.message))
    for alert in alerts:
        name = object_of(survey, alert)
        if name in seen and not name.startswith("sso:"):
            past = [alert_id(survey, each) for each in detections(survey, alert)]
            assert past[-1] == alert_id(survey, seen[name])
            before = [alert_id(survey, b) for b in detections(survey, seen[name])]
            assert past[:-1] == before[len(before) - len(past) + 1 :]
        seen[name] = alert
    again = Counter(object_of(survey, alert) for alert in alerts)
    assert max(again.values()) >= 2
