"""What happens to whole nights: the backfill job, and the close of a night that has gone quiet.

A night closes when the stream has had nothing for it for a while: its books are checked.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from fink_assets.lake.contracts import Tables
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
        description="Compute nights anew from raw: quarantine, science, light curves, objects and "
        "forced photometry. Nothing is sent again.",
    )


def check_job(survey: Survey, checks: dg.AssetSelection) -> dg.JobDefinition:
    """Make the job that checks the books of a night."""
    return dg.define_asset_job(  # type: ignore[return-value]
        f"{survey.name}_night_close",
        selection=checks,
        executor_def=dg.in_process_executor,
        description="Check the books of a night (tag `dagster/partition`).",
    )


def close_sensor(
    survey: Survey,
    tables: Tables,
    target: dg.JobDefinition,
    now: Callable[[], datetime] | None = None,
) -> dg.SensorDefinition:
    """Make the sensor that closes nights which got alerts since they were last closed."""
    clock = now or (lambda: datetime.now(UTC))

    @dg.sensor(
        name=f"{survey.name}_night_close_sensor",
        job=target,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Checks the books of each night that got alerts, once the stream has been "
        f"quiet for {QUIET.seconds // 60} minutes.",
    )
    def night_close(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        closed = json.loads(context.cursor or '{"batch": -1}')["batch"]
        done = tables.ledger.position("archive")
        if done <= closed:
            return dg.SkipReason("no night got alerts since the last close")
        rows = [r for r in tables.ledger.rows(stage="raw2science") if closed < r["batch"] <= done]
        if clock() - max(row["finished"] for row in rows) < QUIET:
            return dg.SkipReason("the stream is not quiet yet")
        touched = sorted({night for row in rows for night in row["nights"]})
        # By tag: a job of checks alone has no partitions that a `partition_key` could be one of.
        requests = [
            dg.RunRequest(run_key=f"{n}:{done}", tags={NIGHT_TAG: n, **CLOSING}) for n in touched
        ]
        return dg.SensorResult(requests, cursor=json.dumps({"batch": done}))

    return night_close
