"""Which points make the light curves of `lightcurve_features`."""

import numpy as np
import pandas as pd
import pytest

from fink_assets.astro.light_curve import NAMES
from fink_assets.raw2science.modules.ztf.lightcurve_features import BANDS, lightcurve_features

G_POINTS = {
    "jd": [2459000.5, 2459001.5, 2459002.5, 2459003.5],
    "fid": [1, 1, 1, 1],
    "magpsf": [18.0, 18.2, 18.4, 18.6],
    "sigmapsf": [0.1, 0.1, 0.1, 0.1],
    "distnr": [9.0, 9.0, 9.0, 9.0],
    "magnr": [18.0, 18.0, 18.0, 18.0],
    "sigmagnr": [0.02, 0.02, 0.02, 0.02],
    "isdiffpos": ["t", "t", "t", "t"],
}


def features(**changes):
    columns = {}
    for name, values in (G_POINTS | changes).items():
        column = np.empty(1, dtype=object)
        column[0] = np.array(values, dtype=object if name == "isdiffpos" else float)
        columns[f"history.{name}"] = column
    return lightcurve_features.function(pd.DataFrame(columns)).iloc[0].to_dict()


def test_a_straight_light_curve_has_its_slope_and_no_scatter():
    found = features()["g"]
    assert found["linear_fit_slope"] == pytest.approx(0.2)
    assert found["linear_trend"] == pytest.approx(0.2)
    assert found["mean"] == pytest.approx(18.3)
    assert found["amplitude"] == pytest.approx(0.3)


def test_a_band_without_points_is_null_and_one_point_has_no_slope():
    found = features(fid=[1, 1, 2, 3], magpsf=[np.nan, np.nan, 18.4, 18.6])
    assert found["g"] is None
    assert found["r"]["mean"] == pytest.approx(18.4)
    assert found["r"]["linear_fit_slope"] is None
    assert tuple(found["r"]) == NAMES
    assert set(found) == set(BANDS)


def test_points_count_once_and_in_the_order_of_time():
    doubled = {
        name: [values[3], values[0], values[1], values[1], values[2]]
        for name, values in G_POINTS.items()
    }
    assert features(**doubled) == features()


def test_a_point_without_an_error_does_not_count():
    assert features(sigmapsf=[0.1, 0.1, 0.1, None])["g"]["mean"] == pytest.approx(18.2)


def test_one_point_on_a_source_of_the_reference_makes_all_magnitudes_total():
    found = features(distnr=[9, 9, 1.5, 9])["g"]
    assert found["mean"] < 17.6
    assert features(distnr=[9, 9, 1.51, 9])["g"]["mean"] == pytest.approx(18.3)


def test_the_distance_of_an_upper_limit_does_not_make_magnitudes_total():
    found = features(magpsf=[18.0, 18.2, np.nan, 18.6], distnr=[9, 9, 0.1, 9])["g"]
    assert found["mean"] == pytest.approx((18.0 + 18.2 + 18.6) / 3)


def test_points_with_no_total_flux_are_left_out():
    found = features(distnr=[1, 1, 1, 1], isdiffpos=["f", "t", "t", "t"])["g"]
    expected = -2.5 * np.log10(10 ** (-0.4 * 18.0) + 10 ** (-0.4 * np.array([18.2, 18.4, 18.6])))
    assert found["mean"] == pytest.approx(expected.mean())


def test_slopes_do_not_lose_digits_to_the_length_of_julian_dates():
    """Lines fitted to whole Julian dates are wrong in the sixth digit for points of one night."""
    times = 2459000.5 + np.array([0, 0.01, 0.02, 0.03])
    exact = 0.2 / np.diff(times).mean()
    assert features(jd=times)["g"]["linear_fit_slope"] == pytest.approx(exact, rel=1e-8)
