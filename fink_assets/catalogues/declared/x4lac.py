"""The fourth catalogue of active galactic nuclei seen by Fermi-LAT."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import SCIENCE_DATA, UNKNOWN
from fink_assets.packages import FINK_SCIENCE

X4LAC = Catalogue(
    name="x4lac",
    version="DR3",
    doc="4LAC-DR3: active galactic nuclei detected by Fermi-LAT, at high and low latitudes. "
    "Positions are those of the gamma-ray sources, which are known to some arcminutes.",
    reference="Ajello et al. 2022, ApJS 263, 24, doi:10.3847/1538-4365/ac9523",
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/table-4LAC-DR3-h.fits",
            sha256="01ea965408db20baa007894b5710466d66bca6fbc794653710d6840d16381306",
        ),
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/table-4LAC-DR3-l.fits",
            sha256="0ba0a50d21f51ceef3adede9d43ab4f7a074aa3d34c5e7e656af1e1ea6931286",
        ),
    ),
    position=Position(ra="RAJ2000", dec="DEJ2000"),
    radius_arcsec=60.0,
    columns=(
        CatalogueColumn(
            name="name",
            type="string",
            source="Source_Name",
            doc="Name of the gamma-ray source in 4FGL.",
            ucd="meta.id",
        ),
        CatalogueColumn(
            name="class",
            type="string",
            source="CLASS",
            doc="Class of the counterpart, e.g. bll, fsrq, bcu; capitals where it is identified.",
            ucd="meta.code.class",
        ),
        CatalogueColumn(
            name="association",
            type="string",
            source="ASSOC1",
            doc="Name of the counterpart at other wavelengths.",
            ucd="meta.id.assoc",
        ),
    ),
)
