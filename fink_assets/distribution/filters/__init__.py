"""The users' room: a folder per survey, in it one file per alert filter."""

from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters import lsst, ztf

FILTERS: tuple[AlertFilter, ...] = (*ztf.FILTERS, *lsst.FILTERS)
