"""The General Catalogue of Variable Stars."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import SCIENCE_DATA, UNKNOWN
from fink_assets.packages import FINK_SCIENCE

GCVS = Catalogue(
    name="gcvs",
    version="fink-science-7.4.0",
    doc="General Catalogue of Variable Stars: positions and types.",
    reference="Samus et al. 2017, Astronomy Reports 61, 80, doi:10.1134/S1063772917010085 (B/gcvs)",
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/gcvs.parquet",
            sha256="d7ac03d87495261e34c40934cf688c8bcea2d1a2ab9fa497ef0bfb78829a551f",
        ),
    ),
    position=Position(ra="ra", dec="dec"),
    radius_arcsec=1.5,
    columns=(
        CatalogueColumn(
            name="type",
            type="string",
            source="VarType",
            doc="Type of variability, as the GCVS writes it.",
            ucd="meta.code.class;src.var",
        ),
    ),
)
