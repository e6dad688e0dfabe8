"""Runs that a sensor asks for by what they are to take in: done once, and again where they failed.

What a run is to take in is in its tags, so that the history of runs says what was taken in; a
cursor that moves on when a run is asked for would lose what a failed one had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from sensors.stream import ACTIVE

FAILED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
ENDED = [*FAILED, dg.DagsterRunStatus.SUCCESS]
LOOKED_AT = 8
"""Latest runs among which failures are counted."""
LEAST, MOST = timedelta(minutes=1), timedelta(minutes=10)
"""Pause after a failure; it doubles with each."""


@dataclass(frozen=True)
class History:
    """What became of the runs of a job that have some tags."""

    instance: dg.DagsterInstance
    job_name: str
    tags: Mapping[str, str]

    def is_active(self) -> bool:
        """Whether a run of the job waits or runs, whoever asked for it."""
        active = dg.RunsFilter(job_name=self.job_name, statuses=ACTIVE)
        return bool(self.instance.get_run_records(active, limit=1))

    def last_success(self, tags: Mapping[str, str] | None = None) -> dict[str, str] | None:
        """Tags of the latest run that succeeded, of those that have more tags; None without any."""
        wanted = dg.RunsFilter(
            job_name=self.job_name,
            statuses=[dg.DagsterRunStatus.SUCCESS],
            tags={**self.tags, **(tags or {})},
        )
        found = self.instance.get_run_records(wanted, limit=1)
        return dict(found[0].dagster_run.tags) if found else None

    def last_start(self) -> datetime | None:
        """When the latest run was asked for."""
        found = self._ended(1)
        return found[0].create_timestamp.astimezone(UTC) if found else None

    def pause(self, now: datetime) -> tuple[timedelta, str]:
        """How long to wait after the latest failures, and the run that failed last; "" for none."""
        failures = []
        for record in self._ended(LOOKED_AT):
            if record.dagster_run.status is dg.DagsterRunStatus.SUCCESS:
                break
            failures.append(record)
        if not failures:
            return timedelta(), ""
        last = failures[0]
        ended = last.end_time or last.create_timestamp.timestamp()
        wait = min(LEAST * 2 ** (len(failures) - 1), MOST)
        left = datetime.fromtimestamp(ended, UTC) + wait - now
        return max(left, timedelta()), last.dagster_run.run_id

    def _ended(self, limit: int) -> list[dg.RunRecord]:
        wanted = dg.RunsFilter(job_name=self.job_name, statuses=ENDED, tags=dict(self.tags))
        return list(self.instance.get_run_records(wanted, limit=limit))
