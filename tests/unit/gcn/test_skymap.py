"""Maps of the sky: every place has its cell, and regions are as probable as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.gcn.notices import flat_map, simulated

from fink_assets.gcn.parse import parse
from fink_assets.gcn.skymap import FINEST, SkyMap

RA, DEC = st.floats(0, 360), st.floats(-90, 90)


@pytest.fixture(scope="module")
def merger():
    return parse(simulated("lvk").message).region


@given(RA, DEC)
def test_a_map_of_the_whole_sky_has_one_cell_for_every_place(merger, ra, dec):
    (cell,) = merger.cells(ra, dec)
    assert 0 <= cell < len(merger.order)


@given(st.sampled_from([-90.0, 90.0]), RA)
def test_the_pole_is_one_place(dec, ra):
    sky = flat_map(order=3)
    corners = {int(sky.cells(each, dec)[0]) for each in (ra, 0.0)}
    assert {int(sky.number[c]) // 4**3 for c in corners} <= ({0, 1, 2, 3} | {8, 9, 10, 11})


def test_right_ascensions_0_and_360_are_one_place(merger):
    assert (merger.cells([0.0, 360.0, 720.0], [10.0] * 3) == merger.cells(0.0, 10.0)).all()


@given(st.integers(0, 11), st.integers(0, FINEST), st.floats(0, 1, exclude_max=True))
def test_the_middle_of_a_cell_is_in_it(base, order, part):
    number = base * 4**order + int(part * 4**order)
    sky = SkyMap(order=np.array([order]), number=np.array([number]), density=np.array([1.0]))
    assert sky.cells(*sky.peak).tolist() == [0]


def test_a_place_that_a_map_leaves_out_has_no_cell():
    whole = flat_map(order=1)
    part = SkyMap(order=whole.order[:3], number=whole.number[:3], density=whole.density[:3])
    assert (part.cells(*zip(*[(180.0, -60.0), (300.0, 0.0)], strict=True)) == -1).all()


def test_the_densest_cell_has_the_smallest_level_and_all_are_within_one(merger):
    best = np.argmax(merger.density)
    assert merger.level[best] == merger.level.min()
    assert merger.level.max() == pytest.approx(1)
    assert merger.searched.max() == pytest.approx(41_252.96, rel=1e-6)


def test_cells_of_one_density_have_one_level():
    sky = flat_map(order=2)
    assert np.allclose(sky.level, 1)
    assert np.allclose(sky.searched, 41_252.96, rtol=1e-6)


def test_a_level_is_the_probability_of_what_is_as_dense_or_denser():
    sky = flat_map(density=[4, 3, 2, 1] + [0] * 8)
    assert sky.level == pytest.approx([0.4, 0.7, 0.9, 1.0] + [1.0] * 8)
    assert sky.area_of(0.9) == pytest.approx(3 * 41_252.96 / 12, rel=1e-6)


def test_sources_are_in_regions_as_often_as_these_say():
    """The simulator draws the place of a source from the map that its notice has."""
    levels = []
    for seed in range(60):
        written = simulated("lvk", seed=seed)
        sky = parse(written.message).region
        levels.append(sky.level[sky.cells(written.event.ra, written.event.dec)][0])
    assert 0.8 <= np.mean(np.array(levels) <= 0.9) <= 0.98
