"""archive in Dagster: light curves, objects and forced photometry."""

from collections.abc import Callable, Sequence

import dagster as dg

from fink_assets.archive.refreshed import Refreshed
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
    return [sources, objects, *_forced(survey, tables)]


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
    return [table]


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
