"""Orbits that are fitted are those that made the sightings, within the errors that are told."""

from dataclasses import astuple

import numpy as np
import pytest
from orbits import Body, bodies, detections, exposures

from fink_assets.astro.orbit_fit import Path, basis, fit, residuals
from fink_assets.astro.tracks import ERROR_ARCSEC
from fink_assets.solar_system.trajectory import sightings
from fink_assets.surveys import ZTF

TIMES = exposures((0, 3, 6, 10, 14))


def fitted(body, seed, error=ERROR_ARCSEC, times=TIMES):
    seen = sightings(detections(body, times, seed=seed, first_id=1, error=error), ZTF.unknown)
    epoch = float(seen.jd.mean())
    days = np.array([epoch - 1, epoch, epoch + 1])
    before, at, after = body.place(days)
    guess = Path(epoch=epoch, place=at * 1.02, velocity=(after - before) / 2)
    return seen, fit(seen, guess, error_arcsec=error)


def test_without_errors_the_orbit_is_the_one_that_made_them():
    body = Body(2.6, 0.15, 8.0, 100.0, 40.0, 20.0)
    seen, orbit = fitted(body, 1, error=1e-6)
    assert orbit.off_arcsec.max() < 1e-3
    found = orbit.elements()
    assert found.axis_au == pytest.approx(2.6, abs=1e-4)
    assert found.eccentricity == pytest.approx(0.15, abs=1e-4)
    assert (found.inclination_deg, found.node_deg) == pytest.approx((8, 100), abs=1e-2)
    assert np.allclose(residuals(orbit, seen), orbit.residual_arcsec)


def test_residuals_and_elements_are_off_by_as_much_as_is_told():
    """Of 40 bodies: reduced chi squared about 1, elements off by about their errors."""
    chi2, off = [], []
    for k, body in enumerate(bodies(40, seed=5)):
        _, orbit = fitted(body, k)
        chi2.append(orbit.reduced_chi2)
        told, errors = orbit.elements(), orbit.errors()
        truth = [body.axis, body.eccentricity, body.inclination, body.node]
        apart = np.array(astuple(told)[:4]) - truth
        apart[3] = (apart[3] + 180) % 360 - 180
        off.append(apart / np.array(astuple(errors)[:4]))
    assert np.mean(chi2) == pytest.approx(1, abs=0.25)
    sigmas = np.abs(off)
    assert 0.4 < np.mean(sigmas < 1) < 0.9
    assert np.mean(sigmas < 4) > 0.97


def test_a_longer_arc_tells_more():
    body = bodies(1, seed=3)[0]
    short = fitted(body, 1, times=exposures((0, 2, 4)))[1].errors()
    long = fitted(body, 1, times=exposures((0, 10, 20)))[1].errors()
    assert long.axis_au < short.axis_au / 10


@pytest.mark.parametrize("direction", [[1.0, 0, 0], [0, 0, 1.0], [0, 0, -1.0], [0.6, -0.64, 0.48]])
def test_east_and_north_are_across_a_direction_even_at_the_poles(direction):
    frame = np.stack([direction, *basis(np.array(direction))])
    assert frame @ frame.T == pytest.approx(np.eye(3))
