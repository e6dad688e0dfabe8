"""Catalogues in Dagster: an asset each, and a job for all of them.

Modules that search a catalogue depend on its asset; a new content of it makes them stale.
"""

from collections.abc import Sequence

import dagster as dg

from fink_assets.catalogues.catalogue import Catalogue
from fink_assets.lake.describe import DELTA, column_schema

GROUP = "catalogues"


def spec(catalogue: Catalogue, root: str) -> dg.AssetSpec:
    """Asset of a catalogue."""
    return dg.AssetSpec(
        dg.AssetKey(catalogue.key),
        description=catalogue.doc,
        group_name=GROUP,
        kinds=DELTA - {"spark"},
        owners=list(catalogue.owners),
        tags={"stage": GROUP},
        code_version=f"{catalogue.version}+{catalogue.digest[:8]}",
        metadata={
            "dagster/uri": f"{root}/{'/'.join(catalogue.key)}",
            "dagster/table_name": ".".join(catalogue.key),
            "dagster/column_schema": column_schema(catalogue.contract),
            "reference": catalogue.reference,
            "licence": catalogue.licence,
            "radius (arcsec)": catalogue.radius_arcsec,
        },
        skippable=True,
    )


def definitions(catalogues: Sequence[Catalogue], root: str) -> dg.Definitions:
    """Assets of catalogues in a lake, and the job `catalogues`."""

    @dg.multi_asset(specs=[spec(c, root) for c in catalogues], can_subset=True)
    def write_catalogues(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]  # noqa: ANN202
        """Fetch what is not on this machine, and write what changed to the lake."""
        from fink_assets.catalogues.build import ensure
        from fink_assets.catalogues.table import publish

        for catalogue in catalogues:
            key = dg.AssetKey(catalogue.key)
            if key in context.selected_asset_keys:
                ensure(catalogue, beside=catalogues)
                yield dg.MaterializeResult(
                    asset_key=key, metadata=publish(catalogue, root).metadata
                )

    job = dg.define_asset_job(GROUP, selection=dg.AssetSelection.assets(write_catalogues))
    return dg.Definitions(assets=[write_catalogues], jobs=[job])
