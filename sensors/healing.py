"""What services did not answer in time is asked again, and the modules that missed it run again.

Only nights in which alerts wait are touched, and only once the service answers. What is asked
belongs to `raw2science.asked`, computing nights anew to the backfill job.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import dagster as dg

from fink_assets.clock import Clock, utc_now
from fink_assets.lake.describe import key
from fink_assets.lake.table import of_nights
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.asked import Asking, services_of
from fink_assets.raw2science.assets import module_key
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.statuses import statuses
from fink_assets.surveys import Survey

NIGHTS = 30
"""How many of the latest nights with waiting alerts are looked at."""
INTERVAL_SECONDS = 600
HEALING = {"fink/healing": "true", "dagster/priority": "-1"}


def sensor(
    survey: Survey,
    tables: Tables,
    modules: Sequence[ScienceModule],
    asking: Asking,
    target: dg.JobDefinition,
    now: Clock = utc_now,
) -> dg.SensorDefinition:
    """Make the sensor that has alerts looked at again when the service they wait for answers."""
    asked = [m for m in modules if m.services and asking.may_ask(m.services)]
    read_from = (tables.objects, tables.alerts, tables.classes, tables.statistics)

    @dg.sensor(
        name=f"{survey.name}_healing_sensor",
        job=target,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs modules again for nights in which alerts are `unavailable` because a "
        "service did not answer, once it does; the modules that read theirs; and what look-ups "
        "read of them.",
    )
    def healing(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if not asked:
            return dg.SkipReason("no service is switched on that modules ask (FINK_SERVICES)")
        healed: dict[str, int] = json.loads(context.cursor or "{}")
        waiting = waiting_nights(tables, asked, healed)
        left = {
            night: left_waiting(tables, asked, night)
            for night in sorted(waiting, reverse=True)[:NIGHTS]
        }
        healed |= {night: waiting[night] for night, wait in left.items() if not wait}
        every = services_of([m for wait in left.values() for m in wait])
        troubles = {s.name: reason for s in every if (reason := asking.trouble(s))}
        requests = [
            request(night, able)
            for night, wait in left.items()
            if (able := [m for m in wait if not any(s.name in troubles for s in m.services)])
        ]
        cursor = json.dumps(healed, sort_keys=True)
        return dg.SensorResult(requests, cursor=cursor, skip_reason=told(requests, troubles))

    def request(night: str, able: Sequence[ScienceModule]) -> dg.RunRequest:
        again = {module_key(m) for m in with_readers(able, modules)}
        return dg.RunRequest(
            f"{night}:{now():%Y-%m-%dT%H}",
            partition_key=night,
            asset_selection=[*sorted(again), *[key(table) for table in read_from]],
            tags=HEALING,
        )

    return healing


def told(requests: Sequence[dg.RunRequest], troubles: Mapping[str, str]) -> str | None:
    """Say why nothing is done, where nothing is."""
    if requests:
        return None
    if not troubles:
        return "no alert waits for a service"
    down = "; ".join(f"{name}: {reason}" for name, reason in troubles.items())
    return f"alerts wait, and services do not answer: {down}"


def waiting_nights(
    tables: Tables, modules: Collection[ScienceModule], healed: dict[str, int]
) -> dict[str, int]:
    """Last batch of each night of which alerts may wait since it was healed."""
    found: dict[str, int] = {}
    for row in tables.ledger.rows(stage="raw2science"):
        if any(row["counts"].get(f"module:{m.name}:unavailable", 0) for m in modules):
            found |= {night: max(found.get(night, -1), row["batch"]) for night in row["nights"]}
    return {night: batch for night, batch in found.items() if batch > healed.get(night, -1)}


def left_waiting(
    tables: Tables, modules: Collection[ScienceModule], night: str
) -> list[ScienceModule]:
    """Modules for which alerts of a night are still unavailable, as the table says."""
    counts = statuses(tables, modules, of_nights([night])).get(night, Counter[str]())
    return [m for m in modules if counts.get(f"module:{m.name}:unavailable", 0)]


def with_readers(
    chosen: Sequence[ScienceModule], modules: Sequence[ScienceModule]
) -> list[ScienceModule]:
    """Modules, and all that read their values, directly or not."""
    names = {m.name for m in chosen}
    while more := {m.name for m in modules if names & set(m.runs_after)} - names:
        names |= more
    return [m for m in modules if m.name in names]
