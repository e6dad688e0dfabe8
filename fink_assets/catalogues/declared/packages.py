"""The packages that catalogues come from, and the terms of what is in them."""

from fink_assets.packages import Package

FINK_FILTERS = Package(
    name="fink-filters",
    version="7.45",
    sha256="608274c0a7811e716ad148c68cc0447768b19e5e4114875cbd4758306bfa1619",
    kind="wheel",
)
SCIENCE_DATA = "fink_science/data/catalogs"
FILTERS_DATA = "fink_filters/data"

LICENCE = "Apache-2.0, that of the package; the authors' own terms: {}"
UNKNOWN = LICENCE.format("none stated; cite them")
