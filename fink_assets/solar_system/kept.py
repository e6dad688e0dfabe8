"""Trajectories as rows of their table, and what was done of each night, with delta-rs.

A night's rows are replaced as a whole, and only if they are other rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple, fields
from typing import TYPE_CHECKING, Any

from fink_assets.lake.attempts import retried
from fink_assets.lake.columns import ColumnContract, arrow_type
from fink_assets.lake.contracts import LINKED_NIGHTS, TRAJECTORIES
from fink_assets.lake.table import Table, of_nights

if TYPE_CHECKING:
    import pyarrow as pa

    from fink_assets.astro.orbit_fit import Orbit
    from fink_assets.solar_system.trajectory import Trajectory

Row = dict[str, Any]
ELEMENTS = (
    *("semimajor_axis", "eccentricity", "inclination", "node", "perihelion", "mean_anomaly"),
)
"""Columns, in the order of `Elements`."""
DETECTION = {
    **{"night": "string", "alert_id": "bigint", "object_id": "string", "time": "timestamp"},
    **{"ra": "double", "dec": "double", "band": "string"},
    **{"magnitude": "float", "magnitude_error": "float"},
}
"""Types of the fields of a detection."""


def as_of(table: Table, first: str, before: str) -> list[Trajectory]:
    """Read the trajectories that were found or got detections from one night on, before another.

    Each as it was last told before that night.
    """
    if not table.exists():
        return []
    statement = (
        "select * from (select *, row_number() over (partition by name order by night desc) as age "
        f"from it where night >= '{first}' and night < '{before}') where age = 1 order by name"
    )
    return [_read(row) for row in table.query(statement).to_pylist()]


def told(trajectories: Iterable[Trajectory], night: str, batch: int) -> list[Row]:
    """Give trajectories that were fitted as the rows of a night."""
    return [_row(each, night, batch) for each in trajectories]


def replaced(table: Table, rows: Sequence[Row], night: str) -> bool:
    """Write the rows of a night in place of those that are there; whether they are others."""
    known = rows_of(table, night)
    if [_compared(row) for row in rows] == [_compared(row) for row in known]:
        return False
    _write(table, TRAJECTORIES, rows, night, partition_by=["night"])
    return True


def write_night(table: Table, row: Row) -> None:
    """Write what was done of a night in place of what is there."""
    _write(table, LINKED_NIGHTS, [row], row["night"], partition_by=None)


def rows_of(table: Table, night: str | None = None) -> list[Row]:
    """Read the rows of a night, or all."""
    if not table.exists():
        return []
    where = "true" if night is None else of_nights([night])
    order = "night" if night is None else "name"
    return list(table.query(f"select * from it where {where} order by {order}").to_pylist())


def _compared(row: Mapping[str, Any]) -> Row:
    """What makes a row another one: all but the batch."""
    return {name: value for name, value in row.items() if name != "batch"}


def _row(one: Trajectory, night: str, batch: int) -> Row:
    orbit: Orbit = one.path  # type: ignore[assignment]
    values, errors = orbit.elements(), orbit.errors()
    nothing = (None,) * len(ELEMENTS)
    found = {
        "night": night,
        "batch": batch,
        "name": one.name,
        "found": one.found,
        "alerts": len(one.detections),
        "epoch": orbit.epoch,
        **dict(zip(ELEMENTS, astuple(values) if values else nothing, strict=True)),
        **{
            f"{name}_error": value
            for name, value in zip(ELEMENTS, astuple(errors) if errors else nothing, strict=True)
        },
        "place": orbit.place.tolist(),
        "velocity": orbit.velocity.tolist(),
        "rms": orbit.rms_arcsec,
        "reduced_chi2": orbit.reduced_chi2,
        "detections": [asdict(each) for each in one.detections],
    }
    return {c.name: found[c.name] for c in TRAJECTORIES}


def _read(row: Mapping[str, Any]) -> Trajectory:
    import numpy as np

    from fink_assets.astro.orbit_fit import Path
    from fink_assets.solar_system.trajectory import Detection, Trajectory

    names = [each.name for each in fields(Detection)]
    place, velocity = np.array(row["place"]), np.array(row["velocity"])
    return Trajectory(
        name=row["name"],
        found=row["found"],
        detections=tuple(Detection(**{n: each[n] for n in names}) for each in row["detections"]),
        path=Path(epoch=row["epoch"], place=place, velocity=velocity),
    )


def _write(
    table: Table,
    columns: Sequence[ColumnContract],
    rows: Sequence[Row],
    night: str,
    *,
    partition_by: list[str] | None,
) -> None:
    import pyarrow as pa
    from deltalake import DeltaTable, write_deltalake

    schema = pa.schema([(c.name, _type(c)) for c in columns])

    def write() -> None:
        log = table.log() or DeltaTable.create(
            table.address, schema, mode="ignore", partition_by=partition_by
        )
        found = pa.Table.from_pylist(list(rows), schema=schema)
        write_deltalake(log, found, mode="overwrite", predicate=of_nights([night]))

    retried(write)


def _type(one: ColumnContract) -> pa.DataType:
    import pyarrow as pa

    if one.name != "detections":
        return arrow_type(one.type)
    return pa.list_(pa.struct([(name, arrow_type(kind)) for name, kind in DETECTION.items()]))
