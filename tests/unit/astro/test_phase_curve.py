"""Fits of phase curves: light curves made of known values give these back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_assets.astro.least_squares import minimum
from fink_assets.astro.phase_curve import fit
from fink_assets.astro.phase_fits import LEAST_POINTS, MODELS, Observations
from fink_assets.astro.phase_functions import hg, hg1g2, reduced_magnitude, shg1g2

ORACLE = Path(__file__).parents[4] / "shared/data/science_oracles/SSO_aggregated_3_objects.parquet"
seeds = st.integers(0, 2**32 - 1)


def observed(model, bands, *, seed=0, noise=0.02, points=60, low=1.0, high=25.0, **spin):
    """A body seen at random places of its orbit; `bands` gives the values of each."""
    chance = np.random.default_rng(seed)
    parts = []
    for name, values in bands.items():
        phase = np.append(chance.uniform(low, high, points - 2), [low, high])
        ra, dec = chance.uniform(0, 360, points), chance.uniform(-25, 25, points)
        topo, helio = chance.uniform(1, 2, points), chance.uniform(2, 3, points)
        if model == "HG":
            reduced = hg(phase, **values)
        elif model == "HG1G2":
            reduced = hg1g2(phase, **values)
        else:
            reduced = shg1g2(phase, ra, dec, **values, **spin)
        shown = reduced + 5 * np.log10(topo * helio) + chance.normal(0, noise, points)
        parts.append((shown, np.full(points, noise), [name] * points, phase, topo, helio, ra, dec))
    columns = [np.concatenate(part) for part in zip(*parts, strict=True)]
    names = ("magnitude", "error", "band", "phase_deg", "range_au", "helio_au", "ra_deg", "dec_deg")
    return Observations(**dict(zip(names, columns, strict=True)))


def chosen(data, rows):
    return Observations(**{name: values[rows] for name, values in vars(data).items()})


def assert_found(band, truth, sigmas=5):
    for name, value in truth.items():
        assert abs(band.values[name] - value) < sigmas * band.errors[name], name


@settings(max_examples=25)
@given(seeds, st.floats(5, 22), st.floats(0.1, 0.5))
def test_hg_gives_back_h_and_g_within_their_errors(seed, h, g):
    found = fit(observed("HG", {"r": {"h": h, "g": g}}, seed=seed), "HG")
    assert found.status == "ok"
    (band,) = found.bands
    assert_found(band, {"h": h, "g": g})
    assert band.rms == pytest.approx(0.02, rel=0.4)
    assert 0.3 < found.chi2 / found.degrees < 2


@settings(max_examples=25)
@given(seeds, st.floats(5, 22), st.floats(0.2, 0.4), st.floats(0.2, 0.4))
def test_hg1g2_gives_back_its_slopes_within_their_errors(seed, h, g1, g2):
    truth = {"h": h, "g1": g1, "g2": g2}
    found = fit(observed("HG1G2", {"r": truth}, seed=seed, points=200, noise=0.005), "HG1G2")
    assert found.status == "ok"
    assert_found(found.bands[0], truth)


@settings(max_examples=8)
@given(seeds, st.floats(0.5, 0.85), st.floats(0, 360), st.floats(10, 80))
def test_shg1g2_gives_back_the_spin_axis_and_the_oblateness(seed, oblateness, alpha0, delta0):
    bands = {"g": {"h": 15.5, "g1": 0.3, "g2": 0.3}, "r": {"h": 15.0, "g1": 0.25, "g2": 0.35}}
    spin = {"oblateness": oblateness, "alpha0_deg": alpha0, "delta0_deg": delta0}
    data = observed("SHG1G2", bands, seed=seed, points=150, noise=0.01, **spin)
    found = fit(data, "SHG1G2")
    assert found.status == "ok"
    for band in found.bands:
        assert_found(band, bands[band.band], sigmas=6)
    assert abs(found.spin["oblateness"] - oblateness) < 6 * found.spin_errors["oblateness"]
    apart = np.cos(np.radians(found.spin["delta0"])) * np.cos(np.radians(delta0))
    apart *= np.cos(np.radians(found.spin["alpha0"] - alpha0))
    apart += np.sin(np.radians(found.spin["delta0"])) * np.sin(np.radians(delta0))
    # Of two opposite poles, which look alike, the northern one; near the equator either.
    assert abs(apart) > np.cos(np.radians(10))
    assert found.spin["delta0"] >= 0


@pytest.mark.parametrize("model", MODELS)
def test_the_order_of_the_measurements_changes_nothing(model):
    bands = {"g": {"h": 15.5, "g": 0.2}, "r": {"h": 15.0, "g": 0.3}}
    data = observed("HG", bands)
    rows = np.random.default_rng(1).permutation(len(data.magnitude))
    assert fit(chosen(data, rows), model) == fit(data, model)


def test_a_band_with_too_few_points_is_left_out_and_does_not_disturb_the_others():
    bands = {"g": {"h": 15.5, "g": 0.2}, "r": {"h": 15.0, "g": 0.3}}
    data = observed("HG", bands)
    green = data.band == "g"
    few = np.flatnonzero(~green)[: LEAST_POINTS["HG"] - 1]
    found = fit(chosen(data, np.concatenate([np.flatnonzero(green), few])), "HG")
    assert [band.band for band in found.bands] == ["g"]
    assert found.bands == fit(chosen(data, green), "HG").bands


def test_without_a_range_of_phase_angles_there_is_no_fit_and_the_reason_is_said():
    data = observed("HG", {"r": {"h": 15.0, "g": 0.3}}, low=10.0, high=12.9)
    found = fit(data, "HG")
    assert (found.status, found.bands, found.chi2) == ("not_applicable", (), None)
    assert "over 3.0 degrees" in found.reason


def test_without_distances_a_fit_is_unavailable_and_without_measurements_not_applicable():
    data = observed("HG", {"r": {"h": 15.0, "g": 0.3}})
    unknown = np.full(len(data.magnitude), np.nan)
    for name in ("range_au", "helio_au", "phase_deg"):
        assert fit(replace(data, **{name: unknown}), "HG").status == "unavailable"
    for name in ("magnitude", "error"):
        assert fit(replace(data, **{name: unknown}), "HG").status == "not_applicable"
    assert fit(chosen(data, slice(0)), "HG").status == "not_applicable"


def test_measurements_of_which_something_is_unknown_are_left_out():
    data = observed("HG", {"r": {"h": 15.0, "g": 0.3}})
    damaged = replace(data, magnitude=data.magnitude.copy(), error=data.error.copy())
    damaged.magnitude[0], damaged.error[1] = np.nan, 0.0
    assert fit(damaged, "HG") == fit(chosen(data, slice(2, None)), "HG")


def test_a_slope_at_its_bound_is_named_and_has_no_error():
    data = observed("HG", {"r": {"h": 15.0, "g": -0.1}})
    found = fit(data, "HG")
    assert found.at_bound == ["r.g"]
    assert found.bands[0].values["g"] == 0
    assert set(found.bands[0].errors) == {"h"}


@settings(max_examples=20)
@given(seeds, st.floats(0, 1), st.floats(0, 1))
def test_slopes_never_make_a_part_of_the_light_negative(seed, g1, g2):
    """Fink bounds G1 and G2 each by 1, so that 1 - G1 - G2 may be -1."""
    data = observed("HG1G2", {"r": {"h": 15.0, "g1": g1, "g2": g2}}, seed=seed, noise=0.3)
    found = fit(replace(data, magnitude=np.nan_to_num(data.magnitude, nan=20.0)), "HG1G2")
    if found.status == "ok":
        values = found.bands[0].values
        assert min(values["g1"], values["g2"], 1 - values["g1"] - values["g2"]) >= -1e-12


def test_a_body_seen_from_one_side_tells_nothing_of_its_spin():
    data = observed("HG1G2", {"r": {"h": 15.0, "g1": 0.3, "g2": 0.3}})
    place = np.full(len(data.magnitude), 10.0)
    found = fit(replace(data, ra_deg=place, dec_deg=place), "SHG1G2")
    assert (found.status, found.spin, found.bands) == ("failed", {}, ())
    assert fit(data, "HG1G2").status == "ok"


def test_errors_grow_with_a_scatter_that_the_photometry_does_not_explain():
    data = observed("HG", {"r": {"h": 15.0, "g": 0.3}}, noise=0.1)
    small, fair = fit(replace(data, error=data.error / 5), "HG"), fit(data, "HG")
    assert small.chi2 == pytest.approx(25 * fair.chi2, rel=1e-6)
    assert small.bands[0].errors["h"] == pytest.approx(fair.bands[0].errors["h"], rel=0.35)


def test_least_squares_finds_what_scipy_finds():
    scipy = pytest.importorskip("scipy.optimize")
    x = np.linspace(0, 4, 50)
    y = 3 * np.exp(-0.7 * x) + 0.5 + np.random.default_rng(3).normal(0, 0.05, 50)

    def residuals(p):
        return (y - p[0] * np.exp(-p[1] * x) - p[2]) / 0.05

    low, high = np.zeros(3), np.array([10.0, 10.0, 0.45])
    ours = minimum(residuals, np.array([1.0, 1.0, 0.1]), lower=low, upper=high)
    theirs = scipy.least_squares(residuals, [1.0, 1.0, 0.1], bounds=(low, high), x_scale="jac")
    assert ours.converged
    np.testing.assert_allclose(ours.values, theirs.x, rtol=1e-5)
    assert ours.chi2 <= 2 * theirs.cost * (1 + 1e-9)


def read(row):
    unknown = np.full(len(row["cjd"]), np.nan)
    columns = {
        "magnitude": "cmagpsf",
        "error": "csigmapsf",
        "phase_deg": "Phase",
        "range_au": "Dobs",
        "helio_au": "Dhelio",
        "ra_deg": "cra",
        "dec_deg": "cdec",
    }
    values = {
        ours: unknown if row[fink] is None else np.asarray(row[fink], dtype=float)
        for ours, fink in columns.items()
    }
    return Observations(band=np.array(["gri"[fid - 1] for fid in row["cfid"]]), **values)


@pytest.fixture(scope="module")
def objects():
    """What Fink aggregated, by name."""
    import pandas as pd

    table = pd.read_parquet(ORACLE).set_index("ssnamenr")
    return {name: read(row) for name, row in table.iterrows()}


@pytest.mark.skipif(not ORACLE.is_file(), reason=f"Fink's aggregated objects are not at {ORACLE}")
class TestObjectsThatFinkAggregated:
    """Two of three have ephemerides, and Fink's table has two rows of each model."""

    @pytest.mark.parametrize("model", MODELS)
    def test_the_two_with_ephemerides_are_fitted(self, objects, model):
        found = {name: fit(data, model) for name, data in objects.items()}
        assert {name: one.status for name, one in found.items()} == {
            "33803": "ok",
            "8467": "ok",
            "2005XM12": "unavailable",
        }
        assert {name: sum(b.points for b in one.bands) for name, one in found.items()} == {
            "33803": 108,
            "8467": 216,
            "2005XM12": 0,
        }

    def test_each_model_with_more_values_fits_no_worse(self, objects):
        for name in ("33803", "8467"):
            chi2 = [fit(objects[name], model).chi2 for model in ("HG1G2", "SHG1G2")]
            assert chi2[1] < chi2[0]
            assert fit(objects[name], "HG").rms < 0.08

    @pytest.mark.parametrize("name", ["33803", "8467"])
    def test_hg_is_what_scipy_finds(self, objects, name):
        scipy = pytest.importorskip("scipy.optimize")
        data = objects[name]
        reduced = reduced_magnitude(data.magnitude, range_au=data.range_au, helio_au=data.helio_au)
        for band in fit(data, "HG").bands:
            own = data.band == band.band

            def residuals(p, own=own):
                return (reduced[own] - hg(data.phase_deg[own], h=p[0], g=p[1])) / data.error[own]

            theirs = scipy.least_squares(residuals, [15, 0.15], xtol=1e-12, ftol=1e-12)
            assert (band.values["h"], band.values["g"]) == pytest.approx(theirs.x, abs=1e-5)
