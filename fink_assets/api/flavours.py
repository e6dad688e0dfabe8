"""Which endpoints each survey has."""

from fink_assets.api import (
    beyond,
    books,
    lsst,
    metadata,
    random_objects,
    resolver,
    skymap,
    sso_bulk,
    sso_candidates,
    ssoft,
    xmatch,
    ztf,
    ztf_more,
)
from fink_assets.api.endpoints import Endpoint

ENDPOINTS: dict[str, tuple[Endpoint, ...]] = {
    "ztf": (
        *ztf.ENDPOINTS,
        *ztf_more.ENDPOINTS,
        resolver.endpoint("name"),
        *skymap.endpoints(skymap.ztf_skymap),
        ssoft.ENDPOINT,
        sso_bulk.ENDPOINT,
        sso_candidates.ENDPOINT,
        random_objects.endpoint(random_objects.ztf_random),
        xmatch.ENDPOINT,
        metadata.ENDPOINT,
        *beyond.ENDPOINTS,
        *books.ENDPOINTS,
    ),
    "lsst": (
        *lsst.ENDPOINTS,
        resolver.endpoint("name_or_id"),
        *skymap.endpoints(skymap.lsst_skymap),
        ssoft.ENDPOINT,
        sso_bulk.ENDPOINT,
        random_objects.endpoint(random_objects.lsst_random),
        xmatch.ENDPOINT,
        *beyond.ENDPOINTS,
        *books.ENDPOINTS,
    ),
}
