"""What moves, in Dagster: known bodies, phase curves, trails of satellites, unknown bodies."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.lake import contracts
from fink_assets.lake.describe import key, table_spec
from fink_assets.lake.tables import Tables
from fink_assets.solar_system.observations import Observations
from fink_assets.solar_system.phase_curves import PhaseCurves
from fink_assets.solar_system.tracklets import Tracklets
from fink_assets.solar_system.trajectories import Trajectories
from fink_assets.surveys import Survey
from fink_assets.surveys.base import Bodies, Trails
from fink_assets.surveys.unknown import Unknown

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

STAGE = "solar_system"
REPORTED = ("candidates", "pairs", "found", "continued", "clusters", "untried")
"""Of a night's row of `linked_nights`, shown beside the nights that were left out."""


def specs(survey: Survey, bodies: Bodies, tables: Tables) -> list[dg.AssetSpec]:
    """Assets of the Solar System."""
    modules = [dg.AssetKey([survey.name, "science", name]) for name in bodies.modules]
    science = [key(tables.science), *modules]
    seen = table_spec(
        tables.solar_system,
        survey,
        stage=STAGE,
        doc="What was seen of known Solar System bodies: one row per alert, after a night.",
        columns=contracts.solar_system(survey),
        deps=science,
        skippable=True,
    )
    curves = table_spec(
        tables.phase_curves,
        survey,
        stage=STAGE,
        doc="Phase curves of known Solar System bodies in HG, HG1G2, SHG1G2 and SOCCA. A "
        "night's partition: bodies seen that night.",
        columns=contracts.PHASE_CURVES,
        deps=[key(tables.solar_system)],
        skippable=True,
    )
    return [seen, curves]


def assets(
    survey: Survey,
    bodies: Bodies,
    tables: Tables,
    connect: Callable[[], "SparkSession"],
    *,
    rotations: int,
) -> dg.AssetsDefinition:
    """Make the assets of the Solar System; `connect` gives a session when a run needs it.

    `rotations` is the most bodies of which SOCCA is fitted in a run.
    """

    @dg.multi_asset(
        name=f"{survey.name}_solar_system",
        specs=specs(survey, bodies, tables),
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def solar_system(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Write what was seen of bodies in nights anew, and fit those bodies again."""
        spark, nights = connect(), list(context.partition_keys)
        if (asset_key := key(tables.solar_system)) in context.selected_asset_keys:
            seen = Observations(survey=survey, bodies=bodies, tables=tables, spark=spark)
            rows = seen.replace(nights)
            for night, number in rows.items():
                context.add_asset_metadata({"rows": number}, asset_key, night)
            yield dg.MaterializeResult(
                asset_key=asset_key, metadata={"dagster/row_count": sum(rows.values())}
            )
        if (asset_key := key(tables.phase_curves)) in context.selected_asset_keys:
            curves = PhaseCurves(survey=survey, tables=tables, spark=spark, rotations=rotations)
            number, waiting = curves.refresh(nights), curves.waiting()
            yield dg.MaterializeResult(
                asset_key=asset_key,
                metadata={"dagster/row_count": number, "rotations_waiting": waiting},
            )

    return solar_system


def tracklet_assets(
    survey: Survey, trails: Trails, tables: Tables, connect: Callable[[], "SparkSession"]
) -> dg.AssetsDefinition:
    """Make the asset of tracklets; `connect` gives a session when a run needs it."""
    spec = table_spec(
        tables.tracklets,
        survey,
        stage=STAGE,
        doc="Tracklets: alerts that lie along one line in an exposure, as satellites and debris "
        "leave them, after a night.",
        columns=contracts.TRACKLETS,
        deps=[key(tables.science)],
    )

    @dg.multi_asset(
        name=f"{survey.name}_tracklets",
        specs=[spec],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="spark_batch",
    )
    def tracklets(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        """Look for tracklets in the exposures of nights and write these anew."""
        found = Tracklets(survey=survey, trails=trails, tables=tables, spark=connect())
        rows = found.replace(list(context.partition_keys))
        for night, number in rows.items():
            context.add_asset_metadata({"rows": number}, spec.key, night)
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values())})

    return tracklets


def trajectory_assets(survey: Survey, unknown: Unknown, tables: Tables) -> dg.AssetsDefinition:
    """Make the assets of unknown bodies; they need no Spark."""
    modules = [dg.AssetKey([survey.name, "science", name]) for name in unknown.modules]
    trajectories = table_spec(
        tables.trajectories,
        survey,
        stage=STAGE,
        doc="Unknown bodies: alerts of several nights that lie on one orbit, with it. A night's "
        "partition: bodies that were found with its alerts, or got some.",
        columns=contracts.TRAJECTORIES,
        deps=[key(tables.science), *modules],
    )
    nights = table_spec(
        tables.linked_nights,
        survey,
        stage=STAGE,
        doc="What linking gave of each night, and what it left out for want of time.",
        columns=contracts.LINKED_NIGHTS,
        deps=[key(tables.science), *modules],
    )

    @dg.multi_asset(
        name=f"{survey.name}_trajectories",
        specs=[trajectories, nights],
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def linking(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Link the alerts of nights anew with those before, and later nights that follow."""
        links = Trajectories(unknown=unknown, tables=tables)
        chosen = list(context.partition_keys)
        rows = links.replace(chosen)
        for night in rows.keys() & set(chosen):
            shown = {name: rows[night][name] for name in REPORTED}
            context.add_asset_metadata(
                {**shown, "nights_left_out": links.left_out(night)}, trajectories.key, night
            )
        told = sum(row["found"] + row["continued"] for row in rows.values())
        later = sorted(rows.keys() - set(chosen))
        yield dg.MaterializeResult(
            asset_key=trajectories.key,
            metadata={"dagster/row_count": told, "later_nights_linked_anew": later},
        )
        yield dg.MaterializeResult(asset_key=nights.key, metadata={"dagster/row_count": len(rows)})

    return linking
