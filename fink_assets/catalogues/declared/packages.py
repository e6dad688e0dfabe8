"""The packages that catalogues come from, and the terms of what is in them."""

from fink_assets.packages import Package

FINK_SCIENCE = Package(
    name="fink-science",
    version="7.4.0",
    sha256="63d9c98745aff219d1e382552aa215a731b6bdc36d0527c4eeb2e71835bfc781",
    kind="wheel",
)
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
