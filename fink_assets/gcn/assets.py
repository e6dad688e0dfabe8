"""GCN in Dagster: notices that were received, and alerts that match them."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.gcn.messages import in_folder, in_kafka
from fink_assets.lake import contracts
from fink_assets.lake.combined import NOTICES, Combined
from fink_assets.lake.contracts import Tables
from fink_assets.lake.describe import key, shared_spec, table_spec
from fink_assets.settings import Settings
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGE = "combined"


def notices(
    combined: Combined, configuration: Settings, connect: Callable[[], "SparkSession"]
) -> dg.AssetsDefinition:
    """Make the asset of notices; `connect` gives a session when a run needs it."""
    table = combined.notices
    spec = shared_spec(
        table,
        stage=STAGE,
        doc="Notices of GCN, from files and Kafka: each once, unreadable ones with the reason.",
        columns=NOTICES,
    )

    @dg.multi_asset(name="read_gcn_notices", specs=[spec], pool="spark_batch")
    def received(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Add the notices that are not there yet."""
        from fink_assets.gcn.received import Received

        store, counts = Received(table=table), Counter[str]()
        if configuration.gcn_folder:
            counts += store.add(in_folder(Path(configuration.gcn_folder)), connect())
        if configuration.gcn_kafka:
            messages = in_kafka(configuration.gcn_kafka, configuration.gcn_topics, store.offsets())
            counts += store.add(messages, connect())
        if not (configuration.gcn_folder or configuration.gcn_kafka):
            context.log.warning(
                "neither FINK_GCN_FOLDER nor FINK_GCN_KAFKA is set: nothing to read"
            )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": table.count(),
                **{name: counts[name] for name in ("new", "known", "unreadable")},
            }
        )

    return received


def associations(
    survey: Survey, tables: Tables, combined: Combined, connect: Callable[[], "SparkSession"]
) -> dg.AssetsDefinition:
    """Make the asset of a survey's associations; `connect` gives a session when a run needs it."""
    table = tables.gcn_associations
    spec = table_spec(
        table,
        survey,
        stage=STAGE,
        doc="Alerts that match a notice of GCN in time and sky, with the probability that it is by "
        "chance, and bronze, silver or gold. A night is matched with the notices that are there "
        "when it is materialised.",
        columns=contracts.GCN_ASSOCIATIONS,
        deps=[key(tables.science), key(combined.notices)],
    )

    @dg.multi_asset(
        name=f"match_{survey.name}_with_gcn",
        specs=[spec],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def matched(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Match the alerts of nights with the notices, and write the nights anew."""
        from fink_assets.gcn.associations import Associations
        from fink_assets.gcn.received import Received

        store = Received(table=combined.notices)
        one = Associations(survey=survey, tables=tables, received=store, spark=connect())
        found = one.replace(context.partition_keys)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": found.total(),
                **{tier: found[tier] for tier in ("gold", "silver", "bronze", "none")},
            }
        )

    return matched


def job(name: str, asset: dg.AssetsDefinition) -> dg.JobDefinition:
    """Make the job of one of the assets."""
    return dg.define_asset_job(  # type: ignore[return-value]
        name,
        selection=dg.AssetSelection.assets(asset).without_checks(),
        executor_def=dg.in_process_executor,
        description=asset.op.description,
    )
