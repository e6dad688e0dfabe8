"""The users' room: one file per alert filter. The list is explicit, for `grep`."""

from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters.fast_transient_candidates import fast_transient_candidates
from fink_assets.distribution.filters.first_pass_candidates import first_pass_candidates
from fink_assets.distribution.filters.sso_fink_candidates import sso_fink_candidates
from fink_assets.distribution.filters.sso_ztf_candidates import sso_ztf_candidates

FILTERS: tuple[AlertFilter, ...] = (
    fast_transient_candidates,
    first_pass_candidates,
    sso_fink_candidates,
    sso_ztf_candidates,
)
