"""Counterparts in Dagster."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.lake.combined import COUNTERPARTS, Combined
from fink_assets.lake.describe import key, table_spec
from fink_assets.lake.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGE = "combined"
SURVEYS = ("ztf", "lsst")
JOB = "ztf_lsst_counterparts"


def assets(combined: Combined, connect: Callable[[], "SparkSession"]) -> dg.AssetsDefinition:
    """Make the asset of counterparts; `connect` gives a session when a run needs it."""
    ztf, lsst = (Tables(name, combined.root).objects for name in SURVEYS)
    table = combined.counterparts
    spec = table_spec(
        table,
        None,
        stage=STAGE,
        doc="Objects of ZTF and of LSST within 1.5 arcsec of each other, of which one is the "
        "nearest to the other, as both tables of objects are when it is materialised.",
        columns=COUNTERPARTS,
        deps=[key(ztf), key(lsst)],
    )

    @dg.multi_asset(name="match_ztf_with_lsst", specs=[spec], pool="spark_batch")
    def counterparts(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Find all counterparts of the objects as they are now."""
        from fink_assets.counterparts.pairs import Counterparts

        found = Counterparts(ztf=ztf, lsst=lsst, table=table, spark=connect()).replace()
        return dg.MaterializeResult(metadata={"dagster/row_count": found})

    return counterparts


def job(asset: dg.AssetsDefinition) -> dg.JobDefinition:
    """Make the job of the asset."""
    return dg.define_asset_job(  # type: ignore[return-value]
        JOB,
        selection=dg.AssetSelection.assets(asset).without_checks(),
        executor_def=dg.in_process_executor,
        description=asset.op.description,
    )
