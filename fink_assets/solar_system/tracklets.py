"""Trails in the exposures of a night: which alerts lie along one line, under one name.

Reads science, writes the table tracklets. The geometry is in `astro.tracklets`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.lake.contracts import TRACKLETS
from fink_assets.lake.table import Table
from fink_assets.solar_system.nightly import Nightly
from fink_assets.surveys.base import Trails

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame


@dataclass(frozen=True, kw_only=True)
class Tracklets(Nightly):
    """The tracklets of one survey."""

    trails: Trails

    @property
    def table(self) -> Table:
        """What is written."""
        return self.tables.tracklets

    def rows(self, science: DataFrame) -> DataFrame:
        """Rows of the table: one for each alert of a tracklet."""
        schema = ", ".join(f"`{c.name}` {c.type}" for c in TRACKLETS)
        names = ("night", "batch", "object_id", "alert_id", "time", "ra", "dec")
        candidates = science.where(self.trails.candidate).select(*names)
        return candidates.groupBy("time").applyInPandas(found, schema).coalesce(1)


def found(exposure: pd.DataFrame) -> pd.DataFrame:
    """Find the tracklets of one exposure, whose candidates these are."""
    import pandas as pd

    from fink_assets.astro.tracklets import tracklets

    # Of two alerts at one place the geometry takes the first.
    alerts = exposure.sort_values("alert_id", ignore_index=True)
    parts = []
    for number, one in enumerate(tracklets(alerts["ra"].to_numpy(), alerts["dec"].to_numpy())):
        part = alerts.iloc[one.members].assign(
            tracklet=f"TRCK_{alerts['time'].iloc[0]:%Y%m%d_%H%M%S}_{number:02d}",
            along=one.along_arcsec,
            offset=one.offset_arcsec,
        )
        parts.append(part)
    names = [c.name for c in TRACKLETS]
    return pd.concat(parts)[names] if parts else pd.DataFrame(columns=names)
