"""Drift in Dagster: what changed in the packets of a night, and how often their fields are null.

What is compared and counted belongs to `schema_history` and `field_availability`, how it is shown
to `findings`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.lake import contracts
from fink_assets.lake.describe import key, table_spec
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey
from quality.field_availability import LEAST, MOSTLY, RARELY, FieldAvailability
from quality.findings import Finding, of_comparison, of_counts, same_fields, still_there
from quality.schema_history import SchemaHistory

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGE = "quality"
SAME_FIELDS = "fields_are_those_of_the_night_before"
STILL_THERE = "fields_have_values_as_the_night_before"


def specs(survey: Survey, tables: Tables) -> list[dg.AssetSpec]:
    """Assets of drift."""
    history = table_spec(
        tables.schema_history,
        survey,
        stage=STAGE,
        doc="Fields that are new, missing or of another type in a night's packets, by their "
        "writers' schemas, against the nearest earlier night with alerts. A night without changes "
        "has no rows.",
        columns=contracts.SCHEMA_HISTORY,
        deps=[key(tables.raw)],
        skippable=True,
    )
    availability = table_spec(
        tables.field_availability,
        survey,
        stage=STAGE,
        doc="How often each field of a night's packets is null, or NaN.",
        columns=contracts.FIELD_AVAILABILITY,
        deps=[key(tables.raw)],
        skippable=True,
    )
    return [history, availability]


def check_specs(tables: Tables) -> list[dg.AssetCheckSpec]:
    """Warnings of drift; they block nothing."""
    return [
        dg.AssetCheckSpec(
            SAME_FIELDS,
            asset=key(tables.schema_history),
            description="No field is new, missing or of another type since the nearest earlier "
            "night with alerts.",
        ),
        dg.AssetCheckSpec(
            STILL_THERE,
            asset=key(tables.field_availability),
            description=f"No field that lacked less than {RARELY:.0%} of its values in the night "
            f"before lacks more than {MOSTLY:.0%} (null or NaN; with {LEAST} values or more).",
        ),
    ]


def assets(
    survey: Survey, tables: Tables, connect: Callable[[], "SparkSession"]
) -> dg.AssetsDefinition:
    """Make the assets of drift; `connect` gives a session when a run needs it."""

    @dg.multi_asset(
        name=f"{survey.name}_drift",
        specs=specs(survey, tables),
        check_specs=check_specs(tables),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def drift(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Compare the packets of nights, each with the one before, and count their nulls."""
        spark, nights = connect(), context.partition_keys
        if (asset_key := key(tables.schema_history)) in context.selected_asset_keys:
            history = SchemaHistory(survey=survey, tables=tables, spark=spark)
            compared = history.replace(nights)
            for one in compared:
                context.add_asset_metadata(of_comparison(one), asset_key, one.night)
            yield dg.MaterializeResult(asset_key=asset_key)
            yield from _selected(context, asset_key, SAME_FIELDS, same_fields(compared))
        if (asset_key := key(tables.field_availability)) in context.selected_asset_keys:
            availability = FieldAvailability(survey=survey, tables=tables, spark=spark)
            counted = availability.replace(nights)
            for each in counted:
                context.add_asset_metadata(of_counts(each), asset_key, each.night)
            yield dg.MaterializeResult(asset_key=asset_key)
            yield from _selected(context, asset_key, STILL_THERE, still_there(counted))

    return drift


def _selected(
    context: dg.AssetExecutionContext, asset_key: dg.AssetKey, name: str, found: Finding
) -> Iterator[dg.AssetCheckResult]:
    """Result of a check, if the run is asked for it."""
    if dg.AssetCheckKey(asset_key, name) in context.selected_asset_check_keys:
        yield dg.AssetCheckResult(
            passed=found.passed,
            asset_key=asset_key,
            check_name=name,
            severity=dg.AssetCheckSeverity.WARN,
            metadata=found.metadata,
        )
