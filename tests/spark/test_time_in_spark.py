"""Spark converts atomic time as Python does, at every leap second and where there is no time."""

import math

import pandas as pd

from fink_assets.astro.time import (
    LAST_MJD,
    TAI_MINUS_UTC,
    time_of_mjd_tai,
    timestamp_of_mjd_tai_sql,
)

STEPS = (-0.5, -1e-6, 0.0, 1e-6, 0.5)
EDGES = [start + (lead + step) / 86400 for start, lead in TAI_MINUS_UTC for step in STEPS]
ODD = [60902.993305483615, 1480360995.0, -1e9, 1e300, LAST_MJD, math.nan, math.inf, -math.inf, None]


def test_spark_and_python_agree(spark):
    values = [*EDGES, *ODD]
    frame = spark.createDataFrame([(n, v) for n, v in enumerate(values)], "n int, mjd double")
    micros = f"unix_micros({timestamp_of_mjd_tai_sql('mjd')}) as micros"
    found = {row["n"]: row["micros"] for row in frame.selectExpr("n", micros).collect()}
    for n, value in enumerate(values):
        expected = None if value is None else time_of_mjd_tai(value)
        if expected is None:
            assert found[n] is None, value
        else:
            assert abs(found[n] - pd.Timestamp(expected).value // 1000) <= 1, value
