"""Compute nights anew from the command line: the job of Dagster's pages, recorded there too.

Which partitions and assets a job run is for; what they do belongs to the stages.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.definitions import build_defs
from fink_assets.lake.describe import key
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from dagster._utils.error import SerializableErrorInfo

RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


def selected(survey: Survey, tables: Tables, modules: Sequence[str]) -> list[dg.AssetKey] | None:
    """All assets (None), or some modules with the tables that depend on their values."""
    chosen = [dg.AssetKey([survey.name, "science", name]) for name in modules]
    shown = [tables.objects]
    if survey.bodies and set(modules).intersection(survey.bodies.modules):
        shown += [tables.solar_system, tables.phase_curves]
    return [*chosen, *map(key, shown)] if chosen else None


def backfill(
    configuration: Settings,
    instance: dg.DagsterInstance,
    survey: Survey,
    *,
    first: str,
    last: str,
    modules: Sequence[str] = (),
    tell: Callable[[str], object] = lambda line: None,
) -> bool:
    """Run the night job in this process for `first` to `last`; return whether it succeeded.

    Parameters
    ----------
    configuration, instance, survey
        The deployment, and whose nights.
    first, last : str
        Nights.
    modules : sequence of str
        Only these science modules; all assets of the nights by default.
    tell : callable
        Told a line for each step that begins or ends.

    Raises
    ------
    LookupError
        If there is no such module or no such night.
    KeyboardInterrupt
        If it was interrupted; Dagster has recorded the run as failed.
    """
    job = build_defs(configuration).resolve_job_def(f"{survey.name}_nights")
    partitions = job.partitions_def
    assert partitions is not None
    for night in (first, last):
        if not partitions.has_partition_key(night):
            raise LookupError(f"{night} is not a night of {survey.title}")
    assets = selected(survey, Tables(survey.name, configuration.lake), modules)
    unknown = set(assets or ()) - set(job.asset_layer.executable_asset_keys)
    if unknown:
        raise LookupError(f"no such module: {', '.join(sorted(k.path[-1] for k in unknown))}")
    run_id = str(uuid.uuid4())
    instance.add_event_listener(run_id, lambda entry: _tell(entry, tell))
    try:
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags=dict(zip(RANGE, (first, last), strict=True)),
            asset_selection=assets,
            # What `tell` is told is enough; Dagster's pages have the stack traces.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    except dg.DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    if any(_interrupted(event) for event in result.all_events):
        raise KeyboardInterrupt
    return result.success


def cause(event: dg.DagsterEvent) -> "SerializableErrorInfo | None":
    """What raised the error that a step or run failed of."""
    error = getattr(event.event_specific_data, "error", None)
    return error.cause or error if error else None


def _interrupted(event: dg.DagsterEvent) -> bool:
    reason = cause(event)
    return bool(reason and reason.cls_name == dg.DagsterExecutionInterruptedError.__name__)


STEPS = {
    dg.DagsterEventType.STEP_START: "begins",
    dg.DagsterEventType.STEP_SUCCESS: "done",
    dg.DagsterEventType.STEP_FAILURE: "FAILED",
    dg.DagsterEventType.STEP_SKIPPED: "skipped",
}


def _tell(entry: dg.EventLogEntry, tell: Callable[[str], object]) -> None:
    event = entry.dagster_event
    if not event or event.event_type not in STEPS:
        return
    reason = cause(event)
    because = f", {reason.message.splitlines()[0]}" if reason and reason.message.strip() else ""
    tell(f"{event.step_key}: {STEPS[event.event_type]}{because}")
