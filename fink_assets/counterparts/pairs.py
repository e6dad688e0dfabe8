"""Counterparts: objects of ZTF and LSST that are at one place in the sky.

Reads both tables of objects, by cells of the sky, so that the cost grows with their number and not
with that of pairs; makes the table's rows what is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fink_assets.counterparts.cells import NOWHERE, cells, cells_around
from fink_assets.lake.attempts import insist
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

RADIUS_ARCSEC = 1.5
"""Within which ZTF takes detections for one object (Masci et al. 2019, PASP 131, 018003)."""
BODIES = "object_id like 'sso:%' or object_id like 'sso#%'"
"""Objects of LSST that move: where one was last is no place at which to look for it."""


@dataclass(frozen=True, kw_only=True)
class Counterparts:
    """The counterparts of two surveys.

    Parameters
    ----------
    ztf, lsst : Table
        Objects of each.
    table : Table
        What is written.
    """

    ztf: Table
    lsst: Table
    table: Table
    spark: SparkSession

    def replace(self) -> int:
        """Find all counterparts of the objects as they are now; say how many there are.

        Repeated, it changes no row; pairs that are none any more are deleted.
        """
        if not (self.ztf.exists() and self.lsst.exists()):
            return 0
        found = pairs(self.ztf.read(self.spark), self.lsst.read(self.spark))
        same = "t.ztf_object_id = s.ztf_object_id AND t.lsst_object_id = s.lsst_object_id"
        values = ("separation", "nearest_of_lsst", "nearest_of_ztf")
        changed = " OR ".join(f"t.{name} <> s.{name}" for name in values)
        when = (
            f"WHEN MATCHED AND ({changed}) THEN UPDATE SET *",
            "WHEN NOT MATCHED THEN INSERT *",
            "WHEN NOT MATCHED BY SOURCE THEN DELETE",
        )
        insist(lambda: self.table.merge(found, on=same, when=when))
        return self.table.count()


def pairs(ztf: DataFrame, lsst: DataFrame) -> DataFrame:
    """Pairs of objects within `RADIUS_ARCSEC` of which one is the nearest to the other.

    Of two that are as near, the one with the smaller identifier is the nearest.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    here = _placed(ztf, "ztf", around=True)
    there = _placed(lsst.where(f"not ({BODIES})"), "lsst", around=False)
    near = here.join(there, "cell").withColumn("separation", F.expr(SEPARATION_ARCSEC))
    near = near.where(F.col("separation") <= RADIUS_ARCSEC)

    def first(of: str, other: str) -> Any:
        order = Window.partitionBy(f"{of}_object_id").orderBy("separation", f"{other}_object_id")
        return F.row_number().over(order) == 1

    named = near.select(
        "ztf_object_id",
        "lsst_object_id",
        "separation",
        first("ztf", "lsst").alias("nearest_of_lsst"),
        first("lsst", "ztf").alias("nearest_of_ztf"),
    )
    return named.where("nearest_of_lsst or nearest_of_ztf")


SEPARATION_ARCSEC = (
    "3600D * degrees(2 * asin(sqrt(least(1D, "
    "pow(sin(radians(lsst_dec - ztf_dec) / 2), 2) + cos(radians(ztf_dec)) * "
    "cos(radians(lsst_dec)) * pow(sin(radians(lsst_ra - ztf_ra) / 2), 2)))))"
)
"""Haversine formula, which keeps its digits at the smallest angles (Sinnott 1984, S&T 68, 158)."""


def _placed(objects: DataFrame, survey: str, *, around: bool) -> DataFrame:
    """Objects by cell: each in its own, or in its own and those next to it."""

    def run(batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            find: Any = cells_around if around else cells
            found = list(find(batch["ra"], batch["dec"]))
            placed = batch.assign(cell=found).explode("cell").dropna(subset="cell")
            yield placed[placed["cell"] != NOWHERE].astype({"cell": "int64"})

    named = f"{survey}_object_id", f"{survey}_ra", f"{survey}_dec", "cell"
    places = objects.where("ra is not null and dec is not null").select("object_id", "ra", "dec")
    schema = "object_id string, ra double, dec double, cell bigint"
    return places.mapInPandas(run, schema).toDF(*named)
