"""The Transient Name Server: its daily list of all public transients."""

from fink_assets.catalogues.catalogue import Position
from fink_assets.catalogues.declared.tns import TNS
from fink_assets.services.service import Snapshot

TNS_LIST = Snapshot(
    name="tns",
    doc="Transient Name Server: all public transients, as of the day on which they were fetched.",
    reference="https://www.wis-tns.org",
    licence="those of www.wis-tns.org, with acknowledgement",
    table="tns_public_objects",
    position=Position(ra="ra", dec="declination"),
    radius_arcsec=1.5,
    max_age_days=2.0,
    columns=TNS.columns,
)
