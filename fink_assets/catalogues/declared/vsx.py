"""The AAVSO's International Variable Star Index."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import LICENCE, SCIENCE_DATA
from fink_assets.packages import FINK_SCIENCE

VSX = Catalogue(
    name="vsx",
    version="2024",
    doc="International Variable Star Index, a snapshot: positions and types.",
    reference="Watson, Henden & Price 2006, SASS 25, 47 (B/vsx)",
    licence=LICENCE.format("free with acknowledgement of the AAVSO"),
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/vsx.parquet",
            sha256="5a6db01e7bc2bbadcb82f6c692c2350fdab1b6f3ce4039385efdc98857711b6c",
        ),
    ),
    position=Position(ra="RAJ2000", dec="DEJ2000"),
    radius_arcsec=1.5,
    columns=(
        CatalogueColumn(
            name="type",
            type="string",
            source="VType",
            doc="Type of variability, as VSX writes it.",
            ucd="meta.code.class;src.var",
        ),
    ),
)
