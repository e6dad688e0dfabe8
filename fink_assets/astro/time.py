"""Times and observing nights.

Pure functions on numbers and strings. How a survey finds the time in its packet is in `surveys`.
"""

from datetime import UTC, datetime, timedelta

UNIX_EPOCH_JD = 2440587.5
"""Julian date of 1970-01-01T00:00:00 UTC."""

SECONDS_PER_DAY = 86400.0


def time_of_jd(jd: float) -> datetime:
    """Convert a Julian date (UTC, days) to an aware datetime."""
    return datetime.fromtimestamp(0, UTC) + timedelta(days=jd - UNIX_EPOCH_JD)


def night_of_jd(jd: float) -> str:
    """Night of a ZTF exposure: the UTC date of its Julian date, ``YYYY-MM-DD``.

    Palomar's night lies inside one UTC day, so the date names it.
    """
    return time_of_jd(jd).date().isoformat()


def timestamp_of_jd_sql(jd: str) -> str:
    """Spark SQL expression of the timestamp of a Julian date column (UTC, days)."""
    return f"timestamp_micros(bigint(round(({jd} - {UNIX_EPOCH_JD}) * {SECONDS_PER_DAY} * 1e6)))"
