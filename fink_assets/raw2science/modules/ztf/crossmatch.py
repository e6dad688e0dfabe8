"""Find known sources at the position of an alert, in catalogues on this machine.

Services on the network are not asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.catalogues import SEARCHED
from fink_assets.raw2science.module import Column, Golden, science_module
from fink_assets.raw2science.modules.catalogues import counterpart_columns, counterparts

if TYPE_CHECKING:
    import pandas as pd

FINK = {
    "gcvs_type": "gcvs",
    "vsx_type": "vsx",
    "x3hsp_name": "x3hsp",
    "x4lac_name": "x4lac",
}
MANGROVE_KEYS = {
    "HyperLEDA_name": "mangrove_hyperleda_name",
    "2MASS_name": "mangrove_twomass_name",
    "lum_dist": "mangrove_luminosity_distance",
    "ang_dist": "mangrove_angular_distance",
}


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=("candidate.ra", "candidate.dec"),
    outputs=(
        *counterpart_columns(SEARCHED, FINK),
        Column(
            name="mangrove",
            type="map<string, string>",
            doc="The galaxy of MANGROVE as Fink writes it: names and distances (Mpc) as text; "
            "null if there is none.",
            fink="mangrove",
        ),
    ),
    data=SEARCHED,
    golden=(
        Golden(
            alert=2874432784115010002,
            expected={
                "x3hsp_name": "3HSPJ075936.1+132117",
                "x3hsp_separation": 0.71232720,
                "x4lac_name": "4FGL J0759.6+1321",
                "x4lac_class": "bll",
                "x4lac_separation": 28.045587,
                "gcvs_type": None,
                "gcvs_separation": None,
            },
        ),
        Golden(
            alert=1786329104615015008,
            expected={
                "mangrove_hyperleda_name": None,
                "mangrove_twomass_name": "03110086+4749105",
                "mangrove_luminosity_distance": 217.386764417,
                "mangrove": {"HyperLEDA_name": None, "2MASS_name": "03110086+4749105"},
            },
        ),
        Golden(alert=1786332531815010021, expected={"gcvs_type": "UV", "vsx_type": None}),
        Golden(alert=1786537211115010000, expected={"vsx_type": "RRAB/BL", "gcvs_type": None}),
    ),
)
def crossmatch(alerts: pd.DataFrame) -> pd.DataFrame:
    """Give the nearest source of each catalogue within the catalogue's radius.

    The radius is that of the catalogue, or of each source where it has its own; separations are
    along great circles, so that poles and right ascension 0 are places like others. Each alert
    finds its own nearest source. Values are null where there is none, and where the catalogue does
    not know them; the separation tells which.

    Radii and names are Fink's. Fink instead finds, for each *source*, the nearest alert of the
    batch: of several alerts on one source only one gets it, and which one depends on the batch. It
    writes "Unknown" or an empty text for no counterpart, and "None" for what MANGROVE does not
    know.
    """
    import pandas as pd

    found = counterparts(SEARCHED, alerts["candidate.ra"], alerts["candidate.dec"])
    galaxies = found.loc[found["mangrove_separation"].notna(), list(MANGROVE_KEYS.values())]
    told = [as_text(dict(zip(MANGROVE_KEYS, row, strict=True))) for row in galaxies.to_numpy()]
    mangrove = pd.Series(told, index=galaxies.index, dtype=object)
    return found.assign(mangrove=mangrove.reindex(found.index).replace({float("nan"): None}))


def as_text(values: dict[str, object]) -> dict[str, str | None]:
    """Write values as text; what is not known stays null."""
    return {
        name: None if value is None or value != value else str(value)
        for name, value in values.items()
    }
