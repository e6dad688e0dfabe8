"""Supernovae, kilonovae and disruptions against what was published of real ones."""

import math

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from hypothesis import given
from hypothesis import strategies as st

from fink_assets.simulator.sky import cosmos
from fink_assets.simulator.sky.explosions import (
    body_light,
    body_spectrum,
    diffused,
    horizon,
    photosphere,
)
from fink_assets.simulator.sky.kilonovae import Kilonova
from fink_assets.simulator.sky.light import ZERO_POINT
from fink_assets.simulator.sky.model import BANDS, Field
from fink_assets.simulator.sky.nuclei import TidalDisruption
from fink_assets.simulator.sky.superluminous import SuperluminousSupernova
from fink_assets.simulator.sky.supernovae import SupernovaIa, SupernovaIbc, SupernovaII
from fink_assets.simulator.sky.thermonuclear import RISE_DAYS, colour_law, stretch, template

KINDS = [
    *(SupernovaIa, SupernovaII, SupernovaIbc, SuperluminousSupernova, Kilonova, TidalDisruption)
]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def typical(kind, redshift, **values):
    """The typical event at a redshift, behind no dust, begun at 0."""
    known = {"begin_mjd": 0.0, "redshift": redshift, "mw_ebv": 0.0, "host_fraction": 0.0}
    return kind.source(kind.name, 10.0, 10.0, {**known, **kind.typical, **values})


def magnitudes(source, band, times):
    light = source.flux(np.asarray(times, float), np.full(len(times), band))
    return ZERO_POINT - 2.5 * np.log10(np.maximum(light, 1e-9))


def peak(kind, band, redshift=0.1):
    times = np.linspace(0.01, kind.days, 4000)
    found = magnitudes(typical(kind, redshift), band, times)
    return times[found.argmin()], found.min()


@pytest.mark.parametrize("redshift", [0.01, 0.1, 0.5, 1.0, 3.0])
def test_distances_are_those_of_astropy(redshift):
    universe = FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0)
    modulus = universe.distmod(redshift).value
    assert cosmos.distance_modulus(redshift) == pytest.approx(modulus, abs=1e-3)
    volume = universe.comoving_volume(redshift).value / cosmos.SKY_SQUARE_DEGREES / 365.25
    assert cosmos.events_a_day(1.0, 1.0, redshift) == pytest.approx(volume, rel=1e-3)


def test_redshifts_fill_the_volume():
    random = np.random.default_rng(1)
    found = np.array([cosmos.draw_redshift(random, 1.0, 0.3) for _ in range(4000)])
    share = np.array([cosmos.events_a_day(1, 1.0, z) for z in found])
    share /= cosmos.events_a_day(1, 1.0, 0.3)
    assert np.histogram(share, bins=10, range=(0, 1))[0] == pytest.approx(400, abs=5 * 20)


@every_kind
def test_the_stated_density_is_that_of_rate_and_horizon_at_the_depth_of_ztf(kind):
    expected = kind().expected(Field(ra=0, dec=0, radius=1, depth=20.5))
    assert expected == pytest.approx(kind.density, rel=0.03)


@every_kind
def test_a_typical_event_at_the_horizon_peaks_half_a_magnitude_above_the_depth(kind):
    reach = horizon(kind, 20.5)
    best = min(peak(kind, band, reach)[1] for band in "gri")
    assert best == pytest.approx(20.0, abs=0.2)


def test_a_type_ia_at_redshift_a_tenth_peaks_near_magnitude_19():
    """M_B = -19.05 and distance modulus 38.3; 17.4 days stretched by 1.1 and 0.98."""
    when, brightest = peak(SupernovaIa, "g")
    assert brightest == pytest.approx(19.1, abs=0.15)
    assert when == pytest.approx(17.4 * 1.1 * 0.98, abs=1.5)
    assert peak(SupernovaIa, "r")[1] == pytest.approx(19.2, abs=0.2)


def light_curve(wavelength, phases):
    return template(np.asarray(phases, float) + RISE_DAYS, np.array([wavelength]))[0]


def test_a_type_ia_fades_as_published():
    """Phillips et al. 1999: 1.1 mag in B after 15 days; 0.016 mag a day late."""
    blue = light_curve(0.44, [0, 15, 60, 100])
    assert blue[1] - blue[0] == pytest.approx(1.1, abs=0.05)
    assert (blue[3] - blue[2]) / 40 == pytest.approx(0.0155, abs=0.002)
    visual = light_curve(0.55, [0, 15])
    assert visual[1] - visual[0] == pytest.approx(0.6, abs=0.1)


