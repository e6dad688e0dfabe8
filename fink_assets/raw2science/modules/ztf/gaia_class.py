"""Say how Gaia DR3 classes a variable source at the position of an alert."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import GAIA_CLASS


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(GAIA_CLASS),
    outputs=answer_columns(GAIA_CLASS, {"Class": "gaiaClass"}),
    services=(GAIA_CLASS,),
)
def gaia_class() -> dict[str, str]:
    """Give the class of the nearest variable source of Gaia DR3 within 1 arcsec, or null.

    Where the service has not answered, the status is `unavailable`, and the module runs again when
    it does. `answered` tells how old the answer is.
    """
    return answer_values(GAIA_CLASS)
