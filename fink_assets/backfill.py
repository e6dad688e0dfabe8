"""Compute nights anew from the command line: the job of Dagster's pages, recorded there too.

Which partitions and assets a job run is for; what they do belongs to the stages.
"""

from collections.abc import Sequence

import dagster as dg

from fink_assets.definitions import build_defs
from fink_assets.lake.contracts import Tables
from fink_assets.lake.describe import key
from fink_assets.settings import Settings
from fink_assets.surveys import Survey

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def selected(survey: Survey, tables: Tables, modules: Sequence[str]) -> list[dg.AssetKey] | None:
    """All assets (None), or some modules with the objects that show their values."""
    chosen = [dg.AssetKey([survey.name, "science", name]) for name in modules]
    return [*chosen, key(tables.objects)] if chosen else None


def backfill(
    configuration: Settings,
    instance: dg.DagsterInstance,
    survey: Survey,
    *,
    first: str,
    last: str,
    modules: Sequence[str] = (),
) -> bool:
    """Run the night job in this process for `first` to `last`; return whether it succeeded.

    Raises
    ------
    LookupError
        If there is no such module or no such night.
    """
    job = build_defs(configuration).resolve_job_def(f"{survey.name}_nights")
    partitions = job.partitions_def
    assert partitions is not None
    for night in (first, last):
        if not partitions.has_partition_key(night):
            raise LookupError(f"{night} is not a night of {survey.title}")
    assets = selected(survey, Tables(survey.name, configuration.lake), modules)
    unknown = set(assets or ()) - set(job.asset_layer.executable_asset_keys)
    if unknown:
        raise LookupError(f"no such module: {', '.join(sorted(k.path[-1] for k in unknown))}")
    result = job.execute_in_process(
        instance=instance,
        tags=dict(zip(RANGE, (first, last), strict=True)),
        asset_selection=assets,
        run_config={"loggers": {"console": {"config": {"log_level": "INFO"}}}},
        raise_on_error=False,
    )
    return result.success
