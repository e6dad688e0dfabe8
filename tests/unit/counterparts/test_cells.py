"""What is near a place is in a cell near its own, wherever on the sky that is."""

import math

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from fink_assets.astro.angles import separation
from fink_assets.counterparts.cells import NOWHERE, cells, cells_around
from fink_assets.counterparts.pairs import RADIUS_ARCSEC


def moved(ra, dec, towards, angle):
    """Place at an angle from another (degrees), in a direction (radians)."""
    height, far = math.radians(dec), math.radians(angle)
    sine = math.sin(height) * math.cos(far) + math.cos(height) * math.sin(far) * math.cos(towards)
    east = math.sin(towards) * math.sin(far) * math.cos(height)
    north = math.cos(far) - math.sin(height) * sine
    there = math.degrees(math.asin(max(-1.0, min(1.0, sine))))
    return (ra + math.degrees(math.atan2(east, north))) % 360, there


@given(
    st.floats(0, 360), st.floats(-90, 90), st.floats(0, 2 * math.pi), st.floats(0, RADIUS_ARCSEC)
)
@example(0.0, 90.0, 1.0, RADIUS_ARCSEC)
@example(123.0, -90.0, 1.0, RADIUS_ARCSEC)
@example(0.0, 0.0, 3 * math.pi / 2, RADIUS_ARCSEC)
@example(360.0, 41.8103, math.pi / 2, RADIUS_ARCSEC)
@example(45.0, 89.9999, math.pi, RADIUS_ARCSEC)
def test_a_match_is_in_the_cell_of_a_place_or_next_to_it(ra, dec, towards, arcsec):
    other = moved(ra, dec, towards, arcsec / 3600)
    assert separation(ra, dec, *other) <= (RADIUS_ARCSEC + 1e-3) / 3600
    (near,) = cells_around([ra], [dec])
    assert cells(*other) in near


def test_cells_around_are_nine_or_eight_and_none_is_twice():
    random = np.random.default_rng(1)
    dec = np.degrees(np.arcsin(random.uniform(-1, 1, 500)))
    for near in cells_around(random.uniform(0, 360, 500), dec):
        assert len(near) in (8, 9)
        assert len(set(near)) == len(near)


def test_what_is_no_place_has_no_cell():
    bad = ([np.nan, 10.0, 10.0], [5.0, np.nan, 91.0])
    assert cells(*bad).tolist() == [NOWHERE] * 3
    assert cells_around(*bad) == [[], [], []]
