"""Find known sources at the position of an alert, in catalogues on this machine.

Services on the network are not asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.catalogues import SEARCHED
from fink_assets.raw2science.module import Golden, science_module
from fink_assets.raw2science.modules.catalogues import counterpart_columns, counterparts

if TYPE_CHECKING:
    import pandas as pd

FINK = {
    "gcvs_type": "xm.gcvs_type",
    "vsx_type": "xm.vsx_Type",
    "x3hsp_name": "xm.x3hsp_type",
    "x4lac_name": "xm.x4lac_type",
    "mangrove_hyperleda_name": "xm.mangrove_HyperLEDA_name",
    "mangrove_twomass_name": "xm.mangrove_2MASS_name",
    "mangrove_luminosity_distance": "xm.mangrove_lum_dist",
    "mangrove_angular_distance": "xm.mangrove_ang_dist",
}


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=("diaSource.ra", "diaSource.dec"),
    outputs=counterpart_columns(SEARCHED, FINK),
    data=SEARCHED,
    golden=(
        Golden(
            alert=169298433314652171,
            expected={"vsx_type": "RRAB", "vsx_separation": 0.0547147078, "gcvs_type": None},
        ),
    ),
)
def crossmatch(alerts: pd.DataFrame) -> pd.DataFrame:
    """Give the nearest source of each catalogue within the catalogue's radius.

    The radius is that of the catalogue, or of each source where it has its own; separations are
    along great circles, so that poles and right ascension 0 are places like others. Each alert
    finds its own nearest source. Values are null where there is none, and where the catalogue does
    not know them; the separation tells which.

    Radii and names are Fink's, values those of ZTF's module of the same name. Fink instead finds,
    for each *source*, the nearest alert of the batch: of several alerts on one source only one gets
    it, and which one depends on the batch.
    """
    return counterparts(SEARCHED, alerts["diaSource.ra"], alerts["diaSource.dec"])