# Days (JD - 2,453,000) and magnitudes; z = 0.0167, greatest in B at 827.2.
SN2006AX = {
    0.44: ((818.7, 15.91), (832.6, 15.36), (841.7, 16.09), (858.6, 17.68), (891.5, 18.56)),
    0.55: ((818.7, 15.97), (832.6, 15.28), (840.6, 15.70), (858.6, 16.67), (891.5, 17.83)),
    0.754: ((818.7, 16.28), (832.7, 16.11), (850.6, 16.58), (858.6, 16.53), (891.5, 18.06)),
}


@pytest.mark.parametrize("wavelength", SN2006AX)
def test_a_type_ia_looks_like_sn_2006ax(wavelength):
    """Contreras et al. 2010 (AJ 139, 519), as distributed with SNooPy: CSPtemp/templates."""
    days, seen = np.array(SN2006AX[wavelength]).T
    apart = seen - light_curve(wavelength, (days - 827.2) / 1.0167)
    assert apart - np.median(apart) == pytest.approx(0, abs=0.35 if wavelength > 0.7 else 0.25)


def test_a_type_ia_has_a_second_maximum_in_the_infrared_only():
    phases = np.arange(12, 45)
    assert 22 <= phases[light_curve(0.80, phases).argmin()] <= 30
    assert (np.diff(light_curve(0.44, phases)) > 0).all()


def test_a_type_ia_rises_as_the_square_of_time():
    one, two = light_curve(0.44, [3 - RISE_DAYS, 6 - RISE_DAYS])
    assert one - two == pytest.approx(5 * math.log10(2), abs=1e-6)


def test_slower_and_bluer_type_ia_are_brighter():
    base = peak(SupernovaIa, "g")[1]
    slow = magnitudes(typical(SupernovaIa, 0.1, stretch_x1=1.0), "g", np.arange(10, 30)).min()
    red = magnitudes(typical(SupernovaIa, 0.1, colour_c=0.1), "g", np.arange(10, 30)).min()
    assert slow - base == pytest.approx(-0.141, abs=0.02)
    assert red - base == pytest.approx(0.31, abs=0.05)
    assert stretch(1.0) > stretch(0.0) > stretch(-1.0)


def test_the_colour_law_is_0_in_b_and_minus_1_in_v():
    assert colour_law(np.array([0.430257, 0.542855])) == pytest.approx([0, -1], abs=5e-3)
    assert (np.diff(colour_law(np.linspace(0.28, 1.0, 50))) < 0).all()


def test_a_plateau_stays_then_drops_then_fades_as_cobalt():
    source = typical(SupernovaII, 0.001)
    found = magnitudes(source, "r", [30, 80, 130, 180, 280])
    assert abs(found[1] - found[0]) < 0.8
    assert found[2] - found[1] == pytest.approx(2 + 0.5, abs=0.3)
    assert (found[4] - found[3]) == pytest.approx(0.98, abs=0.1)


def test_peaks_of_core_collapse_are_as_published():
    """Richardson et al. 2014 (B): II-P -16.75 +- 0.98, Ib -17.45 +- 1.12, Ic -17.66 +- 1.18."""
    modulus = cosmos.distance_modulus(0.01)
    assert peak(SupernovaII, "g", 0.01)[1] - modulus == pytest.approx(-16.75, abs=0.5)
    assert peak(SupernovaIbc, "g", 0.01)[1] - modulus == pytest.approx(-17.5, abs=0.5)


def test_superluminous_ones_are_superluminous():
    """Brighter than -21 (Gal-Yam 2012); mean -21.7 +- 0.4 of those without hydrogen."""
    brightest = peak(SuperluminousSupernova, "g")[1] - cosmos.distance_modulus(0.1)
    assert brightest == pytest.approx(-21.7, abs=0.5)


def test_luminosity_at_maximum_is_the_power_of_that_moment():
    """Arnett's rule (1982)."""
    days = np.linspace(0, 100, 4001)
    heating = 1e43 * np.exp(-days / 8.8)
    luminosity = diffused(heating, days, 12.0)
    at = luminosity.argmax()
    assert luminosity[at] == pytest.approx(heating[at], rel=0.01)


@given(st.floats(2, 40))
def test_constant_heating_comes_out_as_a_gaussian_saturates(tau):
    days = np.linspace(0, 500, 128)
    expected = 1 - np.exp(-np.minimum((days / tau) ** 2, 400))
    assert diffused(np.ones(128), days, tau) == pytest.approx(expected, abs=1e-9)


