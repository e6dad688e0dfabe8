"""stream2raw in Dagster: the incoming stream, raw and dead letters.

Nothing here can be computed anew, only received: the streaming run materialises these assets.
"""

import dagster as dg

from fink_assets.lake import contracts
from fink_assets.lake.contracts import Tables
from fink_assets.lake.describe import OPERATIONS, table_spec
from fink_assets.surveys import Survey

STAGE = "stream2raw"


def stream_key(survey: Survey) -> dg.AssetKey:
    """Asset key of the incoming stream."""
    return dg.AssetKey([survey.name, "stream"])


def specs(survey: Survey, tables: Tables) -> list[dg.AssetSpec]:
    """Assets of the stage."""
    stream = dg.AssetSpec(
        stream_key(survey),
        description=f"Alerts as {survey.title} sends them: Kafka topics `{survey.topics}`.",
        group_name=STAGE,
        kinds={"kafka"},
        owners=OPERATIONS,
        tags={"survey": survey.name, "stage": STAGE},
    )
    raw = table_spec(
        tables.raw,
        survey,
        stage=STAGE,
        doc="Every message that decoded, whole: all fields of the packet, its Kafka coordinates "
        "and the writer's schema. An alert received twice is here twice.",
        columns=contracts.RAW,
        deps=[stream.key],
    )
    dead_letter = table_spec(
        tables.dead_letter,
        survey,
        stage=STAGE,
        doc="Every message that did not decode: its bytes and the reason.",
        columns=contracts.DEAD_LETTER,
        deps=[stream.key],
        partitioned=False,
    )
    return [stream, raw, dead_letter]
