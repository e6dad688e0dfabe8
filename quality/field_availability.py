"""How often each field of the packets is null, night by night.

Counts a night of raw in Spark, one row of numbers per aggregation, and writes the table
field_availability. Which fields packets should have belongs to `schema_history`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from fink_assets.lake.contracts import FIELD_AVAILABILITY, RAW
from fink_assets.lake.table import of_nights
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType

# A field that was nearly always there and is mostly gone; of fewer values neither can be said.
RARELY, MOSTLY, LEAST = 0.05, 0.5, 20


Leaf = tuple[str, str, "DataType"]
"""Path of a field, its column, and its type."""


@dataclass(frozen=True, kw_only=True)
class Availability:
    """How many values a field has: of `rows`, which are alerts or elements of an array.

    `nans` is None for what is no floating point number.
    """

    field: str
    type: str
    rows: int
    nulls: int
    nans: int | None = None

    @property
    def null_fraction(self) -> float | None:
        """Fraction of nulls; None of nothing."""
        return self.nulls / self.rows if self.rows else None

    @property
    def lacking(self) -> float | None:
        """Fraction without a value: null, or NaN, which is as good as missing."""
        return (self.nulls + (self.nans or 0)) / self.rows if self.rows else None


@dataclass(frozen=True, kw_only=True)
class NightFields:
    """Fields of a night, and of the nearest earlier night that was counted."""

    night: str
    fields: Sequence[Availability] = ()
    compared_with: str | None = None
    before: dict[str, Availability] = field(default_factory=dict)

    @property
    def lost(self) -> list[Availability]:
        """Fields that were nearly always there and are mostly gone."""
        return [now for now in self.fields if self._lost(now)]

    def _lost(self, now: Availability) -> bool:
        was = self.before.get(now.field)
        if was is None or min(was.rows, now.rows) < LEAST:
            return False
        return (was.lacking or 0) < RARELY and (now.lacking or 0) > MOSTLY

    def shift(self, now: Availability) -> float | None:
        """By how much the fraction without a value has grown; None where either night has none."""
        was = self.before.get(now.field)
        if was is None or was.lacking is None or now.lacking is None:
            return None
        return now.lacking - was.lacking


@dataclass(frozen=True, kw_only=True)
class FieldAvailability:
    """The availability of the fields of one survey."""

    survey: Survey
    tables: Tables
    spark: SparkSession

    def replace(self, nights: Collection[str]) -> list[NightFields]:
        """Count nights of raw and write them anew.

        Batches that are not archived completely are left to the next time.

        Returns
        -------
        list of NightFields
            Of the nights that have alerts, or had.
        """
        done, table = self.tables.ledger.position("stream2raw"), self.tables.field_availability
        chosen = sorted((self.tables.raw.nights() | table.nights()).intersection(nights))
        if not chosen:
            return []
        last = self._last_batches(chosen, done)
        found = self._counted(sorted(last), done)
        rows = [_row(fields, night, last[night]) for night in found for fields in found[night]]
        schema = ", ".join(f"{c.name}: {c.type}" for c in FIELD_AVAILABILITY)
        frame = self.spark.createDataFrame(rows, schema).coalesce(1)
        table.replace(frame, nights=chosen, up_to_batch=done)
        return [self._compared(night, found.get(night, [])) for night in chosen]

    def _last_batches(self, nights: Sequence[str], done: int) -> dict[str, int]:
        rows = self.tables.raw.query(
            "select night, max(batch) as batch from it "
            f"where {of_nights(nights)} and batch <= {done} group by night"
        )
        return {row["night"]: row["batch"] for row in rows.to_pylist()}

    def _counted(self, nights: Sequence[str], done: int) -> dict[str, list[Availability]]:
        if not nights:
            return {}
        raw = self.tables.raw.read(self.spark, nights=nights).where(f"batch <= {done}")
        others = {contract.name for contract in RAW} - {"night"}
        return counted(raw.drop(*others), nights)

    def _compared(self, night: str, fields: Sequence[Availability]) -> NightFields:
        first, table = self.survey.first_night, self.tables.field_availability
        earlier = f"night < '{night}' and night >= '{first}'"
        rows = table.query(
            f"select * from it where night = (select max(night) from it where {earlier})"
        ).to_pylist()
        before = {
            row["field"]: Availability(
                **{name: row[name] for name in ("field", "type", "rows", "nulls", "nans")}
            )
            for row in rows
        }
        other = rows[0]["night"] if rows else None
        return NightFields(night=night, fields=fields, compared_with=other, before=before)


def _row(found: Availability, night: str, batch: int) -> dict[str, Any]:
    more = {"night": night, "batch": batch, "null_fraction": found.null_fraction}
    return asdict(found) | more


def counted(packets: DataFrame, nights: Sequence[str]) -> dict[str, list[Availability]]:
    """Count the nulls of every field by night: leaves of structs at once, then arrays' elements.

    Parameters
    ----------
    packets : pyspark.sql.DataFrame
        Packets, one per row, and their `night`. It is read once, and once more per array.
    nights : sequence of str
        Its nights.
    """
    from pyspark.sql import functions as F
    from pyspark.sql.types import ArrayType, StructType

    names = [name for name in packets.columns if name != "night"]
    whole: DataType = StructType([packets.schema[name] for name in names])
    found: dict[str, list[Availability]] = {night: [] for night in nights}
    places = [(packets, whole, "", "")]
    for frame, kind, path, column in places:
        leaves = list(_leaves(kind, path, column))
        numbers = _numbers(frame, leaves)
        for n, (name, leaf, inner) in enumerate(leaves):
            for night in nights:
                found[night].append(_availability(name, inner, numbers.get(night, {}), n))
            if isinstance(inner, ArrayType):
                elements = frame.select("night", F.explode(leaf).alias("element"))
                places.append((elements, inner.elementType, f"{name}[]", "element"))
    return found


def _numbers(frame: DataFrame, leaves: Sequence[Leaf]) -> dict[str, dict[str, int]]:
    """Rows, values and NaNs by night, named by place: fields may be called anything."""
    from pyspark.sql import functions as F

    values = [F.count(leaf).alias(f"values{n}") for n, (_, leaf, _) in enumerate(leaves)]
    nans = [
        F.count_if(F.isnan(leaf)).alias(f"nans{n}")
        for n, (_, leaf, inner) in enumerate(leaves)
        if _floating(inner)
    ]
    rows = frame.groupBy("night").agg(F.count(F.lit(1)).alias("rows"), *values, *nans).collect()
    return {row["night"]: row.asDict() for row in rows}


def _availability(name: str, kind: DataType, numbers: dict[str, int], place: int) -> Availability:
    rows = numbers.get("rows", 0)
    return Availability(
        field=name,
        type=kind.simpleString().partition("<")[0],
        rows=rows,
        nulls=rows - numbers.get(f"values{place}", 0),
        nans=numbers.get(f"nans{place}", 0) if _floating(kind) else None,
    )


def _leaves(kind: DataType, path: str, column: str) -> Iterator[Leaf]:
    """Path, column and type of what a struct holds in the end."""
    from pyspark.sql.types import StructType

    if not isinstance(kind, StructType):
        yield path, column, kind
        return
    for inner in kind.fields:
        inside = f"{path}.{inner.name}".lstrip(".")
        yield from _leaves(inner.dataType, inside, f"{column}.`{inner.name}`".lstrip("."))


def _floating(kind: DataType) -> bool:
    from pyspark.sql.types import DoubleType, FloatType

    return isinstance(kind, (DoubleType, FloatType))
