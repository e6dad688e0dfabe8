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
from fink_assets.stream2raw.framing import FRAMINGS
from fink_assets.stream2raw.schemas import (
    IncompatibleSchemaError,
    Schema,
    lacking,
    merged,
    named,
    nullable,
)
from fink_assets.surveys import Survey

RESERVED = {contract.name for contract in RAW} | {"_kafka", "_fingerprint"}


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A writer's schema: how to resolve it, or the problem why it cannot be."""

    fingerprint: str
    header: bytes
    schema: Schema | None
    problem: str | None = None


@dataclass(frozen=True)
class Writers:
    """All writers' schemas of one survey, in the order in which they were first seen."""

    survey: Survey
    table: Table

    def known(self) -> dict[str, Writer]:
        """Writers by fingerprint."""
        from deltalake import DeltaTable

        if not self.table.exists():
            return {}
        rows = DeltaTable(self.table.path).to_pyarrow_table().to_pylist()
        rows.sort(key=lambda row: (row["batch"], row["fingerprint"]))
        return {
            row["fingerprint"]: Writer(
                fingerprint=row["fingerprint"],
                header=row["header"],
                schema=json.loads(row["schema"]) if row["schema"] else None,
                problem=row["problem"],
            )
            for row in rows
        }

    def learn(self, headers: Mapping[str, bytes], *, batch: int) -> dict[str, Writer]:
        """Add the writers not seen before, and return all.

        Parameters
        ----------
        headers : mapping of str to bytes
            What each fingerprint stands for, as sent.
        batch : int
            Batch that brought them.
        """
        writers = self.known()
        new: list[Writer] = []
        for fingerprint in sorted(set(headers) - set(writers)):
            reader = self.reader({**writers, **{w.fingerprint: w for w in new}})
            new.append(self._examine(fingerprint, headers[fingerprint], reader))
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
            schema = named(FRAMINGS[self.survey.framing].schema(header))
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
        return Writer(fingerprint=fingerprint, header=header, schema=schema)

    def _write(self, new: list[Writer], batch: int) -> None:
        import pyarrow as pa
        from deltalake import write_deltalake

        rows: list[dict[str, Any]] = [
            {
                "fingerprint": writer.fingerprint,
                "header": writer.header,
                "schema": json.dumps(writer.schema) if writer.schema else None,
                "problem": writer.problem,
                "batch": batch,
            }
            for writer in new
        ]
        text = [(name, pa.string()) for name in ("fingerprint", "schema", "problem")]
        schema = pa.schema([*text, ("header", pa.binary()), ("batch", pa.int64())])
        write_deltalake(self.table.path, pa.Table.from_pylist(rows, schema=schema), mode="append")
