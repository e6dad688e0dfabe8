"""What older packets name otherwise is read under the newest name, in Spark."""

import pytest

from fink_assets.raw2science.renames import renamed
from fink_assets.surveys.lsst import LSST

NAME = "packed_primary_provisional_designation"
ORBIT = f"mpc_orbits struct<{NAME}: string, e: double, yarkovsky: double>"
OLD_ORBIT = "MPCORB struct<mpcDesignation: string, e: double>"
OLD_BODY = "eclipticLambda: double, heliocentricX: float, residualRa: double"
NEW_BODY = "eclLambda: double, helio_x: float, ephOffsetRa: double"

V9 = (1, None, ("K13L24L", 0.5), (7, 120.5, 2.5, 1e-5, None, None, None))
V11 = (2, ("K13L24M", 0.25, 3.0), None, (8, None, None, None, 60.5, 1.5, 0.125))
STATIC = (3, None, None, None)
# A packet that states both: what it calls by the newest name counts.
BOTH = (4, ("new", 0.1, None), ("old", 0.9), (9, 1.0, 1.0, None, 2.0, 2.0, None))


@pytest.fixture(scope="module")
def science(spark):
    body = f"ssSource struct<ssObjectId: bigint, {OLD_BODY}, {NEW_BODY}>"
    schema = f"n int, {ORBIT}, {OLD_ORBIT}, {body}"
    alerts = spark.createDataFrame([V9, V11, STATIC, BOTH], schema)
    return {row["n"]: row.asDict(recursive=True) for row in renamed(alerts, LSST).collect()}


def test_fields_of_a_renamed_struct_are_read_from_the_older_one(science):
    assert science[1]["mpc_orbits"] == {NAME: "K13L24L", "e": 0.5, "yarkovsky": None}


def test_renamed_fields_of_a_struct_are_read_under_the_newest_name_alone(science):
    body = {"ssObjectId": 7, "eclLambda": 120.5, "helio_x": 2.5}
    # The residual of older packets is in another unit, and stays under the name that says so.
    assert science[1]["ssSource"] == body | {"residualRa": 1e-5, "ephOffsetRa": None}


def test_the_newest_packet_is_read_as_it_was_sent(science):
    assert science[2]["mpc_orbits"]["e"] == 0.25
    assert science[2]["mpc_orbits"]["yarkovsky"] == 3.0
    body = {"ssObjectId": 8, "eclLambda": 60.5, "helio_x": 1.5}
    assert science[2]["ssSource"] == body | {"residualRa": None, "ephOffsetRa": 0.125}


def test_what_a_packet_does_not_have_stays_null(science):
    assert science[3]["mpc_orbits"] is None
    assert science[3]["ssSource"] is None


def test_of_two_names_in_one_packet_the_newest_counts(science):
    assert science[4]["mpc_orbits"][NAME] == "new"
    assert science[4]["ssSource"]["eclLambda"] == 2.0


def test_a_stream_of_newest_packets_is_left_as_it_is(spark):
    schema = "n int, ssSource struct<ssObjectId: bigint, eclLambda: double>"
    alerts = spark.createDataFrame([(1, (8, 60.5))], schema)
    assert renamed(alerts, LSST).collect() == alerts.collect()
