"""Phase curves of known Solar System bodies: each body and model once, from all that was seen.

Reads the table solar_system, merges into phase_curves. Formulae and fits belong to
`astro.phase_curve`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fink_assets.lake.attempts import insist
from fink_assets.lake.contracts import PHASE_CURVES
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

    from fink_assets.astro.phase_fits import BandFit, Observations, PhaseFit

AB_NANOJANSKY = 31.4
"""Magnitude of 1 nJy."""


@dataclass(frozen=True, kw_only=True)
class PhaseCurves:
    """The phase curves of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession

    def refresh(self, nights: Collection[str]) -> int:
        """Fit every body seen in some nights anew, from all of its nights; return how many rows.

        A body that had rows in the nights when it was fitted last is among them; one of which
        nothing is left is deleted.
        """
        if not nights or not self.tables.solar_system.exists():
            return 0
        insist(lambda: self._merge(sorted(nights)))
        return self.tables.phase_curves.count()

    def _merge(self, nights: list[str]) -> None:
        concerned = self._concerned(nights)
        seen = self.tables.solar_system.read(self.spark)
        fitted = self.fitted(seen.join(concerned, "name", "left_semi"))
        # A body of which nothing is left has no fit, and its rows match by name alone.
        rows = concerned.join(fitted, "name", "left")
        update = ", ".join(f"`{c.name}` = s.`{c.name}`" for c in PHASE_CURVES)
        self.tables.phase_curves.merge(
            rows,
            on="t.name = s.name and (t.model = s.model or s.model is null)",
            when=(
                "WHEN MATCHED AND s.model IS NULL THEN DELETE",
                f"WHEN MATCHED THEN UPDATE SET {update}",
                "WHEN NOT MATCHED AND s.model IS NOT NULL THEN INSERT *",
            ),
        )

    def _concerned(self, nights: list[str]) -> DataFrame:
        from pyspark.sql import functions as F

        names = self.tables.solar_system.read(self.spark, nights=nights).select("name")
        if self.tables.phase_curves.exists():
            before = F.arrays_overlap("nights", F.array(*[F.lit(night) for night in nights]))
            known = self.tables.phase_curves.read(self.spark).where(before)
            names = names.unionByName(known.select("name"))
        return names.distinct()

    def fitted(self, seen: DataFrame) -> DataFrame:
        """Fit all models to the bodies of some rows of solar_system."""
        schema = ", ".join(f"`{c.name}` {c.type}" for c in PHASE_CURVES)
        return seen.groupBy("name").applyInPandas(fits, schema)


def fits(rows: pd.DataFrame) -> pd.DataFrame:
    """Fit all models to one body, whose observations these are; one row for each model."""
    import pandas as pd

    from fink_assets.astro.phase_curve import fit
    from fink_assets.astro.phase_fits import MODELS

    seen = {
        "name": rows["name"].iloc[0],
        "alerts": len(rows),
        "nights": sorted(set(rows["night"])),
    }
    data = observations(rows)
    found = [seen | described(fit(data, model)) for model in MODELS]
    return pd.DataFrame(found, columns=[c.name for c in PHASE_CURVES], dtype=object)


def observations(rows: pd.DataFrame) -> Observations:
    """Read what a fit needs from rows of solar_system; fluxes become AB magnitudes."""
    from fink_assets.astro.phase_fits import Observations
    from fink_assets.astro.photometry import labels, magnitude_and_error, measurements

    columns = {
        "phase_deg": "phase_angle",
        "range_au": "topo_range",
        "helio_au": "helio_range",
        "ra_deg": "ra",
        "dec_deg": "dec",
    }
    if "flux" in rows:
        flux, error = measurements(rows["flux"]), measurements(rows["flux_error"])
        magnitude, error = magnitude_and_error(flux, error, AB_NANOJANSKY)
    else:
        magnitude, error = measurements(rows["magnitude"]), measurements(rows["magnitude_error"])
    return Observations(
        magnitude=magnitude,
        error=error,
        band=labels(rows["band"], len(rows)),
        **{ours: measurements(rows[theirs]) for ours, theirs in columns.items()},
    )


def described(found: PhaseFit) -> dict[str, Any]:
    """Give a fit as a row of the table; what was not found is null."""
    values: dict[str, Any] = {
        name: getattr(found, name) for name in ("model", "status", "reason", "chi2", "rms")
    }
    values |= {"degrees": found.degrees, "at_bound": list(found.at_bound)}
    for name in ("oblateness", "alpha0", "delta0"):
        values |= {name: found.spin.get(name), f"{name}_error": found.spin_errors.get(name)}
    return values | {"bands": [_band(band) for band in found.bands]}


def _band(found: BandFit) -> dict[str, Any]:
    values: dict[str, Any] = {"band": found.band}
    for name in ("h", "g", "g1", "g2"):
        values |= {name: found.values.get(name), f"{name}_error": found.errors.get(name)}
    return values | {
        "rms": found.rms,
        "points": found.points,
        "phase_min": found.phase_min_deg,
        "phase_max": found.phase_max_deg,
    }
