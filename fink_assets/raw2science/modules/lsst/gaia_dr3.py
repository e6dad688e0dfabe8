"""Say what Gaia DR3 has at the position of an alert."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import GAIA_DR3


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(GAIA_DR3),
    outputs=answer_columns(
        GAIA_DR3,
        {
            "DR3Name": "xm.gaiadr3_DR3Name",
            "Plx": "xm.gaiadr3_Plx",
            "e_Plx": "xm.gaiadr3_e_Plx",
        },
    ),
    services=(GAIA_DR3,),
)
def gaia_dr3() -> dict[str, str]:
    """Give the nearest source of Gaia DR3 within 1 arcsec.

    A value that Gaia does not have, as the parallax of a faint source, is null and leaves the
    others where they are; in Fink, values move to the column before.

    Where the service has not answered, the status is `unavailable`, and the module runs again when
    it does. `answered` tells how old the answer is.
    """
    return answer_values(GAIA_DR3)
