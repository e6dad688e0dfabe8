"""Tables of the lake: append once, replace nights, evolve, and read a part."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fink_assets.lake.attempts import insist
from fink_assets.lake.table import Table


@pytest.fixture
def table(lake):
    return Table(name="ztf/things", root=lake, indexed=("batch", "x"))


def frame(spark, *rows, more=""):
    return spark.createDataFrame(rows, f"night: string, batch: bigint, x: int{more}")


def values(table, spark, **part):
    return sorted(row["x"] for row in table.read(spark, **part).select("x").collect())


def test_a_batch_is_appended_exactly_once(table, spark):
    assert not table.exists()
    assert table.committed() == -1
    table.append(frame(spark, ("a", 0, 1), ("b", 0, 2)), batch=0)
    table.append(frame(spark, ("a", 0, 1), ("b", 0, 2)), batch=0)
    table.append(frame(spark, ("a", 1, 3)), batch=1)
    table.append(frame(spark, ("a", 0, 9)), batch=0)
    assert table.committed() == 1
    table.append(frame(spark, ("a", 1, 4)), batch=1, application="late")
    table.append(frame(spark, ("a", 1, 4)), batch=1, application="late")
    assert values(table, spark) == [1, 2, 3, 4]
    assert (table.committed("late"), table.committed()) == (1, 1)


def test_a_batch_that_two_write_at_once_is_there_once(table, spark):
    table.append(frame(spark, ("a", 0, 1)), batch=0)
    twin, together = frame(spark, ("a", 1, 2)), threading.Barrier(4)

    def write():
        together.wait()
        insist(lambda: table.append(twin, batch=1))

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write) for _ in range(4)]:
            done.result()
    assert values(table, spark) == [1, 2]
    assert table.committed() == 1


def test_an_empty_batch_counts_as_done(table, spark):
    table.append(frame(spark, ("a", 0, 1)), batch=0)
    table.append(frame(spark, ("a", 1, 2)).where("false"), batch=1)
    table.append(frame(spark, ("a", 1, 2)), batch=1)
    assert table.committed() == 1
    assert values(table, spark) == [1]


def test_a_part_of_a_table_is_read_by_batch_and_by_night(table, spark):
    table.append(frame(spark, ("a", 0, 1), ("b", 0, 2), ("c", 0, 3)), batch=0)
    table.append(frame(spark, ("b", 1, 4)), batch=1)
    assert values(table, spark, batch=0) == [1, 2, 3]
    assert values(table, spark, nights=["b"]) == [2, 4]
    assert values(table, spark, nights=["a", "b"], batch=0) == [1, 2]


def test_replacing_a_night_leaves_other_nights_and_newer_batches_alone(table, spark):
    table.append(frame(spark, ("a", 0, 1), ("b", 0, 2), ("a", 1, 3), ("a", 2, 4)), batch=2)
    new = frame(spark, ("a", 0, 10), ("a", 1, 30))
    for _ in range(2):
        table.replace(new, nights=["a"], up_to_batch=1)
        assert values(table, spark) == [2, 4, 10, 30]
    with pytest.raises(Exception, match=r"(?i)constraint|replaceWhere"):
        table.replace(frame(spark, ("b", 0, 7)), nights=["a"], up_to_batch=1)
    assert values(table, spark) == [2, 4, 10, 30]
    assert table.committed() == 2


def test_columns_new_to_a_table_are_added_to_it_also_inside_structs(table, spark):
    old = ", s: struct<a: int>"
    new = ", s: struct<a: int, b: string>, y: double"
    table.append(frame(spark, ("a", 0, 1, (5,)), more=old), batch=0)
    table.append(frame(spark, ("a", 1, 2, (6, "six"), 0.5), more=new), batch=1)
    table.append(frame(spark, ("a", 2, 3, (7,)), more=old), batch=2)
    rows = {row["x"]: row for row in table.read(spark).collect()}
    assert [rows[x]["y"] for x in (1, 2, 3)] == [None, 0.5, None]
    assert [tuple(rows[x]["s"]) for x in (1, 2, 3)] == [(5, None), (6, "six"), (7, None)]
    table.replace(frame(spark, ("a", 0, 4, (8,)), more=old), nights=["a"], up_to_batch=2)
    assert [row.asDict()["y"] for row in table.read(spark).collect()] == [None]


def test_a_new_table_has_folders_of_nights_and_what_a_stream_needs(table, spark):
    table.create(frame(spark, ("a", 0, 1)))
    table.create(frame(spark, ("a", 0, 1), more=""))
    assert values(table, spark) == []
    found = table.log().metadata()
    assert found.partition_columns == ["night"]
    assert found.configuration["delta.dataSkippingStatsColumns"] == "batch,x"
    assert found.configuration["delta.checkpointInterval"] == "100"
    flat = Table(name="ztf/flat", root=table.root, partitioned=False)
    flat.append(frame(spark, ("a", 0, 1)), batch=0)
    assert flat.log().metadata().partition_columns == []


def test_rows_are_counted_without_spark_all_or_those_of_some_nights(table, spark):
    assert table.count() == table.count(nights=["a"]) == 0
    table.append(frame(spark, ("a", 0, 1), ("a", 0, 2), ("b", 0, 3)), batch=0)
    assert table.count() == 3
    assert [table.count(nights=nights) for nights in (["a"], ["a", "b"], ["c"])] == [2, 3, 0]
