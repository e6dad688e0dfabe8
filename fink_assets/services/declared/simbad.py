"""SIMBAD: what the literature says an object is."""

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
from fink_assets.services.service import Service

SIMBAD = Service(
    name="simbad",
    doc="SIMBAD of CDS: astronomical objects of the literature outside the Solar System, with "
    "what they are; the view that X-Match renews daily.",
    reference="Wenger et al. 2000, A&AS 143, 9, doi:10.1051/aas:2000332",
    licence="ODbL-1.0, with acknowledgement of SIMBAD and of CDS X-Match",
    table="simbad",
    position=Position(ra="ra", dec="dec"),
    radius_arcsec=1.0,
    max_age_days=30.0,
    columns=(
        CatalogueColumn(
            name="main_id",
            type="string",
            source="main_id",
            doc="Main name of the object.",
            ucd="meta.id;meta.main",
        ),
        CatalogueColumn(
            name="main_type",
            type="string",
            source="main_type",
            doc="Type of the object in SIMBAD's long words, e.g. `LongPeriodV*`, `Galaxy`. The "
            "words have changed over the years: `Candidate_YSO` is `YSO_Candidate` now.",
            ucd="src.class",
        ),
        CatalogueColumn(
            name="otype",
            type="string",
            source="otype",
            doc="The same type in SIMBAD's short code, e.g. `LP*`, `G`: not to be compared with "
            "lists of long words.",
            ucd="src.class",
        ),
    ),
)
