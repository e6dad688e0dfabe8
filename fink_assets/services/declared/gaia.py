"""Gaia DR3: astrometry of 1.8 billion sources, and classes of its variable ones."""

from fink_assets.catalogues.catalogue import CatalogueColumn, Position
from fink_assets.services.service import Service

LICENCE = "Gaia's: free, with acknowledgement of ESA/Gaia/DPAC and of CDS X-Match"

GAIA_DR3 = Service(
    name="gaia_dr3",
    doc="Gaia DR3, main source table, at positions of J2000, at which X-Match compares: a star "
    "that moves by an arcsecond in 25 years is not found where it is today.",
    reference="Gaia Collaboration 2023, A&A 674, A1, doi:10.1051/0004-6361/202243940",
    licence=LICENCE,
    table="vizier:I/355/gaiadr3",
    position=Position(ra="RAJ2000", dec="DEJ2000"),
    radius_arcsec=1.0,
    max_age_days=365.0,
    columns=(
        CatalogueColumn(
            name="DR3Name",
            type="string",
            source="DR3Name",
            doc="Name of the source, e.g. `Gaia DR3 5081494486434113152`.",
            ucd="meta.id;meta.main",
        ),
        CatalogueColumn(
            name="Plx",
            type="double",
            source="Plx",
            doc="Parallax; null for a source without, which two fifths of the faint ones are.",
            unit="mas",
            ucd="pos.parallax.trig",
        ),
        CatalogueColumn(
            name="e_Plx",
            type="double",
            source="e_Plx",
            doc="Standard error of the parallax.",
            unit="mas",
            ucd="stat.error;pos.parallax.trig",
        ),
        CatalogueColumn(
            name="VarFlag",
            type="string",
            source="VarFlag",
            doc="Whether Gaia saw it vary: `VARIABLE`, or `NOT_AVAILABLE` if it does not tell.",
            ucd="meta.code;src.var",
        ),
    ),
)

GAIA_CLASS = Service(
    name="gaia_class",
    doc="Gaia DR3, classes of variable sources, given to 10 million by machine learning.",
    reference="Rimoldini et al. 2023, A&A 674, A14, doi:10.1051/0004-6361/202245591",
    licence=LICENCE,
    table="vizier:I/358/vclassre",
    position=Position(ra="RA_ICRS", dec="DE_ICRS"),
    radius_arcsec=1.0,
    max_age_days=365.0,
    columns=(
        CatalogueColumn(
            name="Class",
            type="string",
            source="Class",
            doc="Class of variability, e.g. `RR`, `LPV`, `YSO`.",
            ucd="src.class",
        ),
    ),
)
