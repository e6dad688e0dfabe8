"""The Transient Name Server: its daily list of all public transients."""

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
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
    columns=(
        CatalogueColumn(
            name="fullname",
            type="string",
            source=("name_prefix", "name"),
            doc="Name of the transient with its prefix, e.g. SN 2018lzf, AT 2026abc.",
            ucd="meta.id",
        ),
        CatalogueColumn(
            name="type",
            type="string",
            source="type",
            doc="Spectroscopic type of the transient, null where it has none.",
            ucd="meta.code.class",
        ),
        CatalogueColumn(
            name="redshift",
            type="double",
            source="redshift",
            doc="Redshift of the transient or its host.",
            ucd="src.redshift",
        ),
    ),
)
