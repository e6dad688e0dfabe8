"""Trails in an exposure: found where they are, alike in any order, and not in chance."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.tracklets import LEAST_POINTS, tracklets

ORACLE = Path(__file__).parents[4] / "shared/data/ztf/tracklets_20210604"
ARCSEC = 1 / 3600
seeds = st.integers(0, 2**32 - 1)


def line(points, *, ra=180.0, dec=20.0, angle=30.0, step=40.0, bend=0.0, noise=0.1, seed=0):
    """Detections each so many arc seconds from the next, across by up to `bend` in the middle."""
    chance = np.random.default_rng(seed)
    along = np.arange(points) * step
    half = along[-1] / 2
    across = bend * (1 - ((along - half) / half) ** 2) + chance.normal(0, noise, points)
    turn = np.radians(angle)
    east = along * np.cos(turn) - across * np.sin(turn)
    north = along * np.sin(turn) + across * np.cos(turn)
    return ra + east * ARCSEC / np.cos(np.radians(dec)), dec + north * ARCSEC


def field(points, *, seed=0, ra=180.0, dec=20.0):
    """Detections anywhere in a field of 49 square degrees."""
    chance = np.random.default_rng(seed)
    east, north = chance.uniform(-3.5, 3.5, (2, points))
    return ra + east / np.cos(np.radians(dec)), dec + north


def together(*parts):
    return tuple(np.concatenate(values) for values in zip(*parts, strict=True))


def members(found):
    return [set(one.members.tolist()) for one in found]


@settings(max_examples=30)
@given(seeds, st.integers(LEAST_POINTS, 20), st.floats(0, 360), st.floats(-80, 80))
def test_a_line_is_found_wherever_it_is_and_however_it_lies(seed, points, angle, dec):
    (found,) = members(tracklets(*line(points, angle=angle, dec=dec, seed=seed)))
    assert found == set(range(points))


def test_among_others_a_hundredth_at_most_is_spoilt_by_some_that_chance_put_in_line():
    chance = np.random.default_rng(1)
    spoilt = 0
    for seed in range(400):
        points, angle, dec = chance.integers(5, 21), chance.uniform(0, 360), chance.uniform(-80, 80)
        trail = line(points, angle=angle, dec=dec, seed=seed)
        found = members(tracklets(*together(trail, field(40, seed=seed, dec=dec))))
        spoilt += not any(set(range(points)) <= one for one in found)
    assert spoilt <= 4


@settings(max_examples=20)
@given(seeds)
def test_the_order_of_detections_changes_nothing(seed):
    sky = together(line(8), line(6, ra=181.0, angle=100), field(30, seed=seed))
    rows = np.random.default_rng(seed).permutation(len(sky[0]))
    plain, mixed = tracklets(*sky), tracklets(sky[0][rows], sky[1][rows])
    assert [list(rows[one.members]) for one in mixed] == [list(one.members) for one in plain]
    for one, other in zip(plain, mixed, strict=True):
        np.testing.assert_array_equal(one.along_arcsec, other.along_arcsec)
        np.testing.assert_array_equal(one.offset_arcsec, other.offset_arcsec)


def test_four_detections_are_none_and_detections_closer_than_ten_seconds_are_one_source():
    assert tracklets(*line(4)) == []
    assert tracklets(*line(6, step=1.5)) == []
    assert tracklets(np.array([]), np.array([])) == []


def test_detections_off_the_line_by_seconds_are_left_out():
    ra, dec = line(8)
    dec[3] += 3 * ARCSEC
    (found,) = tracklets(ra, dec)
    assert set(found.members.tolist()) == set(range(8)) - {3}


def test_a_bent_trail_is_one_if_a_parabola_follows_it():
    (found,) = tracklets(*line(15, bend=4.0))
    assert len(found.members) == 15
    assert found.offset_arcsec.max() < 1


def test_a_detection_far_beyond_the_end_is_none_of_the_trail():
    ra, dec = line(6, angle=0.0, step=15.0)
    far_ra = ra[-1] + 2000 * ARCSEC / np.cos(np.radians(20))
    found = tracklets(np.append(ra, far_ra), np.append(dec, dec[-1]))
    assert members(found) == [set(range(6))]


def test_two_detections_far_off_near_the_circle_do_not_split_a_trail():
    """With them it is the largest candidate, and Fink's parabola then turns away from it."""
    ra, dec = line(9, angle=0.0, dec=0.0)
    far = np.array([180 + 13410 * ARCSEC, 180 + 16153 * ARCSEC]), np.array([3.0, -3.0]) * ARCSEC
    found = tracklets(*together((ra, dec), far))
    assert members(found) == [set(range(9))]


def test_crossing_trails_are_two_the_longer_first_and_share_nothing():
    sky = together(line(7, angle=0.0, ra=179.99), line(9, angle=80.0, dec=19.97))
    found = tracklets(*sky)
    assert [len(one.members) for one in found] == [9, 7]
    assert not set(found[0].members) & set(found[1].members)


def test_a_detection_that_came_twice_counts_once():
    ra, dec = line(4)
    assert tracklets(np.append(ra, ra[:1]), np.append(dec, dec[:1])) == []


def test_along_counts_arc_seconds_from_the_first():
    (found,) = tracklets(*line(6, noise=0.0))
    np.testing.assert_allclose(found.along_arcsec, np.arange(6) * 40.0, rtol=1e-3)


def test_chance_makes_no_trail_of_a_hundred_detections():
    assert [tracklets(*field(100, seed=seed)) for seed in range(20)] == [[]] * 20


@pytest.mark.skipif(not ORACLE.is_dir(), reason=f"Fink's alerts of a satellite are not at {ORACLE}")
def test_the_satellite_of_fink_is_one_tracklet_of_all_alerts_of_its_exposure():
    import pandas as pd

    candidate = pd.DataFrame(list(pd.read_parquet(ORACLE)["candidate"]))
    exposures = {jd: seen for jd, seen in candidate.groupby("jd")}
    found = {jd: tracklets(e["ra"].to_numpy(), e["dec"].to_numpy()) for jd, e in exposures.items()}
    assert {len(e): [len(t.members) for t in found[jd]] for jd, e in exposures.items()} == {
        1: [],
        15: [15],
    }
