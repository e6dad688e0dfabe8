"""Say whether an alert is a young stellar object that Spitzer saw."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import SPICY


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(SPICY),
    outputs=answer_columns(SPICY, {"class": "xm.spicy_class"}),
    services=(SPICY,),
)
def spicy() -> dict[str, str]:
    """Give the nearest object of SPICY within 1.2 arcsec, null where there is none.

    Where the service has not answered, the status is `unavailable`, and the module runs again when
    it does. `answered` tells how old the answer is.
    """
    return answer_values(SPICY)
