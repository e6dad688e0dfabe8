"""Services in Dagster: an asset each, which the stages fill as alerts come."""

from collections.abc import Iterable

import dagster as dg

from fink_assets.lake.describe import DELTA, column_schema
from fink_assets.services.service import Service

GROUP = "services"


def spec(service: Service, root: str) -> dg.AssetSpec:
    """Asset of what a service has answered so far; modules that ask it depend on it."""
    return dg.AssetSpec(
        dg.AssetKey(service.key),
        description=f"{service.doc} Kept are the places that were asked about, with the date.",
        group_name=GROUP,
        kinds=DELTA - {"spark"},
        owners=list(service.owners),
        tags={"stage": GROUP},
        code_version=service.digest[:8],
        metadata={
            "dagster/uri": f"{root}/{'/'.join(service.key)}",
            "dagster/table_name": ".".join(service.key),
            "dagster/column_schema": column_schema(service.contract),
            "table at CDS": service.table,
            "reference": service.reference,
            "licence": service.licence,
            "radius (arcsec)": service.radius_arcsec,
            "days until asked again": service.max_age_days,
        },
    )


def definitions(services: Iterable[Service], root: str) -> dg.Definitions:
    """Assets of services in a lake."""
    return dg.Definitions(assets=[spec(service, root) for service in services])
