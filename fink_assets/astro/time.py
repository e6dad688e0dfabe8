"""Times and observing nights.

Pure functions on numbers and strings. How a survey finds the time in its packet is in `surveys`.
"""

from datetime import UTC, datetime, timedelta

UNIX_EPOCH_JD = 2440587.5
"""Julian date of 1970-01-01T00:00:00 UTC."""

UNIX_EPOCH_MJD = 40587.0
"""Modified Julian date of 1970-01-01T00:00:00 UTC."""

TAI_MINUS_UTC = (
    *((41317, 10), (41499, 11), (41683, 12), (42048, 13), (42413, 14), (42778, 15), (43144, 16)),
    *((43509, 17), (43874, 18), (44239, 19), (44786, 20), (45151, 21), (45516, 22), (46247, 23)),
    *((47161, 24), (47892, 25), (48257, 26), (48804, 27), (49169, 28), (49534, 29), (50083, 30)),
    *((50630, 31), (51179, 32), (53736, 33), (54832, 34), (56109, 35), (57204, 36), (57754, 37)),
)
"""Seconds by which TAI is ahead of UTC, from 0h UTC of a modified Julian date on (IERS)."""

LAST_MJD = 88069.0
"""2100-01-01, beyond which no clock of a survey is right."""

SECONDS_PER_DAY = 86400.0


def time_of_jd(jd: float) -> datetime:
    """Convert a Julian date (UTC, days) to an aware datetime."""
    return datetime.fromtimestamp(0, UTC) + timedelta(days=jd - UNIX_EPOCH_JD)


def jd_of_time(time: datetime) -> float:
    """Convert an aware datetime to a Julian date (UTC, days)."""
    return UNIX_EPOCH_JD + (time - datetime.fromtimestamp(0, UTC)) / timedelta(days=1)


def night_of_jd(jd: float) -> str:
    """Night of a ZTF exposure: the UTC date of its Julian date, ``YYYY-MM-DD``.

    Palomar's night lies inside one UTC day, so the date names it.
    """
    return time_of_jd(jd).date().isoformat()


def timestamp_of_jd_sql(jd: str) -> str:
    """Spark SQL expression of the timestamp of a Julian date column (UTC, days)."""
    return f"timestamp_micros(bigint(round(({jd} - {UNIX_EPOCH_JD}) * {SECONDS_PER_DAY} * 1e6)))"


def time_of_mjd_tai(mjd: float) -> datetime | None:
    """Convert a modified Julian date (TAI, days) to an aware UTC datetime.

    None before 1972, when UTC had no whole seconds, and after 2100. A leap second itself, which no
    datetime can name, is the first second of the next day.

    Examples
    --------
    >>> time_of_mjd_tai(60000.0)
    datetime.datetime(2023, 2, 24, 23, 59, 23, tzinfo=datetime.timezone.utc)
    """
    passed = [lead for start, lead in TAI_MINUS_UTC if mjd >= start + lead / SECONDS_PER_DAY]
    if not passed or not mjd <= LAST_MJD:
        return None
    micros = round((mjd - UNIX_EPOCH_MJD) * SECONDS_PER_DAY * 1e6) - passed[-1] * 1_000_000
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)


def night_of_mjd_tai(mjd: float) -> str:
    """Night of an LSST exposure: the date 12 hours behind UTC, ``YYYY-MM-DD``.

    A time that is no date is of 1970-01-01.
    """
    time = time_of_mjd_tai(mjd)
    return (time - timedelta(hours=12)).date().isoformat() if time else "1970-01-01"


def timestamp_of_mjd_tai_sql(mjd: str) -> str:
    """Spark SQL expression of the timestamp of a modified Julian date column (TAI, days).

    The same rule as `time_of_mjd_tai`.
    """
    micros = f"bigint(round(({mjd} - {UNIX_EPOCH_MJD}D) * {SECONDS_PER_DAY * 1e6}D))"
    leads = " ".join(
        f"when {mjd} >= {start + lead / SECONDS_PER_DAY!r}D then {lead}000000"
        for start, lead in reversed(TAI_MINUS_UTC)
    )
    usable = f"not isnan({mjd}) and {mjd} <= {LAST_MJD}D"
    return f"if({usable}, timestamp_micros({micros} - case {leads} end), null)"
