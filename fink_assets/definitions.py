"""All of the platform as Dagster sees it. The only module that knows everything.

Loads without Spark, Kafka or any service: connections are made when a run needs them.
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.archive import assets as archive
from fink_assets.catalogues import CATALOGUES, Catalogue
from fink_assets.catalogues import assets as catalogue_assets
from fink_assets.chain import Chain
from fink_assets.counterparts import assets as counterparts
from fink_assets.distribution import assets as distribution
from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters import FILTERS
from fink_assets.gcn import assets as gcn
from fink_assets.lake.combined import Combined
from fink_assets.lake.tables import Tables
from fink_assets.raw2science import assets as raw2science
from fink_assets.raw2science.asked import Asking, services_of
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules import MODULES
from fink_assets.raw2science.modules.catalogues import catalogues_of
from fink_assets.services import assets as service_assets
from fink_assets.settings import Settings, settings
from fink_assets.solar_system import assets as solar_system
from fink_assets.stream2raw import assets as stream2raw
from fink_assets.surveys import SURVEYS, Survey
from quality import assets as quality
from quality import checks
from sensors import counterparts as counterparts_sensor
from sensors import failures, healing, maintenance, nights, services, stream
from sensors import gcn as gcn_sensors
from sensors.stream import StreamConfig

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def build_chain(
    survey: Survey,
    configuration: Settings,
    *,
    modules: Sequence[ScienceModule] = MODULES,
    filters: Sequence[AlertFilter] = FILTERS,
    release: Sequence[int] = (),
) -> Chain:
    """Connect a survey's stages to the services of a deployment."""
    from resources.schema_registry import schema_source
    from resources.spark import connect

    return Chain(
        survey=survey,
        tables=Tables(survey.name, configuration.lake),
        spark=connect(configuration.spark_address),
        beside=partial(connect, configuration.spark_address, shared=False),
        input_servers=configuration.input_servers_of(survey.name),
        output_servers=configuration.output_servers,
        modules=[m for m in modules if m.survey == survey.name],
        filters=[f for f in filters if f.survey == survey.name],
        alerts_per_batch=configuration.most_alerts(survey.message_kb),
        release=tuple(release),
        schemas=schema_source(configuration),
        asking=Asking.of(configuration),
    )


def survey_defs(
    survey: Survey,
    configuration: Settings,
    modules: Sequence[ScienceModule],
    filters: Sequence[AlertFilter],
) -> dg.Definitions:
    """Assets, checks, jobs and sensors of one survey."""
    tables = Tables(survey.name, configuration.lake)
    own_modules = [m for m in modules if m.survey == survey.name]
    own_filters = [f for f in filters if f.survey == survey.name]

    def chain(config: StreamConfig = StreamConfig()) -> Chain:  # noqa: B008
        return build_chain(
            survey, configuration, modules=modules, filters=filters, release=config.release
        )

    science = raw2science.assets(survey, tables, own_modules, lambda: chain().enrich)
    curves = archive.assets(survey, tables, own_modules, lambda: chain().archive)
    night_checks = checks.night_checks(
        survey, tables, own_modules, own_filters, lambda: chain().enrich
    )
    drift = quality.assets(survey, tables, lambda: chain().spark)
    matched = gcn.associations(survey, tables, Combined(configuration.lake), lambda: chain().spark)
    told = gcn.deliveries(survey, tables, configuration.output_servers, lambda: chain().spark)
    matching = gcn.job(f"{survey.name}_gcn_associations", matched, told)
    moving = [
        solar_system.assets(
            survey, found, tables, lambda: chain().spark, rotations=configuration.rotations
        )
        for found in [survey.bodies]
        if found and {m.name for m in own_modules}.issuperset(found.modules)
    ]
    if moving:
        moving.append(archive.body_alerts(survey, tables))
    if survey.trails:
        moving.append(
            solar_system.tracklet_assets(survey, survey.trails, tables, lambda: chain().spark)
        )
    if survey.unknown and {m.name for m in own_modules}.issuperset(survey.unknown.modules):
        moving.append(solar_system.trajectory_assets(survey, survey.unknown, tables))
    numbers = archive.statistics(survey, tables)
    streaming = stream.job(survey, configuration, chain)
    backfill = nights.backfill_job(
        survey, dg.AssetSelection.assets(science, curves, numbers, *moving)
    )
    close = nights.check_job(
        survey,
        dg.AssetSelection.checks(night_checks)
        | dg.AssetSelection.assets(drift, matched, told, numbers, *moving),
    )
    return dg.Definitions(
        assets=[
            *stream2raw.specs(survey, tables),
            *raw2science.models(survey, own_modules),
            *distribution.specs(survey, tables, own_filters),
            science,
            curves,
            drift,
            matched,
            told,
            numbers,
            *moving,
        ],
        asset_checks=[night_checks, checks.batch_checks(survey, tables, lambda: chain().enrich)],
        jobs=[
            streaming,
            stream2raw.dead_letter_job(
                survey, tables, most=configuration.most_alerts(survey.message_kb)
            ),
            backfill,
            close,
            matching,
        ],
        sensors=[
            stream.sensor(survey, configuration, tables, streaming),
            nights.close_sensor(survey, tables, close, night_checks.check_keys),
            healing.sensor(survey, tables, own_modules, Asking.of(configuration), backfill),
            gcn_sensors.associations_sensor(survey, configuration, tables, matching),
        ],
    )


def combined_defs(configuration: Settings, surveys: Sequence[Survey]) -> dg.Definitions:
    """Assets, jobs and sensors of no single survey."""

    def session() -> "SparkSession":
        from resources.spark import connect

        return connect(configuration.spark_address)

    combined = Combined(configuration.lake)
    notices = gcn.notices(combined, configuration, session)
    pairs = counterparts.assets(combined, session)
    reading, pairing = gcn.job("gcn_notices", notices), counterparts.job(pairs)
    both = [Tables(name, configuration.lake) for name in counterparts.SURVEYS]
    return dg.Definitions(
        assets=[notices, pairs, *gcn.topics(surveys, configuration.lake)],
        jobs=[reading, pairing],
        sensors=[
            gcn_sensors.notices_sensor(configuration, reading),
            counterparts_sensor.sensor(both, pairing),
        ],
    )


def build_defs(
    configuration: Settings | None = None,
    *,
    surveys: Sequence[Survey] = tuple(SURVEYS.values()),
    modules: Sequence[ScienceModule] = MODULES,
    filters: Sequence[AlertFilter] = FILTERS,
    catalogues: Sequence[Catalogue] = CATALOGUES,
) -> dg.Definitions:
    """Build the platform for some settings, surveys, modules, filters and catalogues."""
    configuration = configuration or settings()
    parts = [survey_defs(s, configuration, modules, filters) for s in surveys]
    chains = [
        partial(build_chain, s, configuration, modules=modules, filters=filters) for s in surveys
    ]
    return dg.Definitions.merge(
        *parts,
        catalogue_assets.definitions(catalogues_of(modules, catalogues), configuration.lake),
        service_assets.definitions(services_of(modules), configuration.lake),
        combined_defs(configuration, surveys),
        maintenance.schedules(chains, configuration),
        services.schedules(configuration),
        dg.Definitions(sensors=[failures.failed_runs]),
    )


defs = build_defs()
