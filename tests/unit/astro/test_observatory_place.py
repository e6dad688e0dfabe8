"""An observatory is where astropy has it, within what its docstring says."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import EarthLocation, get_body_barycentric_posvel
from astropy.time import Time
from astropy.utils import iers

from fink_assets.astro.observatory import AU_KM, PALOMAR, around_the_sun, tt_minus_utc

DAYS = np.array([2458119.9, 2459300.71, 2460000.5])


def test_it_turns_with_the_earth_and_goes_around_the_sun():
    with iers.conf.set_temp("auto_download", False):
        times = Time(DAYS, format="jd", scale="utc")
        earth = get_body_barycentric_posvel("earth", times, ephemeris="builtin")
        sun = get_body_barycentric_posvel("sun", times, ephemeris="builtin")
        site = EarthLocation.from_geodetic(-116.8597 * u.deg, 33.3583 * u.deg, 1712 * u.m)
        here, moving = site.get_gcrs_posvel(times)
        place = ((earth[0] - sun[0]) + here).xyz.to_value(u.au).T
        velocity = ((earth[1] - sun[1]) + moving).xyz.to_value(u.au / u.day).T
    found, speed = around_the_sun(DAYS, PALOMAR)
    assert np.linalg.norm(found - place, axis=1).max() * AU_KM < 30
    assert np.linalg.norm(speed - velocity, axis=1).max() * AU_KM / 86400 < 0.005


@pytest.mark.parametrize(
    ("jd", "seconds"), [(2441499.5, 43.184), (2457754.4, 68.184), (2457754.5, 69.184)]
)
def test_leap_seconds_count_from_their_day_on(jd, seconds):
    assert 86400 * float(tt_minus_utc(np.array([jd]))[0]) == pytest.approx(seconds)
