"""What happens to whole nights: the backfill job, and the close of a night that has gone quiet.

A night closes when the stream has had nothing for it for a while: its books are checked, and its
packets compared with the night before.
"""

import json
from collections.abc import Collection
from datetime import timedelta

import dagster as dg

from fink_assets.chain import STAGES
from fink_assets.clock import Clock, utc_now
from fink_assets.lake import describe
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

QUIET = timedelta(minutes=2)
# Closing waits for the stream, never the stream for closing.
CLOSING = {"fink/night_close": "true", "dagster/priority": "-1"}
NIGHT_TAG = "dagster/partition"


def backfill_job(survey: Survey, selection: dg.AssetSelection) -> dg.JobDefinition:
    """Make the job that computes nights anew from raw, without sending anything."""
    return dg.define_asset_job(  # type: ignore[return-value]
        f"{survey.name}_nights",
        selection=selection.without_checks(),
        executor_def=dg.in_process_executor,
        description="Compute nights anew from raw: quarantine, science, light curves, objects, "
        "forced photometry and Solar System bodies. Nothing is sent again.",
    )


def check_job(survey: Survey, selection: dg.AssetSelection) -> dg.JobDefinition:
    """Make the job of a night's end: its books, what changed in its packets, its bodies."""
    return dg.define_asset_job(  # type: ignore[return-value]
        f"{survey.name}_night_close",
        selection=selection,
        executor_def=dg.in_process_executor,
        description="Check the books of a night, compare its packets with the night before, and "
        "write what was seen of Solar System bodies.",
    )


def close_sensor(
    survey: Survey,
    tables: Tables,
    target: dg.JobDefinition,
    books: Collection[dg.AssetCheckKey],
    now: Clock = utc_now,
) -> dg.SensorDefinition:
    """Make the sensor that closes nights which got alerts since they were last closed.

    Of a night that is none of the survey's, because an alert's time is no date, it has only the
    `books` checked: no asset has such a partition.
    """
    calendar = describe.nights(survey)

    def request(night: str, done: int) -> dg.RunRequest:
        run_key = f"{night}:{done}"
        if calendar.has_partition_key(night):
            return dg.RunRequest(run_key, partition_key=night, tags=CLOSING)
        return dg.RunRequest(
            run_key,
            tags={NIGHT_TAG: night, **CLOSING},
            asset_selection=[],
            asset_check_keys=list(books),
        )

    @dg.sensor(
        name=f"{survey.name}_night_close_sensor",
        job=target,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Checks the books of each night that got alerts, and compares its packets with "
        f"the night before, once the stream has been quiet for {QUIET.seconds // 60} minutes.",
    )
    def night_close(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        closed = json.loads(context.cursor or '{"batch": -1}')["batch"]
        done = tables.ledger.position(STAGES[-1])
        if done <= closed:
            return dg.SkipReason("no night got alerts since the last close")
        rows = [r for r in tables.ledger.rows(stage="raw2science") if closed < r["batch"] <= done]
        if now() - max(row["finished"] for row in rows) < QUIET:
            return dg.SkipReason("the stream is not quiet yet")
        touched = sorted({night for row in rows for night in row["nights"]})
        requests = [request(night, done) for night in touched]
        return dg.SensorResult(requests, cursor=json.dumps({"batch": done}))

    return night_close
