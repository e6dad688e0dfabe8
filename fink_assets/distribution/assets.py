"""distribution in Dagster: the deliveries and a topic per filter.

Sent alerts cannot be unsent: only the streaming run materialises these assets, a backfill never
does.
"""

from collections.abc import Sequence

import dagster as dg

from fink_assets.distribution.filter import AlertFilter
from fink_assets.lake import contracts
from fink_assets.lake.describe import key, nights, table_spec
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

STAGE = "distribution"


def topic_key(chosen: AlertFilter) -> dg.AssetKey:
    """Asset key of a filter's topic."""
    return dg.AssetKey([chosen.survey, "topic", chosen.name])


def specs(survey: Survey, tables: Tables, filters: Sequence[AlertFilter]) -> list[dg.AssetSpec]:
    """Assets of the stage."""
    deliveries = table_spec(
        tables.deliveries,
        survey,
        stage=STAGE,
        doc="Which alert was sent to which topic, for which version of the filter, and when.",
        columns=contracts.DELIVERIES,
        deps=[key(tables.science)],
    )
    return [deliveries, *[_topic_spec(survey, tables, f) for f in filters]]


def _topic_spec(survey: Survey, tables: Tables, chosen: AlertFilter) -> dg.AssetSpec:
    modules = {path.split(".")[0] for path in chosen.inputs} - set(survey.kept)
    return dg.AssetSpec(
        topic_key(chosen),
        description=f"{chosen.doc}\n\nTopic `{chosen.topic}`.\n\n```sql\n{chosen.condition}\n```",
        group_name="topics",
        kinds={"kafka"},
        owners=list(chosen.owners),
        tags={"survey": survey.name, "stage": STAGE, "filter_version": chosen.version},
        code_version=chosen.code_version,
        metadata={"topic": chosen.topic, "condition": dg.MetadataValue.text(chosen.condition)},
        deps=[
            key(tables.deliveries),
            *[dg.AssetKey([survey.name, "science", m]) for m in sorted(modules)],
        ],
        partitions_def=nights(survey),
    )
