"""Each fault is what it says, as often as asked for."""

from collections import Counter
from pathlib import Path

import pytest

from fink_assets.simulator import lsst, small_night
from fink_assets.simulator.faults import DAMAGES, FAULTS, WINDOW, disturbed
from fink_assets.simulator.packet import read_container, read_detection
from fink_assets.simulator.sequence import outgoing, repeated, waiting
from fink_assets.simulator.surveys import PACKETS
from fink_assets.stream2raw.framing import FRAMINGS, FramingError

DATA = Path(__file__).parents[2] / "data" / "ztf"
NIGHT = "2024-06-06"


@pytest.fixture(scope="module")
def ztf():
    return list(repeated(waiting(DATA), 200, night=NIGHT))


@pytest.fixture(scope="module")
def rubin(packets):
    return list(small_night.alerts(24))


def made(stream, survey="ztf", seed=3, total=None, **rates):
    counts = Counter()
    found = disturbed(
        iter(stream), rates, survey=survey, seed=seed, total=total or len(stream), made=counts
    )
    return list(found), counts


def extra(found, stream):
    """Messages that the stream did not have, in order."""
    left = Counter(alert.message for alert in stream)
    more = []
    for alert in found:
        if left[alert.message]:
            left[alert.message] -= 1
        else:
            more.append(alert)
    return more


def is_kept(found, stream):
    """Whether every alert of the stream is there, in order."""
    left = iter(found)
    return all(any(alert.message == each.message for each in left) for alert in stream)


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_seed_gives_the_same_stream_another_one_another(ztf, name):
    one, counts = made(ztf, **{name: 0.2})
    assert (one, counts) == made(ztf, **{name: 0.2})
    assert set(counts) == {name}
    assert counts[name] == pytest.approx(40, abs=18)
    if name != "schema_change":
        assert one != made(ztf, seed=4, **{name: 0.2})[0]


def test_without_rates_nothing_changes(ztf):
    assert made(ztf) == (ztf, Counter())
    assert made(ztf, **dict.fromkeys(FAULTS, 0.0)) == (ztf, Counter())


def test_faults_do_not_change_each_other_and_all_are_counted(ztf):
    _, all_counts = made(ztf, **dict.fromkeys(DAMAGES, 0.1), duplicates=0.1)
    _, alone = made(ztf, duplicates=0.1)
    assert all_counts["duplicates"] == alone["duplicates"]
    assert set(all_counts) == {"duplicates", *DAMAGES}


def test_duplicates_come_a_little_later_and_are_the_same_bytes(ztf):
    found, counts = made(ztf, duplicates=0.2)
    places = {}
    for position, alert in enumerate(found):
        places.setdefault(alert.message, []).append(position)
    twice = [where for where in places.values() if len(where) == 2]
    assert len(twice) == counts["duplicates"] == len(found) - len(ztf)
    assert all(0 < second - first <= 2 * WINDOW for first, second in twice)
    assert is_kept(found, ztf)


def test_what_is_out_of_order_is_held_back_by_so_many_alerts_at_most(ztf):
    found, counts = made(ztf, out_of_order=0.2)
    assert sorted(a.message for a in found) == sorted(a.message for a in ztf)
    before = {alert.message: position for position, alert in enumerate(ztf)}
    back = [position - before[alert.message] for position, alert in enumerate(found)]
    assert 0 < sum(each > 0 for each in back) <= counts["out_of_order"]
    assert max(back) <= WINDOW


def test_what_is_held_back_takes_the_time_of_its_place(ztf):
    stream = [a._replace(time=float(n)) for n, a in enumerate(ztf)]
    for name in ("duplicates", "out_of_order"):
        times = [alert.time for alert in made(stream, **{name: 0.3})[0]]
        assert times == sorted(times)


def test_late_alerts_are_of_the_night_before_and_keep_their_identity(ztf):
    found, counts = made(ztf, late=0.2)
    moved = [(new, old) for new, old in zip(found, ztf, strict=True) if new != old]
    assert len(moved) == counts["late"]
    for new, old in moved:
        one, other = read_container(new.message)[1], read_container(old.message)[1]
        assert new.night == "2024-06-05"
        assert one["candidate"]["jd"] == other["candidate"]["jd"] - 1
        assert (one["candid"], one["objectId"]) == (other["candid"], other["objectId"])
        assert (new.time, one["cutoutScience"]) == (old.time, other["cutoutScience"])


