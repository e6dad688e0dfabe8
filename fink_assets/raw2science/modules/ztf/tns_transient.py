"""Say whether the Transient Name Server knows a transient at the position of an alert."""

from fink_assets.raw2science.module import science_module
from fink_assets.raw2science.modules.answers import answer_columns, answer_inputs, answer_values
from fink_assets.services import TNS_LIST


@science_module(
    survey="ztf",
    version="1.0.0",
    owners=["team:catalogues"],
    inputs=answer_inputs(TNS_LIST),
    outputs=answer_columns(TNS_LIST, {"type": "tns"}),
    services=(TNS_LIST,),
)
def tns_transient() -> dict[str, str]:
    """Give the nearest transient of the server's daily list within 1.5 arcsec, classified or not.

    `type` is null for a transient that nobody has classified. Where the list was never fetched, the
    status is `unavailable`; `answered` tells of which day it is. The small sample that needs no key
    is searched by `crossmatch`.
    """
    return answer_values(TNS_LIST)
