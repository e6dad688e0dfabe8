"""Filters of ZTF's alerts: one file each. The list is explicit, for `grep`."""

from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters.ztf.fast_transient_candidates import (
    fast_transient_candidates,
)
from fink_assets.distribution.filters.ztf.first_pass_candidates import first_pass_candidates
from fink_assets.distribution.filters.ztf.sso_fink_candidates import sso_fink_candidates
from fink_assets.distribution.filters.ztf.sso_ztf_candidates import sso_ztf_candidates

FILTERS: tuple[AlertFilter, ...] = (
    fast_transient_candidates,
    first_pass_candidates,
    sso_fink_candidates,
    sso_ztf_candidates,
)
