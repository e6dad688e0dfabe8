"""Rows of the table of phase curves: models of one body, and those that wait for their turn."""

import numpy as np
import pandas as pd
import pytest
from unit.astro.ellipsoid import light_curve

from fink_assets.lake.contracts import PHASE_CURVES
from fink_assets.solar_system.phase_rows import AB_NANOJANSKY, fits

TRUTH = {"period_h": 6.0, "a_b": 1.4, "a_c": 1.7, "pole": (100.0, 50.0)}


def rows(*, turn=True, **more):
    """Rows of solar_system of LSST, as Spark gives them."""
    observed, jd = light_curve(seed=1, **{**TRUTH, **more})
    flux = 10 ** (0.4 * (AB_NANOJANSKY - observed.magnitude))
    return pd.DataFrame(
        {
            "name": "K12J69D",
            "night": [f"night {int(day)}" for day in jd],
            "band": observed.band,
            "flux": flux.astype(np.float32),
            "flux_error": (flux * observed.error * np.log(10) / 2.5).astype(np.float32),
            "phase_angle": observed.phase_deg,
            "topo_range": observed.range_au,
            "helio_range": observed.helio_au,
            "ra": observed.ra_deg,
            "dec": observed.dec_deg,
            "jd": jd,
            "turn": turn,
        }
    )


def test_a_body_has_a_row_of_each_model_and_its_rotation_in_one():
    found = fits(rows()).set_index("model")
    assert list(found.index) == ["HG", "HG1G2", "SHG1G2", "SOCCA"]
    assert {*found.columns, "model"} == {c.name for c in PHASE_CURVES}
    row = found.loc["SOCCA"]
    assert (row["status"], row["alerts"]) == ("ok", 120)
    assert row["period"] == pytest.approx(6.0, rel=1e-3)
    assert abs(row["a_b"] - 1.4) < 5 * row["a_b_error"]
    assert 0 < row["period_error"] < 0.01
    assert row["oblateness"] is None
    for model in ("HG", "HG1G2", "SHG1G2"):
        assert found.loc[model, "period"] is None
        assert found.loc[model, "a_c_error"] is None


def test_a_body_whose_turn_it_is_not_waits_and_says_so():
    found = fits(rows(turn=False)).set_index("model")
    row = found.loc["SOCCA"]
    assert row["status"] == "deferred"
    assert row["reason"] == "more bodies had new alerts than a run looks for the rotation of"
    assert (row["period"], row["chi2"], list(row["bands"])) == (None, None, [])
    assert found.loc["HG", "status"] == "ok"


def test_a_body_with_few_points_or_without_geometry_need_not_wait():
    few = fits(rows(turn=False).head(30)).set_index("model")
    assert few.loc["SOCCA", "status"] == "not_applicable"
    without = rows(turn=False).assign(phase_angle=None, topo_range=None, helio_range=None)
    assert set(fits(without)["status"]) == {"unavailable"}
