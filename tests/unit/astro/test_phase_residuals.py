"""What a phase curve leaves is what the fit says that it leaves."""

from dataclasses import replace

import numpy as np
import pytest
from unit.astro.test_phase_curve import observed

from fink_assets.astro.phase_curve import fit
from fink_assets.astro.phase_fits import LEAST_POINTS, MODELS
from fink_assets.astro.phase_residuals import residuals

BANDS = {
    "HG": {"g": {"h": 15.5, "g": 0.2}, "r": {"h": 15.0, "g": 0.3}},
    "HG1G2": {"g": {"h": 15.5, "g1": 0.3, "g2": 0.3}, "r": {"h": 15.0, "g1": 0.2, "g2": 0.4}},
}
BANDS["SHG1G2"] = BANDS["HG1G2"]
SPIN = {"oblateness": 0.7, "alpha0_deg": 40.0, "delta0_deg": 50.0}


@pytest.mark.parametrize("model", MODELS)
def test_residuals_of_each_band_have_the_scatter_of_the_fit(model):
    data = observed(model, BANDS[model], points=80, **(SPIN if model == "SHG1G2" else {}))
    found = fit(data, model)
    left = residuals(data, found)
    for band in found.bands:
        own = left[data.band == band.band]
        assert np.sqrt(np.mean(own**2)) == pytest.approx(band.rms, rel=1e-6)


def test_a_sphere_has_no_pole_and_residuals_of_hg1g2():
    data = observed("SHG1G2", BANDS["SHG1G2"], points=80, **SPIN)
    found = replace(fit(data, "HG1G2"), model="SHG1G2", spin={"oblateness": 1.0})
    np.testing.assert_allclose(residuals(data, found), residuals(data, fit(data, "HG1G2")))


def test_what_was_not_fitted_has_no_residuals():
    data = observed("HG", BANDS["HG"])
    few = (data.band == "r") & (np.cumsum(data.band == "r") > LEAST_POINTS["HG"] - 1)
    magnitude = np.where(few, np.nan, data.magnitude)
    left = residuals(
        replace(data, magnitude=magnitude), fit(replace(data, magnitude=magnitude), "HG")
    )
    assert np.isnan(left[data.band == "r"]).all()
    assert np.isfinite(left[data.band == "g"]).all()
    assert np.isnan(
        residuals(data, fit(replace(data, range_au=data.range_au * np.nan), "HG"))
    ).all()
