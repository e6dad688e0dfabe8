"""Decode messages into typed alerts, natively, each with its own writer's schema.

Transforms of data frames. Reading topics belongs to `ingest`, schemas to `writers`, bytes to
`framing`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fink_assets.stream2raw.framing import FRAMINGS, FramingError, fingerprint
from fink_assets.stream2raw.schemas import Schema
from fink_assets.stream2raw.writers import Writer
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

CORRUPT = "the datum does not decode with its writer's schema"

FRAME = "frame struct<fingerprint: string, header: binary, error: string>"


def decoded(
    messages: DataFrame, survey: Survey, writers: Iterable[Writer], reader: Schema
) -> DataFrame:
    """Keep the messages that decode; add `alert`, the packet, and its writer.

    Columns added: ``alert``, the writer's ``fingerprint`` and ``writer_name``.

    Parameters
    ----------
    messages : DataFrame
        With the message in the binary column `value`.
    writers : iterable of Writer
        Those whose messages are decoded.
    reader : Avro schema
        Schema of the raw packet, to which each writer's resolves.
    """
    from pyspark.sql import functions as F

    usable = [w for w in writers if w.schema is not None]
    mine = [F.col("_found.writer") == number for number in range(len(usable))]

    def of_writer(values: Iterable[Column]) -> Column:
        return F.coalesce(*[F.when(m, value) for m, value in zip(mine, values, strict=True)])

    datum = F.col("_found.datum")
    found = messages.withColumn("_found", F.expr(_found("value", survey.framing, usable))).select(
        *messages.columns,
        of_writer(_resolved(datum, w, reader) for w in usable).alias("alert"),
        of_writer(F.lit(w.fingerprint) for w in usable).alias("fingerprint"),
        of_writer(F.lit(w.name) for w in usable).alias("writer_name"),
        # Keeps the optimizer from moving the condition below the decoding, which would then run
        # twice.
        F.monotonically_increasing_id().alias("_row"),
    )
    present = " and ".join(f"alert.{field} is not null" for field in survey.required)
    return found.where(f"{present} and _row >= 0").drop("_row")


def _found(value: str, framing: str, writers: Sequence[Writer]) -> str:
    """Spark SQL expression of the writer of a message, by its place, and of the datum in it."""
    of_writer = " ".join(
        f"when substring(m, 1, {len(w.header)}) = X'{w.header.hex()}' then "
        f"named_struct('writer', {place}, 'datum', {FRAMINGS[framing].datum('m', w.header)})"
        for place, w in enumerate(writers)
    )
    # A column would be copied each time that it is named, 60 kB and more; the variable is not.
    return f"transform(array({value}), m -> case {of_writer} end)[0]"


def _resolved(datum: Column, writer: Writer, reader: Schema) -> Column:
    from pyspark.sql.avro.functions import from_avro

    options = {"mode": "PERMISSIVE", "avroSchema": json.dumps(reader)}
    return from_avro(datum, json.dumps(writer.schema), options)


def framed(messages: DataFrame, survey: Survey) -> DataFrame:
    """Add to messages the header that names their writer's schema, or why there is none.

    Column added: ``frame: struct<fingerprint, header, error>``.
    """
    framing = survey.framing

    def split(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            yield _with_frames(batch, framing)

    columns = ", ".join(f"`{f.name}` {f.dataType.simpleString()}" for f in messages.schema.fields)
    return messages.mapInArrow(split, f"{columns}, {FRAME}")


def _with_frames(batch: pa.RecordBatch, framing: str) -> pa.RecordBatch:
    import pyarrow as pa

    text = pa.string()
    kind = pa.struct([("fingerprint", text), ("header", pa.binary()), ("error", text)])
    values = batch.column(batch.schema.get_field_index("value"))
    frames = pa.array([_frame(value.as_py() or b"", framing) for value in values], kind)
    schema = batch.schema.append(pa.field("frame", kind))
    return pa.RecordBatch.from_arrays([*batch.columns, frames], schema=schema)


def _frame(message: bytes, framing: str) -> tuple[str | None, bytes | None, str | None]:
    try:
        frame = FRAMINGS[framing].split(message)
    except FramingError as problem:
        return None, None, str(problem)
    header = message[: frame.header]
    return fingerprint(header), header, None


def diagnosed(messages: DataFrame, survey: Survey, writers: Iterable[Writer]) -> DataFrame:
    """Add to messages that did not decode why: `error`, and `fingerprint` where there is one."""
    from pyspark.sql import functions as F

    problems = [
        F.when(F.col("frame.fingerprint") == w.fingerprint, w.problem) for w in writers if w.problem
    ]
    error = F.coalesce("frame.error", *problems, F.lit(CORRUPT))
    found = framed(messages, survey).withColumn("error", error)
    return found.withColumn("fingerprint", F.col("frame.fingerprint")).drop("frame")
