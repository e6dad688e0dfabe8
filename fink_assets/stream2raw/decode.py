"""Decode messages into typed alerts, natively, each with its own writer's schema.

Transforms of data frames. Reading topics belongs to `ingest`, schemas to `writers`, bytes to `framing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fink_assets.stream2raw.framing import FRAMINGS, FramingError, fingerprint
from fink_assets.stream2raw.schemas import Schema
from fink_assets.stream2raw.writers import Writer
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

UNKNOWN_WRITER = "writer's schema is not known"
CORRUPT = "the datum does not decode with its writer's schema"

FRAME = "header: int, begin: int, end: int, fingerprint: string, error: string"


def framed(messages: DataFrame, survey: Survey) -> DataFrame:
    """Add to messages where their parts are, which writer's schema they name, or what is wrong.

    Columns added: ``frame: struct<header, begin, end, fingerprint, error>``; positions count from 0.
    """
    framing = survey.framing

    def split(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _with_frames(batch, framing)

    columns = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in messages.schema.fields)
    return messages.mapInArrow(split, f"{columns}, frame struct<{FRAME}>")


def _with_frames(batch: pa.RecordBatch, framing: str) -> pa.RecordBatch:
    import pyarrow as pa

    kind = pa.struct(
        [
            ("header", pa.int32()),
            ("begin", pa.int32()),
            ("end", pa.int32()),
            ("fingerprint", pa.string()),
            ("error", pa.string()),
        ]
    )
    values = batch.column(batch.schema.get_field_index("value"))
    frames = pa.array([_frame(value.as_py() or b"", framing) for value in values], kind)
    schema = batch.schema.append(pa.field("frame", kind))
    return pa.RecordBatch.from_arrays([*batch.columns, frames], schema=schema)


def _frame(message: bytes, framing: str) -> tuple[object, ...]:
    try:
        frame = FRAMINGS[framing](message)
    except FramingError as problem:
        return None, None, None, None, str(problem)
    return frame.header, frame.begin, frame.end, fingerprint(message[: frame.header]), None


def decoded(
    messages: DataFrame, survey: Survey, writers: Iterable[Writer], reader: Schema
) -> DataFrame:
    """Add `alert`, the packet, and `error`, why there is none, to framed messages.

    Parameters
    ----------
    messages : DataFrame
        Result of `framed`.
    writers : iterable of Writer
        Those that occur in the messages; a message of another gets an error.
    reader : Avro schema
        Schema of the raw packet, to which each writer's resolves.
    """
    from pyspark.sql import functions as F

    writers = list(writers)
    usable = [w for w in writers if w.schema is not None]
    known = [w.fingerprint for w in usable]
    problem = F.coalesce(
        F.col("frame.error"),
        *[F.when(F.col("frame.fingerprint") == w.fingerprint, w.problem) for w in writers if w.problem],
        F.when(~F.col("frame.fingerprint").isin(*known), UNKNOWN_WRITER),
    )
    if not usable:
        return messages.withColumn("error", problem)
    alert = F.coalesce(*[_resolved(w, reader) for w in usable])
    corrupt = F.expr(" or ".join(f"alert.{field} is null" for field in survey.required))
    # A generator is evaluated once; the optimizer would copy a projection into each use of the packet.
    found = messages.select("*", F.explode(F.array(alert)).alias("alert"))
    return found.withColumn("error", F.coalesce(problem, F.when(corrupt, CORRUPT)))


def _resolved(writer: Writer, reader: Schema) -> Column:
    from pyspark.sql import functions as F
    from pyspark.sql.avro.functions import from_avro

    options = {"mode": "PERMISSIVE", "avroSchema": json.dumps(reader)}
    mine = F.col("frame.fingerprint") == writer.fingerprint
    size = F.col("frame.end") - F.col("frame.begin")
    datum = F.substr(F.col("value"), F.col("frame.begin") + 1, size)
    return from_avro(F.when(mine, datum), json.dumps(writer.schema), options)
