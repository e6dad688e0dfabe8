"""Atomic time against the tables and the arithmetic of astropy."""

import math
import random
from datetime import UTC, datetime, timedelta
from warnings import catch_warnings, simplefilter

import erfa
import pytest
from astropy.time import Time

from fink_assets.astro.time import (
    LAST_MJD,
    TAI_MINUS_UTC,
    time_of_mjd_tai,
    timestamp_of_mjd_tai_sql,
)

MICROSECOND = timedelta(microseconds=1)
random_mjd = random.Random(7)
EPOCHS = [
    60902.993305483615,
    *[random_mjd.uniform(41318, 80000) for _ in range(300)],
    *[start + lead / 86400 + step for start, lead in TAI_MINUS_UTC[1:] for step in (0.001, -0.001)],
]


def by_astropy(mjd):
    with catch_warnings():
        simplefilter("ignore")  # dubious years
        return Time(mjd, format="mjd", scale="tai").utc.to_datetime(timezone=UTC)


def test_the_leap_seconds_are_those_that_erfa_knows():
    """Fails when a leap second is announced: then the table needs a line."""
    table = [row for row in erfa.leap_seconds.get() if row["year"] >= 1972]
    days = [Time(f"{row['year']}-{row['month']:02}-01", scale="utc").mjd for row in table]
    assert [(int(d), int(row["tai_utc"])) for d, row in zip(days, table, strict=True)] == list(
        TAI_MINUS_UTC
    )


@pytest.mark.parametrize("mjd", EPOCHS)
def test_atomic_time_becomes_utc_as_in_astropy(mjd):
    assert abs(time_of_mjd_tai(mjd) - by_astropy(mjd)) <= MICROSECOND


def test_a_time_without_whole_leap_seconds_or_beyond_all_clocks_is_none():
    for mjd in (41317.0, LAST_MJD + 1e-6, 1480360995.0, -1e9, math.nan, math.inf):
        assert time_of_mjd_tai(mjd) is None
    first = time_of_mjd_tai(41317 + 10.5 / 86400)
    assert abs(first - datetime(1972, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)) <= MICROSECOND


def test_the_leap_second_itself_is_the_first_second_of_the_next_day():
    inside = time_of_mjd_tai(57754 + 36.5 / 86400)
    assert abs(inside - datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)) <= MICROSECOND


def test_the_expression_has_every_leap_second():
    assert timestamp_of_mjd_tai_sql("mjd").count("when") == len(TAI_MINUS_UTC)
