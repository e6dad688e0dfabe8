"""What happens when a run fails: the reason is logged where operators look, with what to do.

Retrying is not done here: the streaming sensor starts the next run, which repeats what is
unfinished.
"""

import logging

import dagster as dg

logger = logging.getLogger(__name__)


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Logs each failed run with its reason.",
)
def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Log a failed run."""
    reason = context.failure_event.message or "no reason given"
    logger.error(
        "run %s of %s failed: %s", context.dagster_run.run_id, context.dagster_run.job_name, reason
    )
