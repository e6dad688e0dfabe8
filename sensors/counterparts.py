"""When objects of two surveys are matched: after nights of which both have alerts.

Looks at the ledgers only.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from fink_assets.chain import STAGES
from fink_assets.clock import Clock, utc_now
from fink_assets.lake.tables import Tables
from sensors.nights import CLOSING, QUIET


def sensor(
    both: Sequence[Tables],
    target: dg.JobDefinition,
    now: Clock = utc_now,
) -> dg.SensorDefinition:
    """Make the sensor that has counterparts found when a night of both surveys has closed."""

    @dg.sensor(
        name=f"{target.name}_sensor",
        job=target,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts `{target.name}` once alerts came of a night of which both surveys "
        f"have some, and both streams have been quiet for {QUIET.seconds // 60} minutes.",
    )
    def counterparts(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        known = json.loads(context.cursor or "{}")
        done = {tables.survey: tables.ledger.position(STAGES[-1]) for tables in both}
        if all(batch <= known.get(survey, -1) for survey, batch in done.items()):
            return dg.SkipReason("no night got alerts since counterparts were found last")
        rows = {tables.survey: tables.ledger.rows(stage="raw2science") for tables in both}
        if now() - max(row["finished"] for found in rows.values() for row in found) < QUIET:
            return dg.SkipReason("the streams are not quiet yet")
        cursor = json.dumps(done)
        nights = sorted(_touched(rows, known) & _shared(rows))
        if not nights:
            reason = dg.SkipReason("no night got alerts of which both surveys have some")
            return dg.SensorResult(skip_reason=reason, cursor=cursor)
        return dg.SensorResult(
            [dg.RunRequest(f"{nights[-1]}:{cursor}", tags=CLOSING)], cursor=cursor
        )

    return counterparts


def _touched(rows: Mapping[str, Sequence[Mapping[str, Any]]], known: Mapping[str, int]) -> set[str]:
    """Nights that got alerts after the batches that are known, of any survey."""
    return {
        night
        for survey, found in rows.items()
        for row in found
        if row["batch"] > known.get(survey, -1)
        for night in row["nights"]
    }


def _shared(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """Nights of which all surveys have alerts."""
    nights = [{night for row in found for night in row["nights"]} for found in rows.values()]
    return set.intersection(*nights)
