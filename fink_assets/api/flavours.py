"""Which endpoints each survey has."""

from fink_assets.api import beyond, books, lsst, resolver, ztf, ztf_more
from fink_assets.api.endpoints import Endpoint

ENDPOINTS: dict[str, tuple[Endpoint, ...]] = {
    "ztf": (
        *ztf.ENDPOINTS,
        *ztf_more.ENDPOINTS,
        resolver.endpoint("name"),
        *beyond.ENDPOINTS,
        *books.ENDPOINTS,
    ),
    "lsst": (*lsst.ENDPOINTS, resolver.endpoint("name_or_id"), *beyond.ENDPOINTS, *books.ENDPOINTS),
}
