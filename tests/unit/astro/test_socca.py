"""SOCCA: light curves made of a known spin and known axes give these back, others say why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from unit.astro.ellipsoid import BANDS, light_curve
from unit.astro.test_phase_curve import chosen

from fink_assets.astro import socca
from fink_assets.astro.phase_fits import Observations
from fink_assets.astro.rotation import unit

ORACLE = Path(__file__).parents[4] / "shared/data/science_oracles/SSO_aggregated_3_objects.parquet"
TRUTHS = (
    {"period_h": 6.0, "a_b": 1.4, "a_c": 1.7, "pole": (100.0, 50.0), "phi0": 1.0},
    {"period_h": 13.1, "a_b": 1.6, "a_c": 1.75, "pole": (45.0, -14.0), "phi0": -0.4},
    {"period_h": 2.9, "a_b": 1.25, "a_c": 1.5, "pole": (310.0, -60.0), "phi0": 0.2},
)


def apart(one, other):
    return np.degrees(np.arccos(np.clip(unit(*np.array(one)) @ unit(*np.array(other)), -1, 1)))


@pytest.mark.parametrize("truth", TRUTHS)
def test_period_axes_and_pole_come_back_within_their_errors(truth):
    found = socca.fit(*light_curve(seed=1, **truth))
    assert (found.status, found.reason) == ("ok", None)
    value, error = found.spin, found.spin_errors
    assert value["period"] == pytest.approx(truth["period_h"], rel=1e-3)
    assert abs(value["period"] - truth["period_h"]) < 5 * error["period"]
    for name in ("a_b", "a_c"):
        assert abs(value[name] - truth[name]) < 5 * error[name]
        assert value[name] == pytest.approx(truth[name], rel=0.1)
    poles = [(value["alpha0"], value["delta0"])]
    poles += [(value["alpha0_alt"], value["delta0_alt"])] if "alpha0_alt" in value else []
    assert min(apart(pole, truth["pole"]) for pole in poles) < 10
    assert [band.band for band in found.bands] == sorted(BANDS)
    for band in found.bands:
        assert abs(band.values["h"] - BANDS[band.band]) < 0.2
    assert sum(band.points for band in found.bands) == 120
    assert 0.6 < found.chi2 / found.degrees < 1.5


def test_the_phase_is_that_at_the_epoch_of_fink():
    """A light curve that lies around the epoch, so that the error of the period adds little."""
    truth = TRUTHS[0]
    found = socca.fit(*light_curve(seed=1, **truth, epoch=socca.EPOCH))
    off = (found.spin["phi0"] - truth["phi0"] + np.pi / 2) % np.pi - np.pi / 2
    assert abs(off) < 4 * found.spin_errors["phi0"]
    assert -np.pi / 2 <= found.spin["phi0"] <= np.pi / 2


def test_the_order_of_points_does_not_matter_and_a_repeat_gives_the_same():
    observed, jd = light_curve(seed=1, **TRUTHS[0])
    mixed = np.random.default_rng(0).permutation(len(jd))
    first = socca.fit(observed, jd)
    assert socca.fit(observed, jd) == first
    assert socca.fit(chosen(observed, mixed), jd[mixed]) == first


@pytest.mark.parametrize("seed", [0, 1])
def test_a_sphere_does_not_turn(seed):
    found = socca.fit(*light_curve(seed=seed, a_b=1.0, a_c=1.0))
    assert found.status == "failed"
    assert found.reason in ("no rotation stands out of the scatter", "the fit did not converge")
    assert not found.spin


def test_no_geometry_few_points_and_one_apparition_are_said():
    observed, jd = light_curve(seed=1)
    nothing = np.full(len(jd), np.nan)
    without = socca.fit(replace(observed, phase_deg=nothing, range_au=nothing), jd)
    assert (without.status, without.reason) == (
        "unavailable",
        "phase angle or distances not known",
    )
    assert socca.fit(replace(observed, magnitude=nothing), jd).status == "not_applicable"
    assert socca.fit(observed, nothing).status == "unavailable"
    few = socca.fit(chosen(observed, np.arange(0, 120, 2)), jd[::2])
    assert (few.status, few.reason) == (
        "not_applicable",
        "fewer than 100 points, or within 300 days",
    )
    one = socca.fit(*light_curve(seed=1, apparitions=1))
    assert (one.status, one.reason) == (few.status, few.reason)
    none = socca.fit(chosen(observed, np.arange(20)), jd[:20])
    assert (none.status, none.reason) == (
        "not_applicable",
        "no band has 15 points over 3.0 degrees",
    )


def test_of_many_points_no_more_are_fitted_than_bound_the_time(monkeypatch):
    monkeypatch.setattr(socca, "MOST_POINTS", 110)
    found = socca.fit(*light_curve(seed=2, number=200, **TRUTHS[0]))
    assert sum(band.points for band in found.bands) == 110
    assert found.spin["period"] == pytest.approx(6.0, rel=1e-3)


@pytest.mark.skipif(not ORACLE.exists(), reason="no shared data")
@pytest.mark.parametrize("name", ["8467", "33803"])
def test_bodies_of_ztf_whose_errors_are_a_tenth_of_a_magnitude_have_no_period(name):
    """Fink's own sample: what stands out of the scatter of 8467 is no single period."""
    (row,) = [r for r in pq.read_table(ORACLE).to_pylist() if r["ssnamenr"] == name]
    names = {
        "magnitude": "cmagpsf",
        "error": "csigmapsf",
        "phase_deg": "Phase",
        "range_au": "Dobs",
        "helio_au": "Dhelio",
        "ra_deg": "RA",
        "dec_deg": "DEC",
    }
    values = {ours: np.array(row[theirs], float) for ours, theirs in names.items()}
    observed = Observations(**values, band=np.array(row["cfid"]).astype(str))
    found = socca.fit(observed, np.array(row["cjd"]))
    assert found.status == "failed"
    assert not found.spin
    told = ("two periods describe the light alike", "no rotation stands out of the scatter")
    assert found.reason.startswith(told)
