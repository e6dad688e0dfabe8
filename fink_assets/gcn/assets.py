"""GCN in Dagster: notices that were received, and alerts that match them."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from fink_assets.gcn.access import AccessError, access
from fink_assets.gcn.messages import in_folder, in_kafka
from fink_assets.gcn.topics import DOCS, VERSION, topic
from fink_assets.lake import contracts
from fink_assets.lake.combined import NOTICES, Combined
from fink_assets.lake.describe import OPERATIONS, key, table_spec
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGE = "combined"
READ = "read_gcn_notices"
BOOKS = "associations_with_a_tier_were_sent"
FOLDER, KAFKA = "folder", "kafka"


class NoticesConfig(dg.Config):
    """Where a run reads notices; all places that are set unless somebody says otherwise."""

    sources: list[str] = Field(default=[FOLDER, KAFKA], description="`folder`, `kafka` or both")


def notices(
    combined: Combined, configuration: Settings, connect: Callable[[], "SparkSession"]
) -> dg.AssetsDefinition:
    """Make the asset of notices; `connect` gives a session when a run needs it."""
    table = combined.notices
    spec = table_spec(
        table,
        None,
        stage=STAGE,
        doc="Notices of GCN, from files and Kafka: each once, unreadable ones with the reason.",
        columns=NOTICES,
    )

    @dg.multi_asset(name=READ, specs=[spec], pool="spark_batch")
    def received(context: dg.AssetExecutionContext, config: NoticesConfig):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Add the notices that are not there yet."""
        from fink_assets.gcn.received import Received

        store, counts = Received(table=table), Counter[str]()
        try:
            if configuration.gcn_folder and FOLDER in config.sources:
                counts += store.add(in_folder(Path(configuration.gcn_folder)), connect())
            if configuration.gcn_kafka and KAFKA in config.sources:
                servers, topics = configuration.gcn_kafka, configuration.gcn_topics
                found = in_kafka(servers, topics, store.offsets(), who(configuration))
                counts += store.add(found, connect())
        except (AccessError, OSError) as problem:
            raise dg.Failure(
                f"{problem}. Nothing is lost: what came before is in the table, and the next run "
                "reads the rest"
            ) from problem
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


def who(configuration: Settings) -> dict[str, str]:
    """Give what GCN's Kafka wants to know of this deployment; see `access`."""
    return access(
        configuration.gcn_client_id,
        configuration.gcn_client_secret,
        configuration.gcn_token_url,
    )


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


def deliveries(
    survey: Survey, tables: Tables, servers: str, connect: Callable[[], "SparkSession"]
) -> dg.AssetsDefinition:
    """Make the assets of what users are told; `connect` gives a session when a run needs it."""
    told = table_spec(
        tables.gcn_messages,
        survey,
        stage=STAGE,
        doc="What users are told of alerts that match a notice with a tier: one row per alert, "
        "event and tier, written before it is sent.",
        columns=contracts.GCN_MESSAGES,
        deps=[key(tables.gcn_associations), key(tables.science)],
    )
    sent = table_spec(
        tables.gcn_deliveries,
        survey,
        stage=STAGE,
        doc="Which of these messages was sent to which topic, and when. What was sent before is "
        "not sent again; what was not, for whatever reason, is.",
        columns=contracts.GCN_DELIVERIES,
        deps=[key(tables.gcn_messages)],
    )
    check = dg.AssetCheckSpec(
        BOOKS,
        asset=sent.key,
        description="Each association with a tier was sent to the topics of its tier, once, and "
        "nothing else was.",
    )

    @dg.multi_asset(
        name=f"send_{survey.name}_gcn",
        specs=[told, sent],
        check_specs=[check],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def delivered(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Send to users what they were not told of nights, and what an earlier run left unsent."""
        from fink_assets.gcn.deliver import DeliverMatches

        nights = list(context.partition_keys)
        one = DeliverMatches(survey=survey, tables=tables, spark=connect(), servers=servers)
        found = one.run(nights)
        counts = one.books(nights)
        yield dg.MaterializeResult(asset_key=told.key)
        yield dg.MaterializeResult(
            asset_key=sent.key,
            metadata={"dagster/row_count": found.total(), **{name: found[name] for name in DOCS}},
        )
        yield dg.AssetCheckResult(
            asset_key=sent.key, check_name=BOOKS, passed=not counts["wrong"], metadata={**counts}
        )

    return delivered


def topics(surveys: Sequence[Survey], root: str) -> list[dg.AssetSpec]:
    """Topics that users read, of all surveys."""
    return [
        dg.AssetSpec(
            dg.AssetKey(["gcn", "topic", name]),
            description=f"{doc} A tier includes those below it.\n\nTopic `{topic(name)}`.",
            group_name="topics",
            kinds={"kafka"},
            owners=OPERATIONS,
            tags={"survey": "gcn", "stage": STAGE},
            code_version=VERSION,
            metadata={"topic": topic(name)},
            deps=[key(Tables(survey.name, root).gcn_deliveries) for survey in surveys],
        )
        for name, doc in DOCS.items()
    ]


def job(name: str, *assets: dg.AssetsDefinition) -> dg.JobDefinition:
    """Make the job of some of the assets."""
    return dg.define_asset_job(  # type: ignore[return-value]
        name,
        selection=dg.AssetSelection.assets(*assets),
        executor_def=dg.in_process_executor,
        description=" ".join(str(asset.op.description) for asset in assets),
    )
