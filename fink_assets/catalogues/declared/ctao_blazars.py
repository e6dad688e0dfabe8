"""Blazars that the CTAO wants to hear of, with the fluxes between which they are quiet."""

from fink_assets.catalogues.catalogue import Catalogue, CatalogueColumn, Member
from fink_assets.catalogues.declared.packages import SCIENCE_DATA, UNKNOWN
from fink_assets.packages import FINK_SCIENCE

CTAO_BLAZARS = Catalogue(
    name="ctao_blazars",
    version="ztf-dr22",
    doc="Blazars of 3FHL with their median fluxes in ZTF's DR22 and a threshold of low states. A "
    "list by the name of ZTF's object: it has no positions.",
    reference="fink-science 7.4.0, CTAO_blazars_ztf_dr22",
    licence=UNKNOWN,
    files=(
        Member(
            package=FINK_SCIENCE,
            path=f"{SCIENCE_DATA}/CTAO_blazars_ztf_dr22.parquet",
            sha256="569b046530efaa548db8403279712481d1424b1fe23eb0f97469df20a6ef6155",
        ),
    ),
    columns=(
        CatalogueColumn(
            name="source_name",
            type="string",
            source="3FGL Name",
            doc="Name of the gamma-ray source.",
            ucd="meta.id",
        ),
        CatalogueColumn(
            name="object_id",
            type="string",
            source="ZTF Name",
            doc="Name of ZTF's object, null where it has none.",
            ucd="meta.id.cross",
        ),
        CatalogueColumn(
            name="medians",
            type="array<double>",
            source="Array of Medians",
            doc="Median standardised flux in g and in r; NaN where it was not measured.",
            unit="mJy",
            ucd="phot.flux;stat.median",
        ),
        CatalogueColumn(
            name="redshift",
            type="double",
            source="Redshift",
            doc="Redshift of the blazar.",
            ucd="src.redshift",
        ),
        CatalogueColumn(
            name="low_threshold",
            type="double",
            source="Final Threshold",
            doc="Flux over its median below which the blazar is in a low state.",
        ),
    ),
)
