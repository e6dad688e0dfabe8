"""Rows of the table of phase curves: models of one body, and those that wait for their turn."""

import numpy as np
import pandas as pd
import pytest
from unit.astro.ellipsoid import light_curve

from fink_assets.astro.body_statistics import aspects, axes, obliquity
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
            "ephemeris_ra": observed.ra_deg,
            "ephemeris_dec": observed.dec_deg - 0.5 / 3600,
            "inclination": 10.0,
            "node": np.where(jd == jd.max(), 80.0, 20.0),
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


def test_all_alerts_tell_of_times_errors_and_places_whether_fitted_or_not():
    seen = rows(turn=False)
    for name, row in fits(seen).set_index("model").iterrows():
        assert row["last_jd"] == seen["jd"].max(), name
        assert row["days"] == int(seen["jd"].max() - seen["jd"].min())
        assert row["magnitude_error_median"] == pytest.approx(0.02, rel=1e-4)
        assert row["astrometry"]["mean"] == pytest.approx(0.5, abs=1e-6)
        assert row["astrometry"]["std"] == pytest.approx(0.0, abs=1e-6)
        bands = {band["band"]: band for band in row["bands_seen"]}
        assert list(bands) == sorted(set(seen["band"]))
        for band, own in seen.groupby("band"):
            assert bands[band]["days"] == int(own["jd"].max() - own["jd"].min())


def test_bands_that_are_not_fitted_have_errors_and_days_of_their_own():
    """As all of ZTF, whose packets have no ephemerides; magnitudes are given there."""
    columns = ["phase_angle", "topo_range", "helio_range", "ephemeris_ra", "ephemeris_dec"]
    seen = rows().drop(columns=["flux", "flux_error"]).assign(**dict.fromkeys(columns))
    seen["magnitude"], seen["magnitude_error"] = 18.0, np.where(seen["band"] == "g", 0.2, 0.1)
    for _, row in fits(seen).iterrows():
        assert (row["status"], list(row["bands"])) == ("unavailable", [])
        found = {band["band"]: band["magnitude_error_median"] for band in row["bands_seen"]}
        assert found == {"g": 0.2, "i": 0.1, "r": 0.1}
        assert (row["magnitude_error_median"], row["astrometry"]) == (0.1, None)
        assert (row["obliquity"], row["cos_aspect"]) == (None, None)


def test_the_axis_of_a_fit_is_told_by_the_latest_orbit_and_all_lines_of_sight():
    seen = rows()
    found = fits(seen).set_index("model")
    for model in ("SHG1G2", "SOCCA"):
        row = found.loc[model]
        pole = {"alpha0_deg": row["alpha0"], "delta0_deg": row["delta0"]}
        assert row["obliquity"] == obliquity(**pole, inclination_deg=10.0, node_deg=80.0)
        assert row["cos_aspect"] == aspects(seen["ra"], seen["dec"], **pole)
    assert set(found.loc[["HG", "HG1G2"], "obliquity"]) == {None}
    unknown = seen.assign(inclination=None)
    assert set(fits(unknown)["obliquity"]) == {None}


def test_axes_of_shg1g2_are_an_estimate_from_its_residuals_and_oblateness():
    row = fits(rows()).set_index("model").loc["SHG1G2"]
    expected = axes({"oblateness": row["oblateness"]}, row["rms"])
    assert {"a_b": row["a_b"], "a_c": row["a_c"]} == expected
    assert (row["a_b_error"], row["a_c_error"]) == (None, None)


def test_observations_of_before_have_neither_computed_places_nor_orbits():
    later = ["ephemeris_ra", "ephemeris_dec", "inclination", "node"]
    found = fits(rows().drop(columns=later)).set_index("model")
    assert set(found["astrometry"]) == set(found["obliquity"]) == {None}
    assert found.loc["SOCCA", "status"] == "ok"
    assert found.loc["SOCCA", "cos_aspect"] is not None
