"""Dates of searches as LSST's columns have them: modified Julian dates in TAI."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from fink_assets.api import lsst_columns, sql
from fink_assets.api.endpoints import Values
from fink_assets.api.errors import RequestError


def first_detected(values: Values, fields: Mapping[str, str]) -> list[str]:
    """Conditions on the first detection of an object.

    Raises
    ------
    RequestError
        Columns are named without that date, which the reference needs among them.
    """
    start, stop = values["startdate"], values["stopdate"]
    if start is None and stop is None:
        return []
    if values["columns"] and "f:firstDiaSourceMjdTaiFink" not in values["columns"]:
        told = "`columns` must have f:firstDiaSourceMjdTaiFink where dates are given.\n"
        raise RequestError(told)
    if values["window"] is not None and start is not None:
        stop = start + timedelta(days=values["window"])
    if lsst_columns.FIRST not in fields:
        return []
    first = sql.field(lsst_columns.FIRST)
    bounds = ((">=", start), ("<=", stop))
    return [f"{first} {sign} {sql.number(mjd_tai(t))}" for sign, t in bounds if t is not None]


def mjd_tai(moment: datetime) -> float:
    """Convert a time (UTC) to a modified Julian date (TAI, days)."""
    from fink_assets.astro.time import TAI_MINUS_UTC, UNIX_EPOCH_MJD

    mjd = moment.timestamp() / 86400 + UNIX_EPOCH_MJD
    lead = max((lead for since, lead in TAI_MINUS_UTC if mjd >= since), default=0)
    return mjd + lead / 86400
