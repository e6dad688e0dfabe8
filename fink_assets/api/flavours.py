"""Which endpoints each survey has."""

from fink_assets.api import beyond, books, lsst, ztf, ztf_more
from fink_assets.api.endpoints import Endpoint

ENDPOINTS: dict[str, tuple[Endpoint, ...]] = {
    "ztf": (*ztf.ENDPOINTS, *ztf_more.ENDPOINTS, *beyond.ENDPOINTS, *books.ENDPOINTS),
    "lsst": (*lsst.ENDPOINTS, *beyond.ENDPOINTS, *books.ENDPOINTS),
}
