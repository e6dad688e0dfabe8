"""Bodies of the Solar System that nobody knows yet: what Fink links into orbits, and we do not.

The route exists so that who asks is told why there is nothing, and where the detections are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fink_assets.api import arguments
from fink_assets.api.arguments import Argument
from fink_assets.api.endpoints import Answer, Endpoint, Values
from fink_assets.api.errors import RequestError

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

NOT_HERE = (
    "{} of candidates are not computed here: nothing links detections of unknown bodies over "
    "nights. Single detections are /api/v1/latests with the class `Solar System candidate`, lines "
    "in one exposure are /api/v1/tracklet.\n"
)
KINDS = {"orbParams": "Orbits", "lightcurves": "Light curves"}


def ssocand(archive: Archive, values: Values) -> Answer:
    """Answer `/ssocand`: that there are none.

    Raises
    ------
    RequestError
        Always. An empty answer would say that there was nothing to be found.
    """
    raise RequestError(NOT_HERE.format(KINDS[values["kind"]]))


ENDPOINT = Endpoint(
    path="ssocand",
    doc="Candidates of bodies of the Solar System; not computed here.",
    answer=ssocand,
    arguments=(
        Argument(name="kind", read=arguments.one_of(*KINDS), required=True, doc=", ".join(KINDS)),
        Argument(name="ssoCandId", read=arguments.text, doc="Name of a trajectory"),
        Argument(name="start_date", read=arguments.moment, doc="From here on"),
        Argument(name="stop_date", read=arguments.moment, doc="Until here"),
        Argument(
            name="maxnumber", read=arguments.whole, default=10_000, type="integer", doc="Most rows"
        ),
    ),
)
