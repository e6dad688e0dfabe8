"""Phase functions: what their authors print, and what must hold for any body."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.astro.phase_functions import (
    cos_aspect,
    hg,
    hg1g2,
    hg1g2_functions,
    hg_functions,
    reduced_magnitude,
    shg1g2,
    spin_term,
    splines,
)

degrees = st.floats(0, 150)
unit = st.floats(0, 1)


def array(*values):
    return np.array(values, dtype=float)


def test_inner_slopes_of_the_splines_are_those_that_their_authors_print():
    """With the ten times steeper begin that sbpy has, the third has -40.83 at 0.3 degrees."""
    first, second, third = splines()
    printed = [-0.55463432, -0.24404599, -0.094980438, -0.021411424]
    np.testing.assert_allclose(first.slopes[1:-1], printed, rtol=1e-6)
    printed = [-0.76705367, -0.45665789, -0.28071809, -0.11173257]
    np.testing.assert_allclose(second.slopes[1:-1], printed, rtol=1e-6)
    printed = [-41.180439, -10.366915, -7.5784615, -3.6960950, -0.78605652, -0.46527012]
    np.testing.assert_allclose(third.slopes[1:7], printed, rtol=1e-6)


def test_a_full_body_has_its_absolute_magnitude():
    assert hg(array(0), h=15.0, g=0.15)[0] == 15.0
    assert hg1g2(array(0), h=15.0, g1=0.3, g2=0.4)[0] == pytest.approx(15.0)


def test_the_functions_have_the_values_of_their_tables_at_the_nodes():
    one, two, three = hg1g2_functions(array(7.5, 30, 60, 150, 4, 20))
    np.testing.assert_allclose(one[:4], [0.75, 0.33486016, 0.1341056, 0.0036396989])
    np.testing.assert_allclose(two[:4], [0.925, 0.62884169, 0.31755495, 0.00016505689])
    np.testing.assert_allclose(three[[4, 5]], [0.2317423, 0.016107006])
    np.testing.assert_array_equal(three[1:4], 0)


def test_a_body_of_slope_015_at_20_degrees_is_as_faint_as_the_short_formula_says():
    """exp(-A tan(a/2)^B), to which the full form tends: the weight is 0.06 here."""
    one, two = hg_functions(array(20))
    half = np.tan(np.radians(10))
    assert one[0] == pytest.approx(np.exp(-3.332 * half**0.631), abs=0.003)
    assert two[0] == pytest.approx(np.exp(-1.862 * half**1.218), abs=0.003)
    assert hg(array(20), h=0.0, g=0.15)[0] == pytest.approx(0.998, abs=0.005)


def test_beyond_its_domain_a_phase_function_is_not_known():
    for functions in (hg_functions, hg1g2_functions):
        for values in functions(array(-1, 180, np.nan)):
            assert np.isnan(values).all()
    assert np.isnan(hg1g2_functions(array(150.1))[0]).all()


@given(degrees, degrees)
def test_no_phase_function_grows_with_the_angle(one, other):
    near, far = sorted((one, other))
    # The authors' splines ripple below 1e-3 near their ends.
    for values in (*hg_functions(array(near, far)), *hg1g2_functions(array(near, far))):
        assert values[1] <= values[0] + 1e-3
        assert (values <= 1 + 1e-9).all()


def test_reduced_magnitude_takes_off_the_distances_and_needs_both():
    found = reduced_magnitude(
        array(20, 20, 20), range_au=array(2, 1, 0), helio_au=array(5, np.nan, 1)
    )
    np.testing.assert_allclose(found, [15, np.nan, np.nan])


@given(unit, st.floats(0.3, 1), st.floats(0, 360), st.floats(-90, 90))
def test_opposite_poles_look_alike(share, oblateness, alpha0, delta0):
    values = {"h": 15.0, "g1": share / 2, "g2": 0.3, "oblateness": oblateness}
    place = array(12), array(77), array(23)
    here = shg1g2(*place, **values, alpha0_deg=alpha0, delta0_deg=delta0)
    there = shg1g2(*place, **values, alpha0_deg=alpha0 + 180, delta0_deg=-delta0)
    assert here == pytest.approx(there)


def test_an_oblate_body_is_brightest_above_its_pole_and_a_sphere_always_the_same():
    above = cos_aspect(array(40), array(50), alpha0_deg=40, delta0_deg=50)
    beside = cos_aspect(array(40), array(-40), alpha0_deg=40, delta0_deg=50)
    assert spin_term(above, 0.5)[0] == pytest.approx(2.5 * np.log10(0.5))
    assert spin_term(beside, 0.5)[0] == pytest.approx(0, abs=1e-12)
    np.testing.assert_array_equal(spin_term(array(-1, 0, 0.4), 1.0), 0)
