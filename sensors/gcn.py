"""When notices of GCN are read, and when the alerts of nights are matched with them again.

The sensors look at files, offsets, the ledger and two columns of notices, never at alerts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from fink_assets.clock import Clock, utc_now
from fink_assets.gcn.access import AccessError
from fink_assets.gcn.assets import FOLDER, KAFKA, READ, who
from fink_assets.gcn.messages import state_of_folder, state_of_topics
from fink_assets.lake import describe
from fink_assets.lake.combined import Combined
from fink_assets.lake.tables import Tables
from fink_assets.settings import Settings
from fink_assets.surveys import Survey
from resources.kafka import Kafka
from sensors.repeat import History
from sensors.stream import answers

if TYPE_CHECKING:
    from fink_assets.gcn.received import Received

GCN_TAG = "fink/gcn"
STATE_TAG = "fink/gcn_state"
NOTICES = "notices"
BEAT = timedelta(minutes=5)
"""Between two runs that match a night with new alerts; new notices do not wait for it."""
MARGIN = timedelta(hours=1)
"""Longer than a run that reads notices: of two at once, the later one may write the earlier."""


def notices_sensor(
    configuration: Settings, target: dg.JobDefinition, now: Clock = utc_now
) -> dg.SensorDefinition:
    """Make the sensor that has notices read when a place where they come from has changed."""

    @dg.sensor(
        name="gcn_notices_sensor",
        job=target,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts `{target.name}` when files of FINK_GCN_FOLDER, or the ends of topics "
        "of FINK_GCN_KAFKA, are others than those that were read.",
    )
    def new_notices(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not (configuration.gcn_folder or configuration.gcn_kafka):
            return dg.SkipReason("neither FINK_GCN_FOLDER nor FINK_GCN_KAFKA is set")
        history = History(context.instance, target.name, {GCN_TAG: NOTICES})
        if history.is_active():
            return dg.SkipReason("a run that reads notices is active")
        states, problems = _states(configuration)
        for problem in problems:
            context.log.warning(problem)
        # A table made anew has read nothing, whatever runs did before.
        log = Combined(configuration.lake).notices.log()
        lake = str(log.metadata().id)[:8] if log else "new"
        held = {p: {f"{STATE_TAG}_{p}": f"{lake}:{state}"} for p, state in states.items() if state}
        new = {place: tag for place, tag in held.items() if history.last_success(tag) is None}
        if not new:
            return dg.SkipReason("; ".join(problems) or "no new notices")
        wait, failed = history.pause(now())
        reason = _held(configuration, wait, failed)
        if reason:
            return dg.SkipReason("; ".join([reason, *problems]))
        tags = {name: value for tag in new.values() for name, value in tag.items()}
        return dg.RunRequest(
            run_key=_key(target.name, tags, failed),
            run_config={"ops": {READ: {"config": {"sources": sorted(new)}}}},
            tags={GCN_TAG: NOTICES, **tags},
        )

    return new_notices


def _states(configuration: Settings) -> tuple[dict[str, str], list[str]]:
    """What each place holds, as a digest, and what is wrong with those that do not say."""
    states, problems = {}, []
    if configuration.gcn_folder:
        try:
            states[FOLDER] = state_of_folder(Path(configuration.gcn_folder))
        except OSError as problem:
            problems.append(f"notices in files cannot be seen: {problem}")
    if configuration.gcn_kafka:
        try:
            kafka = Kafka(configuration.gcn_kafka, who(configuration))
            states[KAFKA] = state_of_topics(kafka.watermarks(configuration.gcn_topics))
        except (AccessError, ConnectionError) as problem:
            problems.append(f"notices in Kafka cannot be seen: {problem}")
    return states, problems


def _held(configuration: Settings, wait: timedelta, failed: str) -> str:
    """Why a run that is wanted is not asked for now; "" if it is."""
    if wait:
        return f"run {failed} failed; the next is asked for in {wait.total_seconds():.0f} s"
    if not answers(configuration.spark_address):
        return f"Spark Connect does not answer at {configuration.spark_address}"
    return ""


def _key(name: str, tags: Mapping[str, str], failed: str) -> str:
    """Name a request: the same is asked for once, and once more after each failure."""
    told = json.dumps([name, sorted(tags.items()), failed])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def associations_sensor(
    survey: Survey,
    configuration: Settings,
    tables: Tables,
    target: dg.JobDefinition,
    now: Clock = utc_now,
) -> dg.SensorDefinition:
    """Make the sensor that has nights matched again: after new notices, or with new alerts."""
    calendar = describe.nights(survey)

    @dg.sensor(
        name=f"{survey.name}_gcn_associations_sensor",
        job=target,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Starts `{target.name}` for the nights that new notices concern, and each "
        f"{BEAT.seconds // 60} minutes for those that got alerts, if any notice concerns them.",
    )
    def matches(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from fink_assets.gcn.received import Received

        received = Received(table=Combined(configuration.lake).notices)
        if not received.table.exists() or not tables.science.exists():
            return dg.SkipReason("there are no notices, or no alerts")
        history = History(context.instance, target.name, {GCN_TAG: survey.name})
        if history.is_active():
            return dg.SkipReason(f"a run that matches alerts of {survey.title} is active")
        state, done = _state(tables, received), _done(history, context.cursor, tables)
        if state == {name: done[name] for name in state}:
            return dg.SkipReason("nothing new since nights were matched last")
        by_notices, by_alerts, latest = _wanted(tables, received, state, done)
        nights = sorted(n for n in by_notices | by_alerts if calendar.has_partition_key(n))
        told = json.dumps({**state, "received": latest})
        if not nights:
            reason = dg.SkipReason("no night has alerts that any notice concerns")
            return dg.SensorResult(skip_reason=reason, cursor=told)
        started = history.last_start()
        if not by_notices and started and now() - started < BEAT:
            return dg.SkipReason(f"new alerts wait for the beat of {BEAT.seconds // 60} minutes")
        wait, failed = history.pause(now())
        held = _held(configuration, wait, failed)
        if held:
            return dg.SkipReason(held)
        return dg.SensorResult([_request(target.name, survey, nights, told, failed)])

    return matches


def _state(tables: Tables, received: Received) -> dict[str, Any]:
    """What there is to match: numbers mean something in one lake only, whose name is `lake`."""
    log = tables.science.log()
    return {
        "lake": log.metadata().id if log else "",
        "batch": tables.ledger.position("raw2science"),
        "notices": received.table.count(),
    }


def _done(history: History, cursor: str | None, tables: Tables) -> dict[str, Any]:
    """What was matched: by the last run that succeeded, or without one because nothing matched."""
    tags = history.last_success() or {}
    told = [json.loads(each) for each in (tags.get(STATE_TAG), cursor) if each]
    log = tables.science.log()
    mine = [state for state in told if log and state["lake"] == log.metadata().id]
    nothing = {"lake": "", "batch": -1, "notices": -1, "received": None}
    return max(mine, key=lambda state: (state["batch"], state["notices"]), default=nothing)


def _wanted(
    tables: Tables, received: Received, state: Mapping[str, Any], done: Mapping[str, Any]
) -> tuple[set[str], set[str], str | None]:
    """Nights that new notices concern, nights with new alerts that any does; the last receipt."""
    from fink_assets.gcn.windows import concerned

    every = received.events()
    latest = max((event.received for event in every), default=None)
    by_notices = set()
    if state["notices"] != done["notices"]:
        known = done["received"] and datetime.fromisoformat(done["received"]) - MARGIN
        new = [event for event in every if not known or event.received > known]
        by_notices = concerned(tables.science.nights(), new)
    rows = tables.ledger.rows(stage="raw2science")
    new_rows = [row for row in rows if done["batch"] < row["batch"] <= state["batch"]]
    by_alerts = concerned({night for row in new_rows for night in row["nights"]}, every)
    return by_notices, by_alerts, latest.isoformat() if latest else None


def _request(
    name: str, survey: Survey, nights: Sequence[str], state: str, failed: str
) -> dg.RunRequest:
    """Ask for one run over nights, from the first to the last of them."""
    tags = {GCN_TAG: survey.name, STATE_TAG: state}
    run_key = _key(name, {**tags, "nights": f"{nights[0]} {nights[-1]}"}, failed)
    if nights[0] == nights[-1]:
        return dg.RunRequest(run_key, partition_key=nights[0], tags=tags)
    ends = {"start": nights[0], "end": nights[-1]}
    span = {f"dagster/asset_partition_range_{end}": night for end, night in ends.items()}
    return dg.RunRequest(run_key, tags={**tags, **span})