def test_a_photosphere_cools_to_its_coolest_and_stays():
    days = np.linspace(0, 100, 50)
    found = photosphere(np.full(50, 1e43), days, 10_000.0, 5_000.0)
    assert found.min() == found[-1] == 5_000
    assert (np.diff(found) <= 0).all()


def test_a_black_body_radiates_all_of_its_light():
    wavelengths = np.geomspace(0.3, 300, 20_000)
    spectrum = body_spectrum(np.array([3_000.0]), wavelengths)[:, 0]
    whole = -np.trapezoid(spectrum, 2.99792458e14 / wavelengths)
    assert whole == pytest.approx(1, abs=2e-3)


def test_the_sun_at_ten_parsec_has_its_absolute_magnitude():
    """-4.83 + 31.4: M_V = 4.83 (AB 4.81; Willmer 2018), L = 3.828e33 erg/s, 5772 K."""
    redshift = 1e-3
    light = body_light(np.array([3.828e33]), np.array([5_772.0]), redshift)
    found = ZERO_POINT - 2.5 * np.log10(light[BANDS.index("r"), 0])
    assert found - cosmos.distance_modulus(redshift) == pytest.approx(4.64, abs=0.1)


# Days after the merger; magnitudes (AB) as distributed with NMMA, example_files/lightcurves.
AT2017GFO = {
    "g": ((0.89, 17.46), (1.44, 18.49), (2.44, 20.19), (3.44, 21.13), (4.44, 21.58), (7.47, 23.28)),
    "r": ((0.89, 17.32), (1.44, 17.99), (2.44, 19.13), (4.44, 20.53), (7.47, 21.23), (9.47, 22.20)),
    "i": ((0.70, 17.24), (1.44, 17.85), (2.44, 18.58), (4.44, 19.51), (7.47, 20.54), (9.47, 21.37)),
}


@pytest.mark.parametrize("band", AT2017GFO)
def test_a_kilonova_at_40_megaparsec_looks_like_at2017gfo(band):
    days, seen = np.array(AT2017GFO[band]).T
    assert magnitudes(typical(Kilonova, 0.0093), band, days) == pytest.approx(seen, abs=0.5)


def test_a_kilonova_reddens_fast():
    source = typical(Kilonova, 0.0093)
    fading = [np.diff(magnitudes(source, band, [1.4, 2.4]))[0] for band in "griz"]
    assert (np.diff(fading) < 0).all()
    assert fading[-1] > 0.3


def test_a_disruption_falls_back_with_the_power_five_thirds():
    source = typical(TidalDisruption, 1e-3)
    begin = 4 * 10.0 + 50.0 - 100.0  # so that t - tp + t0 is 100 and 200 days
    one, two = magnitudes(source, "g", [(begin + 100 + d) * 1.001 for d in (0, 100)])
    assert two - one == pytest.approx(2.5 * 5 / 3 * math.log10(2), abs=0.01)


def test_time_is_dilated():
    """The temperature of a disruption stays, so that its light keeps its shape."""
    times, halves = np.linspace(1, 300, 4000), []
    for redshift in (0.001, 1.0):
        found = magnitudes(typical(TidalDisruption, redshift), "g", times)
        halves.append(times[found < found.min() + 0.75].max())
    assert halves[1] / halves[0] == pytest.approx(2 / 1.001, rel=0.02)


def test_a_disruption_is_in_the_nucleus_and_a_supernova_is_beside_it():
    random, field = np.random.default_rng(3), Field(ra=30, dec=-20, radius=2)
    nucleus = TidalDisruption().draw(random, field, 60_000.0)
    beside = SupernovaIa().draw(random, field, 60_000.0)
    assert (nucleus.counterpart.ra, nucleus.counterpart.dec) == (nucleus.ra, nucleus.dec)
    assert 0 < abs(beside.counterpart.dec - beside.dec) < 60 / 3600
    assert beside.counterpart.redshift == beside.parameters["redshift"]


def test_the_host_is_in_the_reference_but_not_all_of_it():
    source = SupernovaIa().draw(np.random.default_rng(3), Field(ra=30, dec=-20, radius=2), 6e4)
    whole = 10 ** (0.4 * (ZERO_POINT - source.counterpart.magnitudes["r"]))
    assert 0 < source.reference("r") < whole


def test_dust_dims_the_blue_more():
    clear, dusty = (typical(SupernovaIa, 0.1, mw_ebv=ebv) for ebv in (0.0, 0.1))
    for band, coefficient in (("g", 3.237), ("i", 1.684)):
        found = [magnitudes(s, band, [20.0])[0] for s in (clear, dusty)]
        assert found[1] - found[0] == pytest.approx(coefficient * 0.1, abs=1e-6)
