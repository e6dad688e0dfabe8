"""Give the photometric redshift of a galaxy at the position of an alert."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import LEGACY_DR8


@science_module(
    survey="lsst",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(LEGACY_DR8),
    outputs=answer_columns(
        LEGACY_DR8,
        {
            "zphot": "xm.legacydr8_zphot",
            "e_zphot": "xm.legacydr8_e_zphot",
            "pstar": "xm.legacydr8_pstar",
            "fqual": "xm.legacydr8_fqual",
        },
    ),
    services=(LEGACY_DR8,),
)
def legacy_dr8() -> dict[str, str]:
    """Give the nearest source of the Legacy Surveys DR8 (south) within 1.5 arcsec.

    Values are null without one; a value that the survey does not have leaves the others where they
    are.

    Where the service has not answered, the status is `unavailable`, and the module runs again when
    it does. `answered` tells how old the answer is.
    """
    return answer_values(LEGACY_DR8)
