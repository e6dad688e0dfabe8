"""The 3HSP catalogue of blazars."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import SCIENCE_DATA, UNKNOWN
from fink_assets.packages import FINK_SCIENCE

X3HSP = Catalogue(
    name="x3hsp",
    version="3",
    doc="3HSP: blazars whose synchrotron emission peaks above 10^15 Hz, and candidates.",
    reference="Chang et al. 2019, A&A 632, A77, doi:10.1051/0004-6361/201834526",
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/3hsp.csv",
            sha256="e6557f9df75843521c8dc8cab6041446632028a0b68806900a79d98cbe855141",
        ),
    ),
    position=Position(ra="R.A.", dec="Dec", ra_unit="hour"),
    radius_arcsec=60.0,
    columns=(
        CatalogueColumn(
            name="name",
            type="string",
            source="3HSP Source name",
            doc="Name of the blazar in 3HSP.",
            ucd="meta.id",
        ),
    ),
)
