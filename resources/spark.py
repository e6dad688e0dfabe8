"""A Spark session for runs: a client of a warm Spark Connect server.

Only the way to a session; what to do with it belongs to the stages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONF = {
    "spark.sql.session.timeZone": "UTC",
    # A cast that does not fit gives null, which no rule passes; it must not end a batch.
    "spark.sql.ansi.enabled": "false",
    # Generated classes have the batch's number and times in them: each batch would make new ones,
    # which Java compiles anew, half of all CPU time.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # Interpreted, it costs more to look each row's common parts up than to compute them again.
    "spark.sql.subexpressionElimination.enabled": "false",
    # Conditions that the optimizer infers double with each field that a projection passes on: of
    # the eighteen cuts of LSST, behind a join, it makes 2^18 and fills the heap.
    "spark.sql.constraintPropagation.enabled": "false",
    # Measurements are all different: to look each up in a dictionary that is thrown away in the
    # end takes a seventh of all CPU time, and saves 3 % of raw's bytes.
    "parquet.enable.dictionary": "false",
    # Alerts are large: bound what one Arrow batch holds.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
    # Images are read into buffers for so many rows, which for thousands of alerts fit no cache.
    "spark.sql.parquet.columnarReaderBatchSize": "64",
    # Write the files of some nights side by side instead of sorting whole packets; each open file
    # costs memory.
    "spark.sql.maxConcurrentOutputFileWriters": "4",
    "spark.databricks.delta.schema.autoMerge.enabled": "true",
    # A vacuum lists a table's folders with so many tasks; by default 10,000, most of them idle.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "8",
    # What a module says again takes the place of what it said before.
    "spark.sql.mapKeyDedupPolicy": "LAST_WIN",
}

# A session that is forgotten ends the threads that all sessions of its process share, be it in the
# midst of another's request: forget none.
_SESSIONS: set[SparkSession] = set()


def connect(remote: str, *, shared: bool = True) -> SparkSession:
    """Connect to a Spark Connect server and set what the stages rely on.

    Parameters
    ----------
    remote : str
        Address, ``sc://host:port``.
    shared : bool
        Give this process's session, made by the first call; otherwise one of its own, whose
        settings nobody else sees.
    """
    from pyspark.sql import SparkSession
    from pyspark.sql.connect.session import SparkSession as ConnectSession

    if shared:
        session = SparkSession.builder.remote(remote).getOrCreate()
    else:
        # The builder would make it everybody's.
        session = ConnectSession(connection=remote)  # type: ignore[assignment]
    _SESSIONS.add(session)
    for name, value in CONF.items():
        session.conf.set(name, value)
    return session
