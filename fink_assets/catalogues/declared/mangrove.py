"""The galaxies of MANGROVE."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import SCIENCE_DATA, UNKNOWN
from fink_assets.packages import FINK_SCIENCE

MANGROVE = Catalogue(
    name="mangrove",
    version="fink-science-7.4.0",
    doc="MANGROVE: galaxies of GLADE up to 230 Mpc, here names and distances.",
    reference="Ducoin et al. 2020, MNRAS 492, 4768, doi:10.1093/mnras/staa114",
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/mangrove_filtered.parquet",
            sha256="e673dcbfa6ac38a468333094fa36409265c7758502773714eda50c3cc392ae51",
        ),
    ),
    position=Position(ra="ra", dec="dec"),
    radius_arcsec=60.0,
    columns=(
        CatalogueColumn(
            name="hyperleda_name",
            type="string",
            source="HyperLEDA_name",
            unknown=("None",),
            doc="Name of the galaxy in HyperLEDA.",
            ucd="meta.id",
        ),
        CatalogueColumn(
            name="twomass_name",
            type="string",
            source="2MASS_name",
            unknown=("None",),
            doc="Name of the galaxy in 2MASS.",
            ucd="meta.id",
        ),
        CatalogueColumn(
            name="luminosity_distance",
            type="double",
            source="lum_dist",
            doc="Luminosity distance of the galaxy.",
            unit="Mpc",
            ucd="pos.distance",
        ),
        CatalogueColumn(
            name="angular_distance",
            type="double",
            source="ang_dist",
            doc="Angular diameter distance of the galaxy.",
            unit="Mpc",
            ucd="pos.distance",
        ),
    ),
)
