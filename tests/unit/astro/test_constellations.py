"""Constellations are those that astropy finds, but for places within aberration of a boundary."""

import numpy as np
from astropy.coordinates import SkyCoord, get_constellation

from fink_assets.astro.constellations import constellations


def test_places_all_over_the_sky_are_where_astropy_has_them():
    chance = np.random.default_rng(1)
    ra = chance.uniform(0, 360, 4000)
    dec = np.degrees(np.arcsin(chance.uniform(-1, 1, 4000)))
    named = get_constellation(SkyCoord(ra, dec, unit="deg"))
    expected = np.char.strip(named.astype(str))  # it calls one "Crux "
    differ = constellations(ra, dec) != expected
    assert differ.mean() < 0.002
    for a, d in zip(ra[differ], dec[differ], strict=True):
        shifts = 0.01 * np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])
        around = constellations(a + shifts[:, 0] / np.cos(np.radians(d)), d + shifts[:, 1])
        assert len(set(around)) > 1


def test_poles_and_stars_that_everybody_knows():
    places = {
        "Ursa Minor": (37.95, 89.26),
        "Octans": (0.0, -90.0),
        "Lyra": (279.23, 38.78),
        "Orion": (88.79, 7.41),
        "Serpens": (236.07, 6.43),
        "Pisces": (359.99, 0.0),
    }
    found = constellations(*np.array(list(places.values())).T)
    assert list(found) == list(places)
    assert len(set(constellations(np.arange(0, 360, 0.5), np.zeros(720)))) > 10
