from itertools import islice
from pathlib import Path

import pytest

from fink_assets.astro.time import night_of_jd
from fink_assets.simulator.packet import candid_at, object_name, read_container, read_detection
from fink_assets.simulator.sequence import (
    first_id,
    nights,
    outgoing,
    repeated,
    waiting,
)

DATA = Path(__file__).parents[2] / "data" / "ztf"


def test_alerts_wait_in_the_order_of_their_exposures():
    times = [alert.time for alert in waiting(DATA)]
    assert times == sorted(times)
    assert len(times) == len(list(DATA.rglob("*.avro")))


def test_a_seed_gives_another_order_and_always_the_same():
    ordered, shuffled = waiting(DATA), waiting(DATA, shuffle=7)
    assert shuffled != ordered
    assert sorted(shuffled) == ordered
    assert shuffled == waiting(DATA, shuffle=7)


def test_files_and_folders_can_be_given_together():
    some = sorted(DATA.rglob("*.avro"))[:3]
    assert {alert.path for alert in waiting(some)} == set(some)
    folders = [path for path in DATA.iterdir() if path.is_dir()]
    assert waiting(folders) == waiting(DATA)
    assert [alert.path for alert in waiting(some[0])] == some[:1]


def test_nights_are_utc_dates_in_order_and_hold_every_file_once():
    by_night = nights(DATA)
    assert list(by_night) == sorted(by_night)
    assert len(by_night["2019-09-03"]) == 13
    assert sum(map(len, by_night.values())) == len(waiting(DATA))


def test_alerts_sent_once_are_the_bytes_on_disk():
    alerts = waiting(DATA)
    assert [sent.message for sent in outgoing(alerts)] == [a.path.read_bytes() for a in alerts]


def test_what_is_sent_has_the_time_of_its_exposure():
    alerts = waiting(DATA)
    assert [sent.time for sent in outgoing(alerts)] == [alert.time for alert in alerts]
    for sent in repeated(alerts, 60, night="2024-06-06"):
        assert read_detection(sent.message)["candidate"]["jd"] == sent.time


def test_all_times_move_by_whole_days_and_the_alerts_are_others():
    alerts = waiting(DATA)
    before = [read_container(sent.message)[1] for sent in outgoing(alerts)]
    moved = list(repeated(alerts, len(alerts), days=100))
    for old, sent in zip(before, moved, strict=True):
        new = read_container(sent.message)[1]
        assert new["candidate"]["jd"] == sent.time == old["candidate"]["jd"] + 100
        assert sent.night == night_of_jd(sent.time)
        assert new["objectId"] == old["objectId"]
        past = [(p["jd"] + 100, p["candid"]) for p in old["prv_candidates"] or ()]
        assert [(p["jd"], p["candid"]) for p in new["prv_candidates"] or ()] == past
    candids = {read_detection(sent.message)["candid"] for sent in moved}
    assert len(candids) == len(alerts)
    assert not candids & {alert["candid"] for alert in before}
    assert min(candids) == first_id(alerts, days=100) == candid_at(alerts[0].time + 100)


def test_a_loop_sends_all_in_turn_again_and_again_as_others():
    alerts = waiting(DATA)[:5]
    sent = [read_detection(out.message) for out in islice(repeated(alerts, None), 12)]
    times = [alert.time for alert in alerts]
    assert [alert["candidate"]["jd"] for alert in sent] == [*times, *times, *times[:2]]
    assert len({alert["candid"] for alert in sent}) == 12
    assert sent[0]["objectId"] != sent[5]["objectId"]
    counted = list(repeated(alerts, 12, in_turn=True))
    assert counted == list(islice(repeated(alerts, None), 12))


def test_repeats_are_as_many_as_asked_for_even_fewer_than_the_alerts():
    alerts = waiting(DATA)[:5]
    for total in (0, 3, 5, 23):
        assert len(list(repeated(alerts, total))) == total
    assert list(repeated([], 10)) == []


def test_identifiers_of_repeats_are_unique_increase_and_fit_64_bits():
    sent = [read_detection(out.message) for out in repeated(waiting(DATA, shuffle=1), 200)]
    candids = [alert["candid"] for alert in sent]
    assert candids == sorted(set(candids))
    assert all(0 < candid < 2**63 for candid in candids)
    assert [alert["candidate"]["candid"] for alert in sent] == candids


def test_repeats_keep_the_order_of_time():
    times = [read_detection(o.message)["candidate"]["jd"] for o in repeated(waiting(DATA), 150)]
    assert times == sorted(times)


def test_copies_of_a_night_are_all_of_it_and_come_in_turn():
    alerts = waiting(DATA)
    sent = list(repeated(alerts, 3 * len(alerts) + 5, night="2024-06-06"))
    found = [read_detection(out.message) for out in sent]
    assert {out.night for out in sent} == {"2024-06-06"}
    assert {night_of_jd(alert["candidate"]["jd"]) for alert in found} == {"2024-06-06"}
    times = [alert["candidate"]["jd"] % 1 for alert in found]
    in_turn = [alerts[number % len(alerts)].time % 1 for number in range(len(sent))]
    assert times == pytest.approx(in_turn, abs=1e-8)
    candids = [alert["candid"] for alert in found]
    first = first_id(alerts, night="2024-06-06")
    assert candids == list(range(first, first + len(sent)))
    assert len({alert["objectId"] for alert in found[: len(alerts)]}) == len(
        {alert.object_id for alert in alerts}
    )


def test_a_night_s_copies_are_the_same_however_few_are_kept(monkeypatch):
    alerts = waiting(DATA)[:7]
    wanted = list(repeated(alerts, 30, night="2024-06-06"))
    monkeypatch.setattr("fink_assets.simulator.sequence.KEPT_ALERTS", 2)
    assert list(repeated(alerts, 30, night="2024-06-06")) == wanted


def test_copies_of_one_object_form_further_objects_of_as_many_alerts():
    alerts = [alert for alert in waiting(DATA) if alert.object_id == "ZTF21acobels"]
    assert len(alerts) == 4
    names = [read_detection(out.message)["objectId"] for out in repeated(alerts, 12)]
    assert sorted(names.count(name) for name in set(names)) == [4, 4, 4]
    assert "ZTF21acobels" in names


def test_names_of_copies_look_like_the_survey_s():
    names = {object_name("ZTF18abcjaev", copy) for copy in range(1000)}
    assert len(names) == 1000
    assert all(len(name) == 12 and name[:5] == "ZTF18" and name[5:].islower() for name in names)


def test_new_identifiers_begin_as_the_survey_s_do():
    _, alert = read_container(sorted(DATA.rglob("*.avro"))[0].read_bytes())
    assert str(candid_at(alert["candidate"]["jd"]))[:7] == str(alert["candid"])[:7]
