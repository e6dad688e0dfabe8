"""Which endpoints each survey has."""

from fink_assets.api import (
    beyond,
    books,
    lsst,
    metadata,
    random_objects,
    resolver,
    skymap,
    sso,
    sso_bulk,
    sso_candidates,
    ssoft,
    xmatch,
    ztf,
    ztf_more,
)
from fink_assets.api.endpoints import Endpoint
from fink_assets.api.remote import NOBODY, Remote


def endpoints(survey: str, remote: Remote = NOBODY) -> tuple[Endpoint, ...]:
    """Endpoints of a survey, which may ask some services."""
    return {"ztf": _ztf, "lsst": _lsst}[survey](remote)


def _ztf(remote: Remote) -> tuple[Endpoint, ...]:
    return (
        *ztf.ENDPOINTS,
        *ztf_more.ENDPOINTS,
        sso.endpoint("ztf", remote),
        resolver.endpoint("name", remote),
        *skymap.endpoints(skymap.ztf_skymap),
        ssoft.ENDPOINT,
        sso_bulk.ENDPOINT,
        sso_candidates.ENDPOINT,
        random_objects.endpoint(random_objects.ztf_random),
        xmatch.ENDPOINT,
        metadata.ENDPOINT,
        *beyond.ENDPOINTS,
        *books.ENDPOINTS,
    )


def _lsst(remote: Remote) -> tuple[Endpoint, ...]:
    return (
        *lsst.ENDPOINTS,
        sso.endpoint("lsst", remote),
        resolver.endpoint("name_or_id", remote),
        *skymap.endpoints(skymap.lsst_skymap),
        ssoft.ENDPOINT,
        sso_bulk.ENDPOINT,
        random_objects.endpoint(random_objects.lsst_random),
        xmatch.ENDPOINT,
        *beyond.ENDPOINTS,
        *books.ENDPOINTS,
    )


ENDPOINTS = {survey: endpoints(survey) for survey in ("ztf", "lsst")}
"""Of servers that ask nobody."""
