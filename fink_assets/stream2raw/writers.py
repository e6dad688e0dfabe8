"""The writers' schemas a survey has used: learnt once, kept, and merged to what raw holds.

Reads and writes the `writers` table without Spark. How schemas resolve belongs to `schemas`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

from fink_assets.lake.contracts import RAW
from fink_assets.lake.table import Table
from fink_assets.stream2raw.framing import FRAMINGS, no_schemas
from fink_assets.stream2raw.schemas import (
    IncompatibleSchemaError,
    Schema,
    full_name,
    lacking,
    merged,
    named,
    nullable,
)
from fink_assets.surveys import Survey
from fink_assets.surveys.base import Schemas

RESERVED = {contract.name for contract in RAW} | {"_kafka", "_fingerprint", "_writer_name"}


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A writer's schema and its record's name, or the problem why it cannot be resolved."""

    fingerprint: str
    header: bytes
    schema: Schema | None
    name: str | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Writers:
    """All writers' schemas of one survey, in the order in which they were learnt.

    `schemas` gives the schema of an id, instead of the survey's own source.
    """

    survey: Survey
    table: Table
    schemas: Schemas | None = None

    def known(self, *, up_to: int | None = None) -> dict[str, Writer]:
        """Writers by fingerprint.

        Parameters
        ----------
        up_to : int, optional
            As they were known when this batch was archived, so that repeating it repeats what
            became of it.
        """
        log = self.table.log()
        if log is None:
            return {}
        rows = log.to_pyarrow_table().to_pylist()
        rows.sort(key=lambda row: (row["batch"], row["fingerprint"]))
        # The last verdict on a writer counts; a batch repeated by two at once may write it twice.
        return {
            row["fingerprint"]: _writer(row)
            for row in rows
            if up_to is None or row["batch"] <= up_to
        }

    def learn(self, headers: Mapping[str, bytes], *, batch: int) -> dict[str, Writer]:
        """Add the writers not seen before, and return all.

        A writer whose schema could not be used when an earlier batch brought it is examined again:
        its id may be known by now.

        Parameters
        ----------
        headers : mapping of str to bytes
            What each fingerprint stands for, as sent.
        batch : int
            Batch that brought them.
        """
        writers = self.known(up_to=batch)
        usable = {fingerprint for fingerprint, writer in writers.items() if writer.schema}
        new: list[Writer] = []
        for fingerprint in sorted(set(headers) - usable):
            reader = self.reader({**writers, **{w.fingerprint: w for w in new}})
            found = self._examine(fingerprint, headers[fingerprint], reader)
            if found != writers.get(fingerprint):
                new.append(found)
        if new:
            self._write(new, batch)
        return {**writers, **{w.fingerprint: w for w in new}}

    def reader(self, writers: Mapping[str, Writer]) -> Schema:
        """Schema of a raw packet: the newest known one and every field a writer added."""
        baseline = nullable(named(self.survey.avro_schema))
        usable = [w.schema for w in writers.values() if w.schema is not None]
        return reduce(merged, usable, baseline)

    def _examine(self, fingerprint: str, header: bytes, reader: Schema) -> Writer:
        try:
            sent = FRAMINGS[self.survey.framing].schema(header, self._schemas)
            schema = named(sent)
            absent = lacking(schema, self.survey.required)
            if absent:
                raise IncompatibleSchemaError(
                    f"not an alert of {self.survey.title}: no field {', '.join(absent)}"
                )
            taken = RESERVED & {field["name"].lower() for field in schema["fields"]}
            if taken:
                raise IncompatibleSchemaError(f"{', '.join(sorted(taken))}: a column of raw itself")
            merged(reader, schema)
        except (ValueError, KeyError, TypeError, RecursionError) as problem:
            reason = f"writer's schema: {problem}"
            return Writer(fingerprint=fingerprint, header=header, schema=None, problem=reason)
        return Writer(fingerprint=fingerprint, header=header, schema=schema, name=full_name(sent))

    @property
    def _schemas(self) -> Schemas:
        return self.schemas or self.survey.schemas or no_schemas

    def _write(self, new: list[Writer], batch: int) -> None:
        import pyarrow as pa
        from deltalake import write_deltalake

        rows: list[dict[str, Any]] = [
            {
                "fingerprint": writer.fingerprint,
                "header": writer.header,
                "schema": json.dumps(writer.schema) if writer.schema else None,
                "name": writer.name,
                "problem": writer.problem,
                "batch": batch,
            }
            for writer in new
        ]
        text = [(name, pa.string()) for name in ("fingerprint", "schema", "name", "problem")]
        schema = pa.schema([*text, ("header", pa.binary()), ("batch", pa.int64())])
        found = pa.Table.from_pylist(rows, schema=schema)
        # A lake may be older than one of the columns.
        write_deltalake(self.table.path, found, mode="append", schema_mode="merge")


def _writer(row: Mapping[str, Any]) -> Writer:
    return Writer(
        fingerprint=row["fingerprint"],
        header=row["header"],
        schema=json.loads(row["schema"]) if row["schema"] else None,
        name=row.get("name"),
        problem=row["problem"],
    )
