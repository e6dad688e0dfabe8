"""Say what SIMBAD knows at the position of an alert."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import SIMBAD


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(SIMBAD),
    outputs=answer_columns(SIMBAD, {"otype": "xm.simbad_otype"}),
    services=(SIMBAD,),
)
def simbad() -> dict[str, str]:
    """Give the nearest object of SIMBAD within 1 arcsec.

    Values are null where SIMBAD has nothing. Where it has not answered, the status is
    `unavailable`, and the module runs again when it does. Fink has the short type alone and
    compares it with long words: `G`, `QSO` and others then count as unknown, and "Fail" as a
    galaxy. Here both are given, and filters compare long words (`main_type`).
    """
    return answer_values(SIMBAD)
