"""Compute nights anew: all of raw2science, or the columns of chosen modules only.

Reads raw and science, replaces nights. A backfill never reads the stream and never sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fink_assets.lake.table import rows_of
from fink_assets.raw2science.apply import enriched, with_inputs
from fink_assets.raw2science.asked import PATIENCE_SECONDS, Told, services_of
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.provenance import PROVENANCE, recomputed
from fink_assets.raw2science.renames import renamed
from fink_assets.raw2science.sound import insisting

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def replace_nights(stage: Enrich, nights: Sequence[str]) -> None:
    """Judge and enrich whole nights of raw again; replace their quarantine and science.

    Batches that the live stream has not finished are left to it.
    """
    from pyspark.sql import functions as F

    done = stage.tables.ledger.position("raw2science")
    raw = stage.tables.raw.read(stage.spark, nights=nights).where(f"batch <= {done}")
    alerts = _once(raw)
    stage.tables.quarantine.replace(stage.quarantined(alerts), nights=nights, up_to_batch=done)
    told = _told(stage, stage.passing(alerts))

    def write(able: Enrich) -> None:
        rows = able.science(alerts, told).withColumn("recomputed", F.col("enriched"))
        able.tables.science.replace(rows, nights=nights, up_to_batch=done)

    insisting(write, stage, alerts)


def replace_modules(stage: Enrich, modules: Sequence[ScienceModule], nights: Sequence[str]) -> None:
    """Run chosen modules again on the alerts that science has; only their columns change.

    Modules that need nothing but science take every alert of the nights. Where packets or answers
    of services belong to them, which were looked up before, those of batches that the live stream
    has not finished are left alone.
    """
    from pyspark.sql import functions as F

    kept = stage.tables.science.read(stage.spark).columns
    alone = not services_of(modules) and not _missing(stage, modules, kept)
    done = None if alone else stage.tables.ledger.position("raw2science")
    found = with_packets(stage, modules, where=rows_of(nights, up_to_batch=done))
    told = _told(replace(stage, modules=modules), found)
    read = with_inputs(found, stage.survey, modules, told)
    columns: list[str | Column] = [c for c in kept if c not in ("recomputed", PROVENANCE)]
    columns += [m.name for m in modules if m.name not in kept]
    if PROVENANCE in kept:
        columns.append(F.expr(recomputed()).alias(PROVENANCE))
    again = enriched(read, modules).select(*columns, F.current_timestamp().alias("recomputed"))
    stage.tables.science.replace(again, nights=nights, up_to_batch=done)


def _told(stage: Enrich, alerts: DataFrame) -> Told:
    """What services say of alerts of some nights: nobody waits, so they get their time."""
    patient = replace(stage, asking=replace(stage.asking, seconds=PATIENCE_SECONDS))
    return patient.told(lambda: alerts.select("alert_id", "ra", "dec").toPandas())


def with_packets(stage: Enrich, modules: Sequence[ScienceModule], *, where: str) -> DataFrame:
    """Alerts of science with the packet's columns that modules read and science has not.

    Parameters
    ----------
    where : str
        Condition on columns that science and raw have: `night`, `batch`, `alert_id`.
    """
    from pyspark.sql import functions as F

    science = stage.tables.science.read(stage.spark).where(where)
    missing = _missing(stage, modules, science.columns)
    if not missing:
        return science
    raw = renamed(stage.tables.raw.read(stage.spark).where(where), stage.survey)
    packets = raw.select(F.col("kafka").alias("_kafka"), *missing)
    return science.join(packets, F.col("kafka") == F.col("_kafka")).drop("_kafka")


def _missing(stage: Enrich, modules: Sequence[ScienceModule], there: Sequence[str]) -> list[str]:
    """Top-level packet columns that modules read and science has not."""
    return [column for column in _packet_columns(stage, modules) if column not in there]


def _packet_columns(stage: Enrich, modules: Sequence[ScienceModule]) -> list[str]:
    """Top-level packet columns that modules read."""
    read = replace(stage, modules=modules)
    groups = {path.split(".")[0] for m in read.modules for path in m.inputs}
    others = {m.name for m in (*stage.modules, *modules)}
    others |= {"alert", "history", "cutouts", "services"}
    history = {stage.survey.history, stage.survey.current} if "history" in groups else set()
    return sorted((groups - others) | history | _images(stage, modules))


def _images(stage: Enrich, modules: Sequence[ScienceModule]) -> set[str]:
    """Top-level packet columns of the cutouts that modules read."""
    read = {path for m in modules for path in m.inputs}
    return {
        place.split(".")[0]
        for name, place in stage.survey.cutouts.items()
        if f"cutouts.{name}" in read
    }


def _once(raw: DataFrame) -> DataFrame:
    """Keep the first message of each alert."""
    from pyspark.sql import functions as F

    place = F.struct("batch", "kafka.partition", "kafka.offset", "kafka.topic")
    first = raw.groupBy("alert_id").agg(F.min(place).alias("first"))
    return (
        raw.withColumn("place", place)
        .join(first.select("first"), F.col("place") == F.col("first"), "left_semi")
        .drop("place")
    )
