"""Look for transients without a host in the stamps of an alert.

The ELEPHANT test of stamps alone. Which of its values make a hostless transient belongs to filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.conditions import known
from fink_assets.raw2science.modules.lsst.motion import MOTION_INPUTS, MOVING
from fink_assets.raw2science.modules.stamps import hostless_columns, tested

if TYPE_CHECKING:
    import pandas as pd

YOUNG = "diaSource.midpointMjdTai - detection_history.first_detection_mjd < 30"
FAINT_HOST = (
    f"{known('diaSource.psfFlux')} and {known('diaSource.templateFluxErr')} "
    "and diaSource.psfFlux > 0 and diaSource.templateFlux > 300 and diaSource.templateFlux < 2000 "
    "and diaSource.templateFlux / diaSource.templateFluxErr > 5"
)
NOT_CATALOGUED = (
    "simbad.separation is null and gaia_dr3.separation is null and legacy_dr8.zphot is null "
    "and spicy.separation is null and crossmatch.mangrove_separation is null"
)


@science_module(
    survey="lsst",
    version="1.1.0",
    owners=["team:transients"],
    inputs=(
        "diaSource.diaSourceId",
        "diaSource.midpointMjdTai",
        "diaSource.psfFlux",
        "diaSource.templateFlux",
        "diaSource.templateFluxErr",
        "diaObject.nDiaSources",
        *MOTION_INPUTS,
        "solar_system.is_sso",
        "detection_history.first_detection_mjd",
        "simbad.separation",
        "gaia_dr3.separation",
        "legacy_dr8.zphot",
        "spicy.separation",
        "crossmatch.mangrove_separation",
        "cutouts.science",
        "cutouts.template",
    ),
    outputs=hostless_columns(fink="clf.elephant_"),
    needs=("solar_system", "detection_history"),
    after=("simbad", "gaia_dr3", "legacy_dr8", "spicy", "crossmatch"),
    applies=(
        f"diaObject.nDiaSources >= 3 and not solar_system.is_sso and {YOUNG} and {FAINT_HOST} "
        f"and not {MOVING} and {NOT_CATALOGUED}"
    ),
    golden=(
        Golden(
            alert=396950876717106,
            expected={
                "kstest_science": None,
                "kstest_template": None,
                "is_candidate": False,
                "unreadable": None,
            },
        ),
        Golden(alert=169298433314652171, status="not_applicable"),
    ),
)
def hostless(alerts: pd.DataFrame) -> pd.DataFrame:
    """Test with ELEPHANT (arXiv 2404.18165) whether one of two stamps shows nothing at the place.

    Looked at are alerts of at least three detections (`nDiaSources`), younger than 30 days, of no
    known Solar System object and not moving (three positions or more on a line, faster than 2" per
    hour), with a positive flux and a weak source in the template: 300 to 2000 nJy at a
    signal-to-noise ratio above 5, and of nothing that is catalogued there: in SIMBAD, Gaia DR3,
    SPICY, MANGROVE (2MASS and HyperLEDA), or with a redshift of the Legacy Surveys. A service that
    has not answered counts as without a source, as in Fink; the alert is looked at again when it
    does. With unknown values (no count, no flux) the module does not apply.

    The test is that of ZTF's module of the same name, on the 30 x 30 pixels about the centre of
    each stamp: more than 5 outliers in one and less than 3 in the other, in these pixels or in the
    14 x 14 about the centre, each clipped anew; a template with more than 20 shows a large host and
    is no candidate. The power spectrum is that of all 30 x 30 pixels, as Fink's now; of alerts that
    its science version 8.35 stored it is that of 15 x 15, with -99 for what is null.

    Random numbers belong to the alert (`diaSourceId`): values depend on nothing else, where Fink's
    depend on the alerts before it. They scatter with the choice by 0.01 to 0.1 (one standard
    deviation). Stamps that cannot be read, or are smaller, have no values, and `unreadable` says
    why; other alerts are not concerned.
    """
    from fink_assets.astro.hostless import Detector

    detector = Detector(side=30, spectrum=30, again=False, most_in_template=20)
    return tested(alerts, "diaSource.diaSourceId", detector)
