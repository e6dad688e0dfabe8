"""The Transient Name Server: the sample of one object that a package has."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import LICENCE, SCIENCE_DATA
from fink_assets.packages import FINK_SCIENCE

TNS = Catalogue(
    name="tns",
    version="sample-of-1",
    doc="Transient Name Server, a sample of one object, SN 2018lzf. It shows the columns and says "
    "nothing about other transients: bring a list of your own.",
    reference="https://www.wis-tns.org",
    licence=LICENCE.format("those of www.wis-tns.org, with acknowledgement"),
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/tns_raw.parquet",
            sha256="efbc220c7243ee9bfe7eb73714318e2fbe6ceeb6ba60db55c32aadee8f0cf200",
        ),
    ),
    position=Position(ra="ra", dec="declination"),
    radius_arcsec=1.5,
    columns=(
        CatalogueColumn(
            name="fullname",
            type="string",
            source=("name_prefix", "name"),
            doc="Name of the transient with its prefix, e.g. SN 2018lzf.",
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
