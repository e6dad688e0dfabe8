"""Times of surveys, in days on their own scales, and of notices: modified Julian dates in UTC."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fink_assets.astro.time import SECONDS_PER_DAY, TAI_MINUS_UTC, UNIX_EPOCH_JD, UNIX_EPOCH_MJD


def _tai(mjd: float) -> float:
    """Days by which TAI is ahead of UTC."""
    return [lead for begin, lead in TAI_MINUS_UTC if mjd >= begin][-1] / SECONDS_PER_DAY


_AHEAD: Mapping[str, Callable[[float], float]] = MappingProxyType(
    {"ztf": lambda mjd: UNIX_EPOCH_JD - UNIX_EPOCH_MJD, "lsst": _tai}
)
"""Days by which a survey's scale is ahead, by its name: Julian dates, and MJD in TAI."""


def mjd_of(time: float, survey: str) -> float:
    """Modified Julian date (UTC) of a time on a survey's scale."""
    return time - _AHEAD[survey](time)


def time_on(mjd: float, survey: str) -> float:
    """Time on a survey's scale of a modified Julian date (UTC)."""
    return mjd + _AHEAD[survey](mjd)
