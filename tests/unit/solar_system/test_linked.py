"""Linking as of a night: what it finds is of one body, and follows from the alerts alone."""

import itertools
import re
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from orbits import NIGHTS, bodies, by_night, detections, exposures, scattered

from fink_assets.astro.orbit_fit import residuals
from fink_assets.astro.tracks import MOST_OFF_ARCSEC
from fink_assets.solar_system.linked import WINDOW_DAYS, linked, window
from fink_assets.solar_system.trajectory import name_of, sightings
from fink_assets.surveys import ZTF

TIMES = exposures(NIGHTS)


def night_after_night(alerts, nights=None):
    """Link night after night; the trajectories in the end, and what each night gave."""
    candidates, known, told = by_night(alerts), {}, {}
    for night in nights or sorted(candidates):
        told[night] = linked(
            candidates_until(candidates, night), known.values(), night, ZTF.unknown
        )
        known |= {one.name: one for one in told[night].trajectories}
    return known, told


def candidates_until(candidates, night):
    first, last = window(night)
    return {n: found for n, found in candidates.items() if first <= n <= last}


def of_bodies(number, seed, times=TIMES, error=0.1):
    return [
        each
        for k, body in enumerate(bodies(number, seed))
        for each in detections(body, times, seed=k, first_id=1000 * (k + 1), error=error)
    ]


def noise_about(alerts, number, seed=0, degrees=3.0):
    around = (alerts[0].ra, alerts[0].dec)
    return scattered(number, TIMES, seed=seed, first_id=10**6, around=around, degrees=degrees)


def owners(trajectory):
    return {each.alert_id // 1000 for each in trajectory.detections}


def test_most_bodies_are_found_whole_among_hundreds_of_false_detections_and_nothing_else():
    own = of_bodies(20, seed=1)
    known, _ = night_after_night([*own, *noise_about(own, 400)])
    assert all(len(owners(one)) == 1 for one in known.values())
    assert len(known) >= 18
    assert all(len(one.detections) == len(TIMES) for one in known.values())


@settings(max_examples=6)
@given(st.integers(1, 4), st.integers(0, 10**6), st.sampled_from((0.05, 0.1, 0.15)))
def test_the_members_of_a_trajectory_lie_on_its_orbit_and_no_alert_is_in_two(number, seed, error):
    own = of_bodies(number, seed, error=error)
    known, _ = night_after_night([*own, *noise_about(own, 60, seed)])
    for one in known.values():
        off = residuals(one.path, sightings(one.detections, ZTF.unknown))
        assert np.hypot(*off.T).max() <= MOST_OFF_ARCSEC
        assert len({each.night for each in one.detections}) >= 3
    ids = [each.alert_id for one in known.values() for each in one.detections]
    assert len(ids) == len(set(ids))


@settings(max_examples=6)
@given(st.integers(0, 10**6), st.sampled_from((0.3, 0.5, 1.0)))
def test_points_at_random_give_nothing(seed, degrees):
    alerts = scattered(
        600,
        exposures((0, 2, 4, 6, 8)),
        seed=seed,
        first_id=1,
        around=(110.0, 20.0),
        degrees=degrees,
    )
    known, told = night_after_night(alerts)
    assert not known
    assert any(each.pairs for each in told.values())


@settings(max_examples=5)
@given(st.randoms(use_true_random=False))
def test_the_order_of_alerts_changes_nothing(random):
    own = of_bodies(3, seed=2)
    alerts = [*own, *noise_about(own, 50)]
    mixed = random.sample(alerts, len(alerts))
    first, _ = night_after_night(alerts)
    again, _ = night_after_night(mixed)
    assert first.keys() == again.keys()
    for name, one in first.items():
        assert again[name].detections == one.detections
        assert (again[name].path.place == one.path.place).all()


def test_a_trajectory_that_goes_on_keeps_its_name_and_the_night_in_which_it_was_found():
    alerts = of_bodies(1, seed=3, times=exposures((0, 3, 6, 9)))
    third, fourth = sorted(by_night(alerts))[2:]
    before, told = night_after_night(alerts, nights=sorted(by_night(alerts))[:3])
    (name,) = before
    assert [each.found for each in told[third].trajectories] == [third]
    result = linked(by_night(alerts), before.values(), fourth, ZTF.unknown)
    assert [(one.name, one.found) for one in result.trajectories] == [(name, third)]
    assert len(result.trajectories[0].detections) == 8
    nothing_new = linked(by_night(alerts), result.trajectories, fourth, ZTF.unknown)
    assert not nothing_new.trajectories


def test_one_detection_of_a_night_goes_on_with_a_trajectory_but_begins_none():
    body = bodies(1, seed=3)[0]
    pairs = detections(body, exposures((0, 3)), seed=1, first_id=1)
    single = detections(body, exposures((6,), of_a_night=1), seed=2, first_id=50)
    known, _ = night_after_night([*pairs, *single])
    assert not known
    more = detections(body, exposures((8,)), seed=3, first_id=70)
    known, _ = night_after_night([*pairs, *single, *more])
    assert [len(one.detections) for one in known.values()] == [7]


def test_nights_longer_ago_than_the_window_are_of_no_matter():
    assert window("2026-01-31") == ("2026-01-02", "2026-01-31")
    alerts = of_bodies(1, seed=3, times=exposures((0, 2, WINDOW_DAYS)))
    known, _ = night_after_night(alerts)
    assert not known


def test_clusters_that_there_is_no_time_for_are_counted():
    alerts = of_bodies(4, seed=5, times=exposures((0, 3, 6)))
    newest = max(by_night(alerts))
    whole = linked(by_night(alerts), (), newest, ZTF.unknown)
    part = linked(by_night(alerts), (), newest, ZTF.unknown, most_clusters=1)
    assert (whole.untried, part.clusters) == (0, 1)
    assert part.untried >= len(whole.trajectories) - 1 > 0
    assert len(part.trajectories) == 1


def test_a_crowded_night_is_left_out_with_the_reason_and_later_ones_go_on_without_it():
    own = of_bodies(1, seed=3, times=exposures((0, 3, 6, 9)))
    crowd = scattered(
        1500, exposures((3,)), seed=1, first_id=10**6, around=(own[2].ra, own[2].dec), degrees=0.05
    )
    known, told = night_after_night([*own, *crowd])
    assert "side by side" in told[own[2].night].left_out
    assert [one.found for one in known.values()] == [own[-1].night]


def test_names_are_those_of_the_contract_and_two_of_one_hash_differ():
    first = of_bodies(1, seed=3)[0]
    name = name_of(first)
    assert re.fullmatch(r"FF20260110[a-z]{7}", name)
    assert name_of(replace(first, ra=0.0)) == name
    assert name_of(replace(first, alert_id=2)) != name
    other = name_of(first, taken={name})
    assert other != name
    assert re.fullmatch(r"FF20260110[a-z]{7}", other)
    many = {name_of(replace(first, alert_id=n)) for n in range(2000)}
    assert len(many) == 2000
    assert all(a != b for a, b in itertools.pairwise(sorted(many)))
