"""stream2raw in Dagster: the incoming stream, raw and dead letters.

Nothing here can be computed anew, only received: the streaming run materialises these assets. Dead
letters may be tried again.
"""

import dagster as dg
from pydantic import Field

from fink_assets.lake import contracts
from fink_assets.lake.describe import OPERATIONS, table_spec
from fink_assets.lake.tables import Tables
from fink_assets.stream2raw.reprocess import reprocess
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
        doc="Every message that did not decode: its bytes and the reason. Once the cause is "
        f"mended, the job `{survey.name}_dead_letters` decodes them again, and what succeeds moves "
        "to raw.",
        columns=contracts.DEAD_LETTER,
        deps=[stream.key],
        partitioned=False,
    )
    return [stream, raw, dead_letter]


class DeadLetterConfig(dg.Config):
    """Which dead letters to try."""

    nights: list[str] = Field(
        default=[], description="Dates (UTC) on which Kafka received them; default: all"
    )


def dead_letter_job(survey: Survey, tables: Tables, *, most: int) -> dg.JobDefinition:
    """Make the job that has dead letters decoded again, at most so many in one batch."""

    @dg.op(
        name=f"{survey.name}_plan_dead_letters",
        description="Plan batches of dead letters. The streaming run, which the sensor starts, "
        "takes them through all stages.",
    )
    def plan(context: dg.OpExecutionContext, config: DeadLetterConfig) -> None:
        planned = reprocess(tables, most=most, nights=config.nights)
        for batch, letters in planned.items():
            context.log.info("batch %d tries %d dead letters", batch, letters)
        number = sum(planned.values())
        context.log.info("%d dead letters are tried again", number)
        context.add_output_metadata({"dead letters": number, "batches": len(planned)})

    @dg.job(
        name=f"{survey.name}_dead_letters",
        executor_def=dg.in_process_executor,
        description=f"Decode dead letters of {survey.title} again, once the cause is mended.",
    )
    def dead_letters() -> None:
        plan()

    return dead_letters
