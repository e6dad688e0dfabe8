"""What Dagster says of the streaming runs: whether one is active, and why one failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from fink_assets.backfill import cause
from fink_assets.settings import Settings
from fink_assets.surveys import Survey
from fink_assets.trial.ground import TrialError
from resources.embedded.dagster_home import prepare
from sensors.stream import ACTIVE, STREAM_TAG


@contextmanager
def opened(configuration: Settings) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance of an embedded runtime."""
    with dg.DagsterInstance.from_config(str(prepare(configuration))) as instance:
        yield instance


def active(instance: dg.DagsterInstance, survey: Survey) -> bool:
    """Whether a streaming run of a survey has not ended."""
    wanted = dg.RunsFilter(tags={STREAM_TAG: survey.name}, statuses=ACTIVE)
    return bool(instance.get_run_records(wanted, limit=1))


def require_success(instance: dg.DagsterInstance, survey: Survey, home: Path) -> None:
    """Raise `TrialError` with the reason if a streaming run of a survey has failed."""
    ended = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    wanted = dg.RunsFilter(tags={STREAM_TAG: survey.name}, statuses=ended)
    for record in instance.get_run_records(wanted, limit=1):
        run = record.dagster_run
        raise TrialError(
            f"The run {run.run_id} of {run.job_name} failed: {_reason(instance, run.run_id)}",
            f"See {home / 'dagster' / 'storage' / run.run_id} and {home / 'logs'}.",
        )


def _reason(instance: dg.DagsterInstance, run_id: str) -> str:
    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    for entry in instance.all_logs(run_id, of_type=kinds):
        event = entry.dagster_event
        reason = cause(event) if event else None
        if reason:
            return reason.message.strip()
        if event and event.message:
            return event.message
    return "no reason given"
