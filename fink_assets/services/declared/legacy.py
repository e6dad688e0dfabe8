"""DESI Legacy Imaging Surveys DR8: photometric redshifts of galaxies."""

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
from fink_assets.services.service import Service

LEGACY_DR8 = Service(
    name="legacy_dr8",
    doc="Photometric redshifts of the Legacy Surveys DR8, southern part (declinations below 32 "
    "degrees), which Fink asks for LSST; the northern part is another table.",
    reference="Duncan 2022, MNRAS 512, 3662, doi:10.1093/mnras/stac608",
    licence="none stated; cite the author, with acknowledgement of CDS X-Match",
    table="vizier:VII/292/south",
    position=Position(ra="RAJ2000", dec="DEJ2000"),
    radius_arcsec=1.5,
    max_age_days=365.0,
    columns=(
        CatalogueColumn(
            name="zphot",
            type="double",
            source="zphot",
            doc="Photometric redshift.",
            ucd="src.redshift.phot",
        ),
        CatalogueColumn(
            name="e_zphot",
            type="double",
            source="e_zphot",
            doc="Uncertainty of the photometric redshift.",
            ucd="stat.error;src.redshift.phot",
        ),
        CatalogueColumn(
            name="pstar",
            type="double",
            source="pstar",
            doc="Probability that the source is a star, 0 to 1.",
            ucd="stat.probability",
        ),
        CatalogueColumn(
            name="fqual",
            type="bigint",
            source="fqual",
            doc="1 if the redshift is expected to be reliable, else 0.",
            ucd="meta.code.qual",
        ),
    ),
)
