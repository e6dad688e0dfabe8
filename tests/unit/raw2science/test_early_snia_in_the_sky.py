"""Scores of early supernovae in another simulation than that of the training: the sky's."""

import numpy as np
import pytest

from fink_assets.astro.forest import probability
from fink_assets.raw2science.models.registry import EARLY_SNIA_LSST
from fink_assets.raw2science.models.store import load
from fink_assets.raw2science.modules.lsst.early_snia import MIN_POINTS, features_of_alert
from fink_assets.simulator.chance import generator
from fink_assets.simulator.sky.model import Field
from fink_assets.simulator.sky.nuclei import TidalDisruption
from fink_assets.simulator.sky.superluminous import SuperluminousSupernova
from fink_assets.simulator.sky.supernovae import SupernovaIa, SupernovaIbc, SupernovaII

FLUXCAL = 10 ** (0.4 * (27.5 - 31.4))
FIELD = Field(ra=150.0, dec=2.0, radius=1.75, depth=24.5)
DEPTHS = {"u": 23.9, "g": 25.0, "r": 24.7, "i": 24.0, "z": 23.3, "y": 22.1}
SHARES = (0.05, 0.12, 0.28, 0.28, 0.17, 0.1)
"""Magnitudes at five sigma of one visit of LSST, and how often each band is taken."""
BEGIN, VISITS = 60900.0, 70


def first_features(kind, number):
    """Features of the first alert at which a source rises; None if none does."""
    source = kind.draw(generator(7, number), FIELD, BEGIN)
    draw = np.random.default_rng(number)
    nights = np.sort(draw.choice(120, VISITS, replace=False))
    mjd = BEGIN + nights + draw.uniform(0, 0.3, VISITS)
    band = draw.choice(list(DEPTHS), VISITS, p=SHARES)
    flux = source.flux(mjd, band)
    faintest = np.array([10 ** (0.4 * (31.4 - DEPTHS[name])) for name in band])
    error = np.hypot(faintest / 5, 0.01 * flux)
    flux = flux + draw.normal(0, error)
    seen = flux > 5 * error
    curve = mjd[seen], band[seen], flux[seen], error[seen]
    for count in range(MIN_POINTS, seen.sum() + 1):
        row = features_of_alert(*(column[:count] for column in curve))
        if row is not None:
            return row
    return None


@pytest.fixture(scope="module")
def scores(models):
    """Scores of type Ia and of other transients, by the unit of the largest flux."""
    trees = load([EARLY_SNIA_LSST])[EARLY_SNIA_LSST.name]
    brightest = EARLY_SNIA_LSST.features.index("lc_max")
    others = (SupernovaII(), SupernovaIbc(), SuperluminousSupernova(), TidalDisruption())
    found = {}
    for name, kinds, many in (("Ia", (SupernovaIa(),), 150), ("others", others, 50)):
        rows = [first_features(kind, number) for kind in kinds for number in range(many)]
        rows = np.array([row for row in rows if row is not None])
        assert len(rows) > 40
        for unit, factor in (("nJy", 1.0), ("FLUXCAL", FLUXCAL)):
            converted = rows.copy()
            converted[:, brightest] *= factor
            found[name, unit] = probability(converted, trees)
    return found


def ranked(scores, unit):
    """Chance that a type Ia scores higher than another."""
    ia, others = scores["Ia", unit], scores["others", unit]
    return (ia[:, None] > others).mean()


def test_supernovae_of_type_ia_score_higher_than_other_transients(scores):
    assert ranked(scores, "nJy") > 0.65
    assert (scores["Ia", "nJy"] > 0.5).mean() > 0.5
    assert (scores["others", "nJy"] > 0.5).mean() < 0.4


def test_in_another_unit_than_nanojansky_no_supernova_is_one(scores):
    """Not what the forest was trained on, whatever the name of its simulation suggests."""
    assert (scores["Ia", "FLUXCAL"] > 0.5).sum() == 0
    assert ranked(scores, "FLUXCAL") < ranked(scores, "nJy")