def test_a_late_alert_of_lsst_is_of_the_night_before(rubin):
    found, counts = made(rubin, "lsst", late=0.3)
    moved = [(n, o) for n, o in zip(found, rubin, strict=True) if n.message != o.message]
    assert len(moved) == counts["late"] > 0
    for new, old in moved:
        one, other = lsst.read(new.message)["diaSource"], lsst.read(old.message)["diaSource"]
        assert (old.night, new.night) == ("2025-09-05", "2025-09-04")
        assert one["midpointMjdTai"] == other["midpointMjdTai"] - 1
        assert one["diaSourceId"] == other["diaSourceId"]


@pytest.mark.parametrize("nights", [1, 2])
def test_a_flood_is_of_one_object_a_night_under_new_identifiers(ztf, nights):
    stream = ztf if nights == 1 else ztf + [a._replace(night="2024-06-07") for a in ztf]
    found, counts = made(stream, flood=0.3)
    more = [read_detection(alert.message) for alert in extra(found, stream)]
    assert len(more) == counts["flood"]
    assert {alert["objectId"] for alert in more} == {read_detection(ztf[0].message)["objectId"]}
    candids = [alert["candid"] for alert in more]
    assert len(set(candids)) == len(candids)
    assert not set(candids) & {read_detection(alert.message)["candid"] for alert in ztf}
    assert is_kept(found, stream)


def test_a_flood_of_lsst_is_of_one_object(rubin):
    found, counts = made(rubin, "lsst", flood=0.3)
    more = [lsst.look(alert.message)[1] for alert in extra(found, rubin)]
    assert more == [lsst.look(rubin[0].message)[1]] * counts["flood"]


def test_a_changed_schema_of_ztf_has_one_field_more_from_a_point_on(ztf):
    found, counts = made(ztf, schema_change=0.25)
    assert found[:150] == ztf[:150]
    assert counts["schema_change"] == 50
    for new, old in zip(found[150:], ztf[150:], strict=True):
        assert read_container(new.message)[1] == {**read_container(old.message)[1]} | {
            "simulated": True
        }
        assert new.message.endswith(old.message[-16:])


def test_a_changed_schema_of_lsst_is_another_version_of_the_same_alert(rubin):
    found, _ = made(rubin, "lsst", schema_change=0.5)
    assert found[:12] == rubin[:12]
    for new, old in zip(found[12:], rubin[12:], strict=True):
        assert (lsst.schema_id_of(old.message), lsst.schema_id_of(new.message)) == (1101, 1100)
        one, other = lsst.read(new.message), lsst.read(old.message)
        assert all(one["diaSource"][name] == other["diaSource"][name] for name in one["diaSource"])


def test_every_version_of_lsst_that_is_sent_has_another_that_holds_its_alerts():
    import lsst_messages

    for schema_id in (704, 900, 1000, 1101):
        message = lsst_messages.wire(lsst_messages.sample(schema_id), schema_id)
        other = PACKETS["lsst"].changed(message)
        assert lsst.schema_id_of(other) != schema_id
        assert lsst.look(other) == lsst.look(message)


@pytest.mark.parametrize("name", sorted(DAMAGES))
@pytest.mark.parametrize("survey", ["ztf", "lsst"])
def test_damaged_messages_come_on_top(request, name, survey):
    stream = request.getfixturevalue({"ztf": "ztf", "lsst": "rubin"}[survey])
    found, counts = made(stream, survey, **{name: 0.3})
    more = extra(found, stream)
    assert len(more) == counts[name] > 0
    assert is_kept(found, stream)
    framing = FRAMINGS["container" if survey == "ztf" else "confluent"]
    if name == "garbage" or (name, survey) == ("truncated", "ztf"):
        for alert in more:
            with pytest.raises(FramingError):
                framing.split(alert.message)


def test_alerts_of_files_can_be_disturbed_one_at_a_time():
    """Nothing is read ahead: a stream without end can be disturbed."""
    endless = repeated(waiting(DATA)[:3], None)
    rates = {name: 0.1 for name in FAULTS if name != "schema_change"}
    stream = disturbed(endless, rates)
    assert len([next(stream) for _ in range(50)]) == 50


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({"rain": 0.1}, "rain is no fault: choose from flood"),
        ({"late": 1.1}, "between 0 and 1"),
        ({"schema_change": 0.5}, "known length"),
    ],
)
def test_what_cannot_be_is_refused_at_once(rates, said):
    with pytest.raises(ValueError, match=said):
        disturbed(outgoing([]), rates)
