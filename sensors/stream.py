"""The streaming run of a survey, and the sensor that starts one when there is something to read.

The sensor looks at offsets and the ledger, never at alerts; positions are in the tables, not in its
cursor.
"""

import socket
from collections.abc import Callable
from urllib.parse import urlparse

import dagster as dg
from pydantic import Field

from fink_assets.chain import Chain, backlog, behind
from fink_assets.drain import HELD, Drain
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.surveys import Survey
from resources.kafka import KafkaUnreachableError
from sensors.report import events, log

STREAM_TAG = "fink/stream"
ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# Above the run's own limit: a run that is older hangs.
MAX_RUNTIME_MARGIN_SECONDS = 600


class StreamConfig(dg.Config):
    """What an operator may set when starting a streaming run by hand."""

    release: list[int] = Field(default=[], description="Batches to let through in any case")


def job(
    survey: Survey, settings: Settings, chain: Callable[[StreamConfig], Chain]
) -> dg.JobDefinition:
    """Make the streaming job of a survey; `chain` connects when a run needs it."""

    @dg.op(
        name=f"{survey.name}_drain",
        description=f"Take the alerts of {survey.title} from Kafka through all stages until the "
        "topic is quiet. `release` lists batches to let through although they are not plausible.",
    )
    def drain(context: dg.OpExecutionContext, config: StreamConfig) -> None:
        run = chain(config)
        Drain(
            chain=run,
            report=lambda report: log(context, list(events(run, report))),
            quiet_seconds=settings.drain_quiet_seconds,
            limit_seconds=settings.drain_limit_seconds,
            report_seconds=settings.report_seconds,
        ).run()

    @dg.job(
        name=f"{survey.name}_stream",
        executor_def=dg.in_process_executor,
        tags={
            STREAM_TAG: survey.name,
            "dagster/max_runtime": str(
                int(settings.drain_limit_seconds) + MAX_RUNTIME_MARGIN_SECONDS
            ),
        },
        description=f"One bounded run over the stream of {survey.title}; the sensor starts it.",
    )
    def stream() -> None:
        drain()

    return stream


def sensor(
    survey: Survey, settings: Settings, tables: Tables, target: dg.JobDefinition
) -> dg.SensorDefinition:
    """Make the sensor that starts a streaming run when messages or unfinished batches wait."""
    servers = settings.input_servers_of(survey.name)

    @dg.sensor(
        name=f"{survey.name}_stream_sensor",
        job=target,
        minimum_interval_seconds=1,  # Dagster ticks each 5 s; asking for 5 gives every second tick
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts `{target.name}` when Kafka holds {survey.title} alerts that are not "
        "archived, or when a batch is unfinished or not in light curves and objects.",
    )
    def stream_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        running = dg.RunsFilter(tags={STREAM_TAG: survey.name}, statuses=ACTIVE)
        if context.instance.get_run_records(running, limit=1):
            return dg.SkipReason(f"a streaming run of {survey.title} is active")
        try:
            waiting = backlog(survey, tables.ledger, servers) | behind(survey, tables.ledger)
        except KafkaUnreachableError as problem:
            return dg.SkipReason(str(problem))
        if not answers(settings.spark_address):
            return dg.SkipReason(f"Spark Connect does not answer at {settings.spark_address}")
        return _decision(waiting, tables)

    return stream_sensor


def _decision(waiting: dict[str, int], tables: Tables) -> dg.RunRequest | dg.SkipReason:
    held = tables.ledger.position(HELD)
    if held >= 0 and held == tables.ledger.position("raw2science") + 1:
        if not waiting["messages"]:
            return dg.SkipReason(
                f"batch {held} is held back as not plausible: see the failed checks of raw. To let "
                f"it through, launch the streaming job with `release: [{held}]`"
            )
    elif not any(waiting.values()):
        return dg.SkipReason("no new alerts")
    return dg.RunRequest(tags={"fink/waiting": str(waiting["messages"])})


def answers(remote: str) -> bool:
    """Whether anything listens where Spark Connect should."""
    address = urlparse(remote)
    try:
        with socket.create_connection((address.hostname or "", address.port or 15002), timeout=2):
            return True
    except OSError:
        return False
