"""The state of a blazar: what its flux is compared with, and which of Fink's counts it gives."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.raw2science.batches import ORACLES, SHARED, history

from fink_assets.astro.blazar import blazar_state, mean_flux, standardized_flux
from fink_assets.astro.photometry import from_positive_subtraction

TABLE = SHARED / "catalogues" / "CTAO_blazars_thresholds.parquet"
ALERTS = ORACLES / "CT_blazar.parquet"
needs_table = pytest.mark.skipif(
    not (TABLE.is_file() and ALERTS.is_file()), reason=f"not there: {TABLE} or {ALERTS}"
)


def array(*values):
    return np.array(values, dtype=float)


def state(*points, low=0.5, high=2.0):
    time, flux = zip(*points, strict=True)
    return blazar_state(array(*time), array(*flux), low_threshold=low, high_threshold=high)


def standardized(medians, *, sign="t", magnr=20.0):
    return standardized_flux(
        array(20),
        array(0.1),
        magnr=array(magnr),
        sigmagnr=array(0.1),
        positive=from_positive_subtraction([sign]),
        band=array(1),
        medians=medians,
    )


def test_the_flux_is_the_total_one_in_units_of_the_median_of_the_band():
    jansky = 3631 * 10 ** (-0.4 * 20)
    flux, error = standardized({1: jansky, 2: 7.0})
    assert flux == pytest.approx(2, rel=1e-3)
    assert error == pytest.approx(2**0.5 * 0.0921, rel=1e-3)
    assert standardized({1: jansky}, sign="f")[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("medians", [{}, {1: None}, {2: 3e-5}, {1: math.nan}])
def test_a_band_without_a_median_has_no_flux(medians):
    assert np.isnan(standardized(medians)).all()


def test_a_source_that_is_not_in_the_reference_image_has_no_total_flux():
    assert np.isnan(standardized({1: 3e-5}, magnr=-999)).all()


def test_instantness_is_of_the_latest_flux_and_robustness_of_the_mean():
    """Fink publishes each of the two under the other's name."""
    found = state((0, 1.0), (4, 1.0), (8, 3.0))
    assert found.instantness_low == pytest.approx(3.0 / 0.5)
    assert found.instantness_high == pytest.approx(3.0 / 2.0)
    assert found.robustness_low == pytest.approx(1.5 / 0.5)
    assert found.robustness_high == pytest.approx(2.0 / 2.0)


def test_the_mean_reaches_thirty_days_back_for_low_and_five_for_high_states():
    found = state((0, 100.0), (31, 1.0), (61, 1.0), low=1, high=1)
    assert found.robustness_low == pytest.approx(1)
    assert math.isnan(found.robustness_high)


def test_the_mean_at_the_measurement_before_tells_whether_a_low_state_is_new():
    found = state((0, 50.0), (40, 1.0), (44, 3.0), (50, math.nan), (60, 0.1), low=1)
    assert found.previous_robustness_low == pytest.approx(2), "30 days before the one at 44"
    assert found.instantness_low == pytest.approx(0.1)
    assert math.isnan(state((0, 1.0), (4, 1.0)).previous_robustness_low)


def test_one_flux_has_no_mean_but_is_compared_itself():
    found = state((0, 3.0))
    assert found.instantness_high == pytest.approx(1.5)
    assert math.isnan(found.robustness_low)
    assert math.isnan(state((0, 3.0), (0, 3.0)).robustness_low)


def test_upper_limits_do_not_enter_the_mean():
    found = state((0, 1.0), (1, math.nan), (2, 1.0))
    assert found.robustness_low == pytest.approx(2)
    assert math.isnan(state((0, 1.0), (1, 1.0), (2, math.nan)).instantness_low)


def test_without_any_flux_nothing_is_known():
    nothing = blazar_state(array(), array(), low_threshold=1, high_threshold=1)
    assert all(map(math.isnan, nothing))
    assert all(map(math.isnan, state((0, 1.0), (1, 1.0), low=math.nan, high=math.nan)))


points = st.lists(
    st.tuples(st.integers(0, 40), st.floats(0.01, 100)), min_size=2, unique_by=lambda p: p[0]
)


@given(points, st.randoms())
def test_the_order_of_measurements_does_not_matter(curve, dice):
    expected = state(*curve)
    mixed = dice.sample(curve, len(curve))
    assert state(*mixed) == pytest.approx(expected, nan_ok=True)


@given(points)
def test_a_mean_lies_between_the_faintest_and_the_brightest(curve):
    time, flux = np.array(sorted(curve), dtype=float).T
    found = mean_flux(time, flux, days=100)
    assert flux.min() * (1 - 1e-9) <= found <= flux.max() * (1 + 1e-9)


@pytest.fixture(scope="module")
def monitored():
    """Standardized flux and state of each alert of a monitored blazar; others are not in it."""
    table = pd.read_parquet(TABLE).set_index("ZTF_name")
    alerts = pd.read_parquet(ALERTS).to_dict("records")
    assert len(alerts) == 414
    found = [of_alert(p, table.loc[p["objectId"]]) for p in alerts if p["objectId"] in table.index]
    return pd.DataFrame(found)


def of_alert(packet, blazar):
    jd, fid, magpsf, sigmapsf, magnr, sigmagnr = (
        history(packet, name) for name in ("jd", "fid", "magpsf", "sigmapsf", "magnr", "sigmagnr")
    )
    flux, error = standardized_flux(
        magpsf,
        sigmapsf,
        magnr=magnr,
        sigmagnr=sigmagnr,
        positive=from_positive_subtraction(history(packet, "isdiffpos")),
        band=fid,
        medians={int(code): median for code, median in blazar["medians"].items()},
    )
    assert (np.isfinite(flux) == np.isfinite(error)).all()
    found = blazar_state(
        jd,
        flux,
        low_threshold=blazar["low_threshold"],
        high_threshold=blazar["high_threshold"],
    )
    return {"brightest": np.nanmax(flux), **found._asdict()}


@needs_table
def test_as_many_alerts_are_always_below_or_once_above_the_median_as_in_fink(monitored):
    assert (monitored["brightest"] < 1).sum() == 27
    assert (monitored["brightest"] > 1).sum() == 65


@needs_table
def test_as_many_alerts_are_in_a_low_or_a_high_state_as_in_fink(monitored):
    assert 414 - len(monitored) == 322
    low = (monitored["instantness_low"] < 1) & (monitored["robustness_low"] < 1)
    high = (monitored["instantness_high"] > 1) & (monitored["robustness_high"] > 1)
    assert (low.sum(), high.sum()) == (8, 22)
