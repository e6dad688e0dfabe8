"""Pairs that are of one body come together under a hypothesis, and one orbit goes through them."""

from dataclasses import replace

import numpy as np
import pytest
from orbits import FIRST, bodies, detections, exposures, scattered

from fink_assets.astro.linking import LEAST_NIGHTS, clusters, hypotheses, states
from fink_assets.astro.moving_pairs import MOST_PAIRS, CrowdedError, pairs
from fink_assets.astro.orbit_fit import Path, residuals
from fink_assets.astro.tracks import MOST_OFF_ARCSEC, extended, joined
from fink_assets.solar_system.trajectory import sightings
from fink_assets.surveys import ZTF

NIGHTS = (0, 3, 6)


def scene(alerts):
    """Sightings, the number of each one's night, and the pairs of all nights."""
    alerts = sorted(alerts, key=lambda each: (each.time, each.alert_id))
    seen = sightings(alerts, ZTF.unknown)
    night = np.array([(each.time - FIRST).days for each in alerts])
    found = []
    for number in np.unique(night):
        rows = np.flatnonzero(night == number)
        found.append(rows[pairs(seen.jd[rows], seen.direction[rows])])
    return alerts, seen, night, np.concatenate(found)


def of_one(body, times, **more):
    return scene(detections(body, times, seed=1, first_id=1, **more))


def test_a_pair_moves_as_the_belt_does_and_no_faster_than_a_degree_a_day():
    body = bodies(1, seed=2)[0]
    _, _, _, both = of_one(body, exposures((0,), of_a_night=3))
    assert both.tolist() == [[0, 1], [0, 2], [1, 2]]
    _, _, _, hasty = of_one(body, exposures((0,), minutes=10))
    assert not len(hasty)
    still = detections(body, [exposures((0,))[0]] * 2, seed=1, first_id=1)
    seen = sightings(still, ZTF.unknown)
    assert not len(pairs(seen.jd + np.array([0, 0.03]), seen.direction))


def test_a_night_with_too_many_pairs_is_refused_before_they_fill_the_memory():
    random = np.random.default_rng(1)
    heap = np.array([1.0, 0, 0]) + random.normal(0, 1e-3, (2000, 3))
    jd = 2461050 + random.uniform(0, 0.2, 2000)
    with pytest.raises(CrowdedError, match="neighbours"):
        pairs(jd, heap / np.linalg.norm(heap, axis=1)[:, None])
    of_many = [d for k, b in enumerate(bodies(6, seed=4)) for d in two(b, k)]
    seen = sightings(of_many, ZTF.unknown)
    with pytest.raises(CrowdedError, match="pairs, more than 2"):
        pairs(seen.jd, seen.direction, most=2)
    assert MOST_PAIRS >= 1000


def two(body, k):
    return detections(body, exposures((0,)), seed=k, first_id=10 * k)


def test_under_the_right_hypothesis_the_pairs_of_a_body_lie_together():
    body = bodies(1, seed=6)[0]
    _, seen, _, both = of_one(body, exposures((0, 7, 14)), error=0.0)
    reference = float(np.median(seen.jd))
    days = reference + np.array([-0.5, 0, 0.5])
    distance = np.linalg.norm(body.place(days), axis=1)
    chosen, place, _ = states(seen, both, reference, distance[1], distance[2] - distance[0])
    assert len(chosen) == 3
    assert np.ptp(place, axis=0).max() < 3e-4
    assert place.mean(axis=0) == pytest.approx(body.place(days)[1], abs=2e-3)
    _, wrong, _ = states(seen, both, reference, distance[1] + 0.4, 0.0)
    assert np.ptp(wrong, axis=0).max() > 5e-4


def test_hypotheses_are_from_the_orbit_of_mars_to_that_of_jupiter():
    distances = {distance for distance, _ in hypotheses()}
    assert min(distances) == pytest.approx(1.2)
    assert 5.3 < max(distances) < 5.6


def test_a_cluster_has_a_pair_of_the_newest_night_and_of_three_at_least():
    alerts = [
        d
        for k, body in enumerate(bodies(5, seed=7))
        for d in detections(body, exposures(NIGHTS), seed=k, first_id=100 * (k + 1))
    ]
    alerts, seen, night, both = scene(alerts)
    number, middle = night[both[:, 0]], float(seen.jd.mean())
    found = clusters(seen, both, number, newest=6, reference=middle)
    assert {frozenset(night[both[list(one.pairs), 0]].tolist()) for one in found} == {
        frozenset(NIGHTS)
    }
    own = {
        frozenset(alerts[row].alert_id // 100 for row in both[list(o.pairs)].flat) for o in found
    }
    assert {frozenset({k}) for k in range(1, 6)} <= own
    early = number < 6
    assert not clusters(seen, both[early], number[early], newest=6, reference=middle)


def test_what_is_not_of_the_body_is_dropped_and_the_rest_is_its_orbit():
    body = bodies(1, seed=8)[0]
    own = detections(body, exposures(NIGHTS), seed=1, first_id=1)
    off = detections(body, exposures((6,), of_a_night=1, minutes=1), seed=1, first_id=90)
    off = [replace(each, dec=each.dec + 2 / 3600) for each in off]
    alerts, seen, night, _ = scene([*own, *off])
    epoch = float(seen.jd.mean())
    near = body.place(epoch + np.array([-1, 0, 1]))
    guess = guess_from(epoch, near)
    track = joined(seen, night, range(len(alerts)), guess)
    assert [alerts[row].alert_id for row in track.rows] == [1, 2, 3, 4, 5, 6]
    assert np.hypot(*residuals(track.path, seen.of(list(track.rows))).T).max() < MOST_OFF_ARCSEC
    too_few = [row for row, each in enumerate(alerts) if each.alert_id in (1, 2, 3, 4, 5)]
    assert joined(seen, night, too_few, guess) is None
    assert LEAST_NIGHTS == 3


def guess_from(epoch, near):
    return Path(epoch=epoch, place=near[1], velocity=(near[2] - near[0]) / 2)


def test_single_detections_of_other_nights_are_added_and_neighbours_are_not():
    body = bodies(1, seed=9)[0]
    own = detections(body, exposures(NIGHTS), seed=1, first_id=1)
    later = detections(body, exposures((9, 16), of_a_night=1), seed=2, first_id=50)
    ra, dec = later[0].ra, later[0].dec
    noise = scattered(30, exposures((9,)), seed=3, first_id=500, around=(ra, dec), degrees=1 / 120)
    alerts, seen, night, _ = scene([*own, *later, *noise])
    epoch = float(seen.jd.mean())
    guess = guess_from(epoch, body.place(epoch + np.array([-1, 0, 1])))
    first = [row for row, each in enumerate(alerts) if each.alert_id < 10]
    track = joined(seen, night, first, guess)
    free = np.array([row for row in range(len(alerts)) if row not in track.rows])
    found = extended(seen, night, track, free)
    assert {alerts[row].alert_id for row in found.rows} == {1, 2, 3, 4, 5, 6, 50, 51}
