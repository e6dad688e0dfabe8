"""raw2science in Dagster: quarantine, science, and an asset per science module.

A backfill of nights runs here; the streaming run materialises the same assets as alerts arrive.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import dagster as dg

from fink_assets.lake import contracts
from fink_assets.lake.describe import column_schema, key, nights, table_spec
from fink_assets.lake.table import of_nights
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.backfill import replace_modules, replace_nights
from fink_assets.raw2science.enrich import Enrich, statuses
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.order import ordered
from fink_assets.surveys import Survey

STAGE = "raw2science"


def module_key(module: ScienceModule) -> dg.AssetKey:
    """Asset key of a module."""
    return dg.AssetKey([module.survey, "science", module.name])


def models(survey: Survey, modules: Sequence[ScienceModule]) -> list[dg.AssetSpec]:
    """Trained models that modules need: made elsewhere, as they are."""
    read = [model for module in modules for model in module.models]
    return [_model_spec(survey, model) for model in {model.name: model for model in read}.values()]


def _model_spec(survey: Survey, model: Model) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(model.key),
        description=model.doc,
        group_name="models",
        kinds={"numpy"},
        owners=list(model.owners),
        tags={"survey": survey.name, "stage": STAGE, "model_version": model.version},
        code_version=model.sha256,
        metadata={
            "file": model.file,
            "sha256": model.sha256,
            "bytes": model.size,
            "licence": model.licence,
            "package": model.package.requirement,
            "sources": dg.MetadataValue.json(dict(model.sources)),
            "features": dg.MetadataValue.json(list(model.features)),
            "origin": dg.MetadataValue.url(model.origin),
        },
    )


def specs(survey: Survey, tables: Tables, modules: Sequence[ScienceModule]) -> list[dg.AssetSpec]:
    """Assets of the stage."""
    cuts = "\n".join(f"- `{r.name}`: `{r.column} {r.bound}`. {r.why}" for r in survey.cuts)
    quarantine = table_spec(
        tables.quarantine,
        survey,
        stage=STAGE,
        doc=f"Alerts that fail a quality cut, with rule, value and threshold.\n\n{cuts}",
        columns=contracts.QUARANTINE,
        deps=[key(tables.raw)],
        skippable=True,
    )
    science = table_spec(
        tables.science,
        survey,
        stage=STAGE,
        doc="Alerts that pass the cuts, each once, with what the science modules add.",
        columns=contracts.SCIENCE,
        deps=[key(tables.raw)],
        skippable=True,
    )
    return [quarantine, science, *[_module_spec(survey, tables, m) for m in modules]]


def _module_spec(survey: Survey, tables: Tables, module: ScienceModule) -> dg.AssetSpec:
    sources = [dg.TableColumnDep(key(tables.raw), path) for path in module.inputs]
    lineage = {column.name: sources for column in module.outputs}
    needed = [dg.AssetKey([survey.name, "science", need]) for need in module.runs_after]
    return dg.AssetSpec(
        module_key(module),
        description=module.doc,
        group_name="science_modules",
        kinds={"python" if module.function else "spark"},
        owners=list(module.owners),
        tags={"survey": survey.name, "stage": STAGE, "module_version": module.version},
        code_version=module.code_version,
        metadata={
            "dagster/column_schema": column_schema(module.outputs),
            "dagster/column_lineage": dg.TableColumnLineage(lineage),
            "applies to alerts with": dg.MetadataValue.text(module.applies),
            "CPU budget": _budget(module),
        },
        deps=[
            *(key(tables.science), *needed),
            *[dg.AssetKey(each.key) for each in module.reads],
        ],
        partitions_def=nights(survey),
        skippable=True,
    )


def _budget(module: ScienceModule) -> str:
    if module.function is None:
        return "computed by Spark, not measured apart"
    return f"{module.budget_ms:g} ms per alert, measured each night"


def assets(
    survey: Survey,
    tables: Tables,
    modules: Sequence[ScienceModule],
    stage: Callable[[], Enrich],
) -> dg.AssetsDefinition:
    """Make the stage's assets; `stage` connects to Spark when a run needs it."""

    @dg.multi_asset(
        name=f"{survey.name}_raw2science",
        specs=specs(survey, tables, modules),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def raw2science(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Judge and enrich nights of raw again, or run only the chosen modules again."""
        chosen = [m for m in modules if module_key(m) in context.selected_asset_keys]
        run, selected = stage(), list(context.partition_keys)
        if {key(tables.science), key(tables.quarantine)} & context.selected_asset_keys:
            replace_nights(run, selected)
        else:
            replace_modules(run, chosen, selected)
        for asset_key, metadata in _numbers(run, tables, selected, modules).items():
            if asset_key in context.selected_asset_keys:
                yield dg.MaterializeResult(asset_key=asset_key, metadata=metadata)

    return raw2science


def _numbers(
    run: Enrich, tables: Tables, selected: Sequence[str], modules: Sequence[ScienceModule]
) -> dict[dg.AssetKey, dict[str, int]]:
    """Row counts of some nights, and each module's statuses."""
    counts: Counter[str] = Counter()
    for found in statuses(tables, modules, of_nights(selected)).values():
        counts.update(found)
    numbers = {
        key(table): {"dagster/row_count": table.count(nights=selected)}
        for table in (tables.science, tables.quarantine)
    }
    # Dagster wants an asset after those that it depends on.
    return numbers | {module_key(m): module_numbers(m, counts) for m in ordered(modules)}


def module_numbers(module: ScienceModule, counts: Mapping[str, int]) -> dict[str, int]:
    """A module's statuses out of a receipt's counts; rows are the alerts it gave values."""
    start = f"module:{module.name}:"
    found = {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}
    return {"dagster/row_count": found.get("ok", 0)} | found
