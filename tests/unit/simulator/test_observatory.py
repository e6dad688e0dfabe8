"""Observatories: schedules that nights agree on, noise and detections as asked for."""

import numpy as np
import pytest
from small_sky import Bump, members

from fink_assets.simulator import photometry
from fink_assets.simulator.chance import mixed, normal
from fink_assets.simulator.observatory import OBSERVATORIES, fields, night_name, night_number
from fink_assets.simulator.population import NUMBERS, Population
from fink_assets.simulator.schedule import visits, visits_of
from fink_assets.simulator.sight import FieldNight
from fink_assets.simulator.sky.mix import Member
from fink_assets.simulator.sky.model import BANDS

SURVEYS = ("ztf", "lsst")
NIGHT = night_number("2026-11-22")


@pytest.mark.parametrize("survey", SURVEYS)
def test_fields_do_not_overlap_and_have_numbers_enough_for_names(survey):
    discs = fields(survey)
    ra, dec = (np.radians([getattr(disc, n) for disc in discs]) for n in ("ra", "dec"))
    unit = np.array([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])
    apart = np.degrees(np.arccos(np.clip(unit.T @ unit, -1, 1))) + 360 * np.eye(len(discs))
    assert apart.min() > 2 * discs[0].radius - 1e-6
    if survey == "ztf":
        assert 26**7 // len(discs) >= NUMBERS
    assert len(discs) < 4096
    assert NUMBERS < 2**24


@pytest.mark.parametrize("survey", SURVEYS)
def test_visits_of_a_night_are_one_at_a_time_in_the_dark(survey):
    observatory = OBSERVATORIES[survey]
    for night in range(NIGHT, NIGHT + 40):
        found = visits(survey, 3, night)
        assert len(found) > 50
        assert np.diff(found["mjd"]).min() * 86400 > observatory.each - 0.01
        midnight = night + observatory.midnight / 24
        assert np.abs(found["mjd"] - midnight).max() <= 5.01 / 24
        assert {BANDS[band] for band in found["band"]} <= set(observatory.bands)
        assert len(np.unique(found["number"])) == len(found)


@pytest.mark.parametrize(("survey", "period"), [("ztf", 2), ("lsst", 3)])
def test_a_field_in_season_is_visited_every_few_nights_in_pairs(survey, period):
    field = int(visits(survey, 3, NIGHT)["field"][100])
    found = visits_of(survey, 3, field, NIGHT - 365, NIGHT)
    nights = np.unique(found["night"])
    gaps = np.diff(nights)
    assert np.median(gaps) == period
    assert np.all(gaps % period == 0)
    assert 365 * 0.4 / period < len(nights) < 365 * 0.8 / period
    assert 1.7 < len(found) / len(nights) < 2.5
    pair = np.flatnonzero(np.diff(found["night"]) == 0)[0]
    first, second = found[pair], found[pair + 1]
    assert 20 < (second["mjd"] - first["mjd"]) * 1440 < 60
    assert first["band"] != second["band"]


def test_the_moon_and_bad_seeing_cost_depth():
    found = np.concatenate([visits("ztf", 3, night) for night in range(NIGHT, NIGHT + 30)])
    g = found[found["band"] == 1]
    by_night = [np.median(g["depth"][g["night"] == n]) for n in np.unique(g["night"])]
    assert 0.8 < max(by_night) - min(by_night) < 2.5
    blurred = g["seeing"] > np.median(g["seeing"])
    assert g["depth"][blurred].mean() < g["depth"][~blurred].mean()


def test_two_nights_agree_on_their_past():
    field = int(visits("lsst", 3, NIGHT)["field"][5])
    one = visits_of("lsst", 3, field, NIGHT - 300, NIGHT - 10)
    other = visits_of("lsst", 3, field, NIGHT - 365, NIGHT - 1)
    assert np.isin(one["number"], other["number"]).all()
    assert night_name(NIGHT) == "2026-11-22"


def test_hashed_numbers_are_normal_and_depend_on_all_keys():
    found = normal(1, np.arange(200)[:, None], np.arange(500))
    assert abs(found.mean()) < 0.01
    assert found.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(found)[np.triu_indices(200, 1)]).max() < 0.3
    assert len(np.unique(mixed(np.arange(400)[:, None], np.arange(400)))) == 400**2


@pytest.mark.parametrize("survey", SURVEYS)
def test_a_source_at_the_depth_has_five_sigma(survey):
    for band in OBSERVATORIES[survey].bands.values():
        flux = photometry.flux_of(np.array([band.depth]))
        error = photometry.flux_error(flux, np.array([band.depth]), np.array([band.gamma]))
        assert flux / error == pytest.approx(5, rel=0.001)


def still(flux):
    """A sky of transients that shine in one flux for years."""

    class Lamp(Bump):
        def flux(self, mjd, band):
            return np.full(len(mjd), self.parameters["njy"])

    def draw(seed, number, field, begin, end):
        random = np.random.default_rng((seed, number))
        for index in range(2000):
            ra, dec = field.place(random)
            source = Lamp("lamp", ra, dec, {"njy": flux})
            yield Member(field=number, number=index, begin=None, source=source)

    return draw


def test_half_of_the_sources_at_five_sigma_are_detected():
    first = visits("lsst", 3, NIGHT)[0]
    flux = float(photometry.flux_of(first["depth"]))
    for factor, low, high in ((0.7, 0.03, 0.11), (1, 0.46, 0.54), (1.3, 0.9, 0.96)):
        look = FieldNight(
            "lsst", Population(seed=3, sky=still(factor * flux)), int(first["field"]), NIGHT
        )
        share = len(look.at(int(first["number"])).known) / 2000
        assert low < share < high


@pytest.mark.parametrize("survey", SURVEYS)
def test_measurements_scatter_about_the_truth_by_their_errors(survey):
    first = visits(survey, 3, NIGHT)[0]
    population = Population(seed=3, sky=members)
    seen = FieldNight(survey, population, int(first["field"]), NIGHT).at(int(first["number"]))
    seen = seen.part(0, int((~seen.moving).sum()))
    middle = seen.visits["mjd"] + OBSERVATORIES[survey].exposure / 2 / 86400
    bands = np.array(list(BANDS))[seen.visits["band"]]
    light = np.array([known.source.flux(middle, bands) for known in seen.known])
    # The last visit is chosen by its noise.
    pull = ((seen.flux - light) / seen.error)[:, :-1]
    assert pull.size > 2000
    assert (pull**2).mean() == pytest.approx(1, abs=5 * np.sqrt(2 / pull.size))
    assert pull.mean() == pytest.approx(0, abs=5 / np.sqrt(pull.size))


def test_positions_scatter_by_their_errors():
    first = visits("ztf", 3, NIGHT)[0]
    population = Population(seed=3, sky=members)
    seen = FieldNight("ztf", population, int(first["field"]), NIGHT).at(int(first["number"]))
    i, j = np.nonzero(seen.detected)
    ra, dec, error = seen.measured_position(i, j)
    east = (ra - seen.ra[i]) * np.cos(np.radians(seen.dec[i])) / error
    assert (east**2).mean() == pytest.approx(1, abs=0.1)
    assert (((dec - seen.dec[i]) / error) ** 2).mean() == pytest.approx(1, abs=0.1)
