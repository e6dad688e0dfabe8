"""What sessions of one process have to do with each other: nothing."""

import gc

from pyspark.sql.connect.client.reattach import ExecutePlanResponseReattachableIterator

from resources.spark import connect


def test_a_forgotten_session_ends_no_request_of_another(spark, runtime_settings):
    spark.sql("SELECT 1").collect()
    shared = ExecutePlanResponseReattachableIterator._get_or_create_release_thread_pool()
    connect(runtime_settings.spark_address, shared=False)
    gc.collect()
    assert shared.submit(int).result() == 0
