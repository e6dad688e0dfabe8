"""Short lists of objects that groups of Fink follow, by position."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member, Position
from fink_assets.catalogues.declared.packages import FILTERS_DATA, FINK_FILTERS, UNKNOWN

ORIGIN = "fink-filters 7.45, {}; how its rows were chosen is not stated there"


def _name(source: str, doc: str) -> CatalogueColumn:
    return CatalogueColumn(name="name", type="string", source=source, doc=doc, ucd="meta.id")


DWARF_AGN = Catalogue(
    name="dwarf_agn",
    version="fink-filters-7.45",
    doc="Active nuclei in dwarf galaxies of MaNGA; the search radius is the effective radius of "
    "each galaxy.",
    reference=ORIGIN.format("list_dwarfs_AGN_RADEC"),
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_FILTERS,
            path=f"{FILTERS_DATA}/list_dwarfs_AGN_RADEC.parquet",
            sha256="83f65de7b3f0e5d7951a3cdd652ddb665c85538aaf1f91dc790a1af5e4319839",
        ),
    ),
    position=Position(ra="RA", dec="DEC", radius="Re_arc"),
    radius_arcsec=12.0,
    columns=(
        _name("MaNGAID", "Identifier of the galaxy in MaNGA."),
        CatalogueColumn(
            name="redshift",
            type="double",
            source="Z",
            doc="Redshift of the galaxy.",
            ucd="src.redshift",
        ),
    ),
)
TDE = Catalogue(
    name="tde",
    version="fink-filters-7.45",
    doc="Known tidal disruption events.",
    reference=ORIGIN.format("tde"),
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_FILTERS,
            path=f"{FILTERS_DATA}/tde.parquet",
            sha256="0c54dba1f793e85a30f7806dec00fe77ddecc04dc2be061b95490d9144ed7194",
        ),
    ),
    position=Position(ra="ra", dec="dec"),
    radius_arcsec=5.0,
    columns=(_name("name", "Name of the event."),),
)
MAGNETIC_CV = Catalogue(
    name="magnetic_cv",
    version="fink-filters-7.45",
    doc="Magnetic cataclysmic variables; each has a search radius of its own, 0.5 arcsec.",
    reference=ORIGIN.format("magnetic_cataclysmic_variables"),
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_FILTERS,
            path=f"{FILTERS_DATA}/magnetic_cataclysmic_variables.csv",
            sha256="87c308351338e6198b033b783a16fa191b99d81f8318392cc400b45d08362486",
        ),
    ),
    position=Position(ra="RA(J2000)", dec="DEC(J2000)", ra_unit="hour", radius="Radius"),
    radius_arcsec=0.5,
    columns=(_name("Name", "Name of the star."),),
)
SYMBIOTIC = Catalogue(
    name="symbiotic",
    version="fink-filters-7.45",
    doc="Symbiotic stars and cataclysmic variables; each has a search radius of its own, "
    "0.5 arcsec.",
    reference=ORIGIN.format("symbiotic_and_cataclysmic"),
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_FILTERS,
            path=f"{FILTERS_DATA}/symbiotic_and_cataclysmic.parquet",
            sha256="d520b6c93ec80a28bfa9c3f6888a407f4fc73a4f2084ce5ac608bcaf069531f8",
        ),
    ),
    position=Position(ra="RA(J2000)", dec="DEC(J2000)", ra_unit="hour", radius="Radius"),
    radius_arcsec=0.5,
    columns=(
        _name("Name", "Name of the star."),
        CatalogueColumn(
            name="class",
            type="string",
            source="source",
            doc="Which of the two: symbiotic_stars, cataclysmic_variables.",
            ucd="meta.code.class",
        ),
    ),
)
