"""archive in Dagster: light curves, objects, what look-ups read, and forced photometry."""

from collections.abc import Callable, Sequence

import dagster as dg

from fink_assets.archive.bodies import BodyAlerts
from fink_assets.archive.refreshed import Refreshed
from fink_assets.archive.statistics import Statistics
from fink_assets.lake import contracts
from fink_assets.lake.describe import key, table_spec
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys import Survey

STAGE = "archive"


def specs(survey: Survey, tables: Tables, modules: Sequence[ScienceModule]) -> list[dg.AssetSpec]:
    """Assets of the stage."""
    science = key(tables.science)
    sources = table_spec(
        tables.sources,
        survey,
        stage=STAGE,
        doc="Light curves: one row per alert of an object.",
        columns=contracts.sources(survey),
        deps=[science],
        skippable=True,
    )
    objects = table_spec(
        tables.objects,
        survey,
        stage=STAGE,
        doc="The latest state of each object. A night's partition: objects seen that night.",
        columns=contracts.OBJECTS,
        deps=[science, *[dg.AssetKey([survey.name, "science", m.name]) for m in modules]],
        skippable=True,
    )
    looked = [
        table_spec(
            table,
            survey,
            stage=STAGE,
            doc=doc,
            columns=columns,
            deps=[key(source)],
            skippable=True,
        )
        for table, source, doc, columns in (
            (
                tables.alerts,
                tables.science,
                "All that is known of each alert that passed, sorted by object for look-ups.",
                contracts.ALERTS,
            ),
            (
                tables.classes,
                tables.science,
                "Labels of alerts, sorted by label and time: one row per alert and label.",
                contracts.CLASSES,
            ),
            (
                tables.received,
                tables.raw,
                "Where and when each alert came that was judged, sorted by object for look-ups.",
                contracts.RECEIVED,
            ),
        )
    ]
    return [sources, objects, *looked, *_past(survey, tables), *_forced(survey, tables)]


def _past(survey: Survey, tables: Tables) -> list[dg.AssetSpec]:
    if survey.past is None:
        return []
    table = table_spec(
        tables.history,
        survey,
        stage=STAGE,
        doc=f"Upper limits and detections of bad quality in `{survey.past.array}` of an object's "
        "alerts, each once. A night's partition: what the alerts of that night tell, of earlier "
        "nights for the most part.",
        columns=contracts.HISTORY,
        deps=[key(tables.raw), key(tables.science)],
        skippable=True,
    )
    return [table]


def _forced(survey: Survey, tables: Tables) -> list[dg.AssetSpec]:
    if survey.forced is None:
        return []
    table = table_spec(
        tables.forced_photometry,
        survey,
        stage=STAGE,
        doc=f"Forced photometry: each element of `{survey.forced.array}` of an object's alerts, "
        "once. A night's partition: what the alerts of that night bring, of earlier nights for the "
        "most part. Rows stay when their alert is judged otherwise later.",
        columns=contracts.FORCED_PHOTOMETRY,
        deps=[key(tables.raw), key(tables.science)],
        skippable=True,
    )
    curves = table_spec(
        tables.forced_light_curves,
        survey,
        stage=STAGE,
        doc="Forced photometry again, sorted by object for look-ups. A night's partition: what the "
        "alerts of that night bring.",
        columns=contracts.FORCED_LIGHT_CURVES,
        deps=[key(tables.forced_photometry)],
        skippable=True,
    )
    return [table, curves]


def assets(
    survey: Survey,
    tables: Tables,
    modules: Sequence[ScienceModule],
    stage: Callable[[], Sequence[Refreshed]],
) -> dg.AssetsDefinition:
    """Make the stage's assets; `stage` connects to Spark when a run needs it."""

    @dg.multi_asset(
        name=f"{survey.name}_archive",
        specs=specs(survey, tables, modules),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def archive(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Write the light curves of nights anew, and what the alerts of nights tell of objects."""
        selected = list(context.partition_keys)
        for each in stage():
            if key(each.table) in context.selected_asset_keys:
                each.rebuild(selected)
                rows = each.reported(selected)
                yield dg.MaterializeResult(
                    asset_key=key(each.table), metadata={"dagster/row_count": rows}
                )

    return archive


def statistics(survey: Survey, tables: Tables) -> dg.AssetsDefinition:
    """Make the asset of the numbers of nights; it needs no Spark."""
    counted = (tables.raw, tables.quarantine, tables.science, tables.sources, tables.deliveries)
    spec = table_spec(
        tables.statistics,
        survey,
        stage=STAGE,
        doc="Numbers of each night: alerts received, passed, by band, label, filter and failed "
        "cut, objects and exposures.",
        columns=contracts.STATISTICS,
        deps=[key(table) for table in counted],
    )

    @dg.multi_asset(
        name=f"{survey.name}_statistics",
        specs=[spec],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def numbers(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """Count the alerts of nights anew."""
        rows = Statistics(survey=survey, tables=tables).replace(list(context.partition_keys))
        for night, row in rows.items():
            shown = {name: row[name] for name in ("received", "passed", "quarantined", "objects")}
            context.add_asset_metadata(shown, spec.key, night)
        return dg.MaterializeResult(metadata={"dagster/row_count": len(rows)})

    return numbers


def body_alerts(survey: Survey, tables: Tables) -> dg.AssetsDefinition:
    """Make the asset of the alerts of known bodies; it needs no Spark."""
    spec = table_spec(
        tables.body_alerts,
        survey,
        stage=STAGE,
        doc="All that is known of each alert of a known Solar System body, sorted by body for "
        "look-ups, after a night.",
        columns=contracts.BODY_ALERTS,
        deps=[key(tables.science), key(tables.solar_system)],
    )

    @dg.multi_asset(
        name=f"{survey.name}_body_alerts",
        specs=[spec],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def alerts(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """Write the alerts of bodies of nights anew."""
        rows = BodyAlerts(tables=tables).replace(list(context.partition_keys))
        for night, number in rows.items():
            context.add_asset_metadata({"rows": number}, spec.key, night)
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values())})

    return alerts
