"""Which packet columns a backfill of chosen modules fetches from raw."""

from dataclasses import replace

import pytest

from fink_assets.raw2science.asked import Asking
from fink_assets.raw2science.backfill import _packet_columns
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.modules import lsst, ztf
from fink_assets.surveys import LSST, ZTF

STAMPS = {"cutoutScience", "cutoutTemplate"}
ASKED = [
    (ZTF, ztf.MODULES, "hostless", {"candidate", "prv_candidates", *STAMPS}),
    (ZTF, ztf.MODULES, "blazar", {"candidate", "prv_candidates"}),
    (ZTF, ztf.MODULES, "solar_system", {"candidate", "prv_candidates"}),
    (LSST, lsst.MODULES, "hostless", {"diaSource", "prvDiaSources", "diaObject", *STAMPS}),
    (LSST, lsst.MODULES, "solar_system", {"ssSource"}),
]


@pytest.mark.parametrize(("survey", "modules", "name", "expected"), ASKED)
def test_cutouts_are_fetched_for_modules_that_look_at_them(survey, modules, name, expected):
    stage = Enrich(survey=survey, tables=None, spark=None, modules=modules, asking=Asking(root=""))
    chosen = [m for m in modules if m.name == name]
    assert set(_packet_columns(stage, chosen)) == expected


def test_a_cutout_has_the_place_that_the_survey_gives_it():
    elsewhere = replace(ZTF, cutouts={"science": "images.science", "template": "images.template"})
    stage = Enrich(
        survey=elsewhere, tables=None, spark=None, modules=ztf.MODULES, asking=Asking(root="")
    )
    chosen = [m for m in ztf.MODULES if m.name == "hostless"]
    assert set(_packet_columns(stage, chosen)) == {"candidate", "prv_candidates", "images"}
