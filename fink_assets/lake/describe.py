"""What Dagster shows of a table: its columns, place and kinds.

The translation of contracts to Dagster's metadata, once for all stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from fink_assets.lake.columns import ColumnContract
from fink_assets.lake.table import Table
from fink_assets.surveys import Survey

OPERATIONS = ["team:operations"]
DELTA = {"deltalake", "spark"}


def nights(survey: Survey) -> dg.DailyPartitionsDefinition:
    """Observing nights of a survey, tonight included."""
    return dg.DailyPartitionsDefinition(
        start_date=survey.first_night, hour_offset=survey.night_offset_hours, end_offset=1
    )


def key(table: Table) -> dg.AssetKey:
    """Asset key of a table."""
    return dg.AssetKey(table.name.split("/"))


def column_schema(columns: Iterable[ColumnContract]) -> dg.TableSchema:
    """Contracts as Dagster shows them."""
    return dg.TableSchema(columns=[_column(c) for c in columns])


def _column(contract: ColumnContract) -> dg.TableColumn:
    tags = {
        name: value for name, value in (("unit", contract.unit), ("ucd", contract.ucd)) if value
    }
    return dg.TableColumn(
        name=contract.name,
        type=contract.type,
        description=contract.doc,
        tags={k: _tag(v) for k, v in tags.items()},
    )


def _tag(value: str) -> str:
    """Tags allow letters, digits and ``_-.`` only."""
    return "".join(c if c.isalnum() or c in "_-." else "_" for c in value)[:63]


def table_spec(
    table: Table,
    survey: Survey | None,
    *,
    stage: str,
    doc: str,
    columns: Sequence[ColumnContract] = (),
    deps: Sequence[dg.AssetKey] = (),
    partitioned: bool = True,
    **more: Any,
) -> dg.AssetSpec:
    """Asset of a Delta table; where it is of no single survey, a tag says what takes its place."""
    return dg.AssetSpec(
        key(table),
        description=doc,
        group_name=stage,
        kinds=DELTA,
        owners=OPERATIONS,
        tags={"survey": survey.name if survey else table.name.partition("/")[0], "stage": stage},
        metadata=_metadata(table, columns),
        deps=list(deps),
        partitions_def=nights(survey) if survey and partitioned else None,
        **more,
    )


def _metadata(table: Table, columns: Sequence[ColumnContract]) -> Mapping[str, Any]:
    return {
        "dagster/uri": table.path,
        "dagster/table_name": table.name.replace("/", "."),
        "dagster/column_schema": column_schema(columns),
    }
