"""Nearest neighbours on the sphere, against a search of all pairs."""

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fink_assets.astro import sphere
from fink_assets.astro.angles import separation
from fink_assets.astro.sphere import Sources, cells, nearest, order_for

CENTRES = [
    (0, 0),
    (359.9999, 12),
    (0, 90),
    (123, -90),
    (45, 41.81),
    (90, 0),
    (266, -29),
    (0, 41.81),
]
offsets = st.tuples(st.floats(-1, 1), st.floats(-1, 1))


def sources(ra, dec, radius=None):
    """Sources as a compact file has them, and the order they were sorted into."""
    cell = cells(ra, dec)
    order = np.argsort(cell, kind="stable")
    own = None if radius is None else np.asarray(radius, dtype=float)[order]
    return Sources(cell[order], ra[order], dec[order], own), order


def around(centre, points, radius):
    """Positions about a centre, up to three radii away; over the pole, and through 0 hours."""
    x, y = np.array(points, dtype=float).reshape(-1, 2).T * 3 * radius
    base = SkyCoord(*centre, unit="deg")
    found = base.directional_offset_by(np.arctan2(x, y) * units.rad, np.hypot(x, y) * units.arcsec)
    return found.ra.deg, found.dec.deg


def of_all_pairs(ra, dec, found, radius):
    """Nearest separation of each position by comparing it with every source."""
    apart = 3600 * separation(ra[:, None], dec[:, None], found.ra[None], found.dec[None])
    reach = radius if found.radius is None else np.minimum(radius, found.radius)[None]
    return np.where(apart <= reach, apart, np.nan)


@settings(max_examples=300)
@given(
    st.sampled_from(CENTRES),
    st.lists(offsets, min_size=1, max_size=12),
    st.lists(offsets, min_size=1, max_size=12),
    st.sampled_from([0.5, 1.5, 60.0, 3600.0]),
    st.booleans(),
)
@example((0, 90), [(0.1, 0.1)], [(-0.1, -0.1)], 60.0, False)
def test_the_nearest_source_is_that_of_all_pairs(centre, alerts, known, radius, with_own):
    ra, dec = around(centre, alerts, radius)
    own = np.linspace(0, radius, len(known)) if with_own else None
    found, _ = sources(*around(centre, known, radius), own)
    row, separation = nearest(ra, dec, found, radius)
    every = of_all_pairs(ra, dec, found, radius)
    has = ~np.isnan(every).all(axis=1)
    np.testing.assert_array_equal(row >= 0, has)
    np.testing.assert_array_equal(separation[has], np.nanmin(every[has], axis=1))
    np.testing.assert_array_equal(np.isnan(separation), ~has)


def test_of_many_sources_over_the_whole_sky_each_position_finds_its_own():
    random = np.random.default_rng(7)
    ra, dec = random.uniform(0, 360, 20_000), np.degrees(np.arcsin(random.uniform(-1, 1, 20_000)))
    found, order = sources(ra, dec)
    shifted = np.clip(dec + random.uniform(-1, 1, len(dec)) / 3600, -90, 90)
    row, separation = nearest(ra, shifted, found, 1.5)
    np.testing.assert_array_equal(order[row], np.arange(len(ra)))
    np.testing.assert_allclose(separation, np.abs(shifted - dec) * 3600, atol=1e-6)


@given(st.permutations(range(30)), st.integers(1, 30))
def test_a_position_finds_the_same_whatever_is_asked_with_it(order, size):
    random = np.random.default_rng(3)
    ra, dec = around((0, 89.99), random.uniform(-1, 1, (30, 2)), 60)
    found, _ = sources(*around((0, 89.99), random.uniform(-1, 1, (200, 2)), 60))
    row, separation = nearest(ra, dec, found, 60)
    parts = [order[i : i + size] for i in range(0, 30, size)]
    for part in parts:
        again = nearest(ra[part], dec[part], found, 60)
        np.testing.assert_array_equal(again[0], row[part])
        np.testing.assert_array_equal(again[1], separation[part])
    assert (row >= 0).sum() > 5


def test_several_positions_may_have_the_same_nearest_source():
    found, _ = sources(np.array([10.0]), np.array([20.0]))
    row, _ = nearest(np.array([10.0, 10.0001, 10.0]), np.array([20.0, 20, 20.0003]), found, 1.5)
    np.testing.assert_array_equal(row, [0, 0, 0])


def test_of_two_sources_at_one_place_the_first_is_taken():
    found, _ = sources(np.array([10.0, 10.0]), np.array([20.0, 20.0]))
    assert nearest(np.array([10.0]), np.array([20.0]), found, 1.5)[0] == [0]


def test_a_crowd_is_searched_piece_by_piece_with_the_same_answer(monkeypatch):
    random = np.random.default_rng(5)
    found, _ = sources(*around((266, -29), random.uniform(-1, 1, (3000, 2)), 60))
    ra, dec = around((266, -29), random.uniform(-1, 1, (50, 2)), 60)
    row, separation = nearest(ra, dec, found, 60)
    monkeypatch.setattr(sphere, "PAIRS_AT_ONCE", 700)
    again = nearest(ra, dec, found, 60)
    np.testing.assert_array_equal(again[0], row)
    np.testing.assert_array_equal(again[1], separation)
    assert (row >= 0).all()


@pytest.mark.parametrize("position", [(np.nan, 0), (0, np.nan), (np.inf, 0), (0, 91)])
def test_what_is_not_a_position_has_no_counterpart(position):
    found, _ = sources(np.array([0.0]), np.array([0.0]))
    row, separation = nearest(*(np.array([x, 0.0]) for x in position), found, 60)
    np.testing.assert_array_equal(row, [-1, 0])
    assert np.isnan(separation[0])


def test_nothing_is_found_where_nothing_is():
    row, separation = nearest(
        np.array([1.0]), np.array([1.0]), sources(np.array([]), np.array([]))[0], 60
    )
    assert (row[0], np.isnan(separation[0])) == (-1, True)


@pytest.mark.parametrize("radius", [0.5, 1.5, 60, 3600])
def test_cells_are_wide_enough_for_the_radius_and_no_wider_than_needed(radius):
    width = 58.6323 * 3600 / 2 ** order_for(radius)
    assert 2 * radius <= width < 4 * radius


def test_separations_are_those_of_astropy():
    random = np.random.default_rng(11)
    ra, other_ra = random.uniform(0, 360, (2, 500))
    dec, other_dec = np.degrees(np.arcsin(random.uniform(-1, 1, (2, 500))))
    expected = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(other_ra, other_dec, unit="deg"))
    np.testing.assert_allclose(
        3600 * separation(ra, dec, other_ra, other_dec), expected.arcsec, rtol=1e-9
    )
