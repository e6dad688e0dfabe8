"""Say what SIMBAD knows at the position of an alert."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import SIMBAD


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(SIMBAD),
    outputs=answer_columns(SIMBAD, {"main_type": "cdsxmatch"}),
    services=(SIMBAD,),
)
def simbad() -> dict[str, str]:
    """Give the nearest object of SIMBAD within 1 arcsec.

    Values are null where SIMBAD has nothing. Where it has not answered, the status is
    `unavailable`, and the module runs again when it does; Fink writes "Unknown" and "Fail" into
    the same column, and takes "Fail" for the type of a galaxy.
    """
    return answer_values(SIMBAD)
