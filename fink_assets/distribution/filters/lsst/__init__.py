"""Filters of alerts of Rubin's LSST: one file each. The list is explicit, for `grep`."""

from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters.lsst.is_solar_system import is_solar_system
from fink_assets.distribution.filters.lsst.remove_unlikely_transients import (
    remove_unlikely_transients,
)
from fink_assets.distribution.filters.lsst.uniform_sample import uniform_sample

FILTERS: tuple[AlertFilter, ...] = (
    is_solar_system,
    remove_unlikely_transients,
    uniform_sample,
)
