"""SPICY: candidate young stellar objects along the Galactic midplane."""

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
from fink_assets.services.service import Service

SPICY = Service(
    name="spicy",
    doc="Candidate young stellar objects along the Galactic midplane, from Spitzer.",
    reference="Kuhn et al. 2021, ApJS 254, 33, doi:10.3847/1538-4365/abe465",
    licence="none stated; cite the authors, with acknowledgement of CDS X-Match",
    table="vizier:J/ApJS/254/33/table1",
    position=Position(ra="RAdeg", dec="DEdeg"),
    radius_arcsec=1.2,
    max_age_days=365.0,
    columns=(
        CatalogueColumn(
            name="SPICY",
            type="bigint",
            source="SPICY",
            doc="Number of the object in the catalogue.",
            ucd="meta.id;meta.main",
        ),
        CatalogueColumn(
            name="class",
            type="string",
            source="class",
            doc="Evolutionary class: `ClassI`, `FS`, `ClassII`, `ClassIII`, `uncertain`.",
            ucd="src.class",
        ),
    ),
)
