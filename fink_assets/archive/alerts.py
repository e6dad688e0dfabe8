"""All that is known of each alert, sorted by object: what look-ups by object, place or class read.

Rows are those of science, without a column less; what they mean belongs there. `classes` names the
alerts of a label.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fink_assets.archive.refreshed import Refreshed
from fink_assets.lake import clustered, sorting
from fink_assets.lake.streamed import Rows, asked, changed
from fink_assets.lake.table import Table, of_batches, rows_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Looked(Refreshed):
    """A table that follows science and is sorted for look-ups; made without Spark."""

    beat_seconds: ClassVar[float] = 300.0
    at_once: ClassVar[int] = 20
    """Batches that are written together."""

    @abstractmethod
    def rows(self, alerts: str) -> Rows:
        """Rows that some alerts make.

        Parameters
        ----------
        alerts : str
            Condition on science.
        """

    def take(self, *, after: int, up_to: int) -> None:
        """Add the alerts of some batches."""
        for start in range(after, up_to, self.at_once):
            end = min(start + self.at_once, up_to)
            clustered.append(self.table, self.rows(of_batches(start, end)), batch=end)
        sorting.fold(self.table)

    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Write nights anew."""
        rows = self.rows(rows_of(nights, up_to_batch=up_to))
        clustered.replace(self.table, rows, nights=nights, up_to_batch=up_to)

    def reported(self, nights: Sequence[str]) -> int:
        """Rows of the nights."""
        return self.table.count(nights=nights)


@dataclass(frozen=True, kw_only=True)
class Alerts(Looked):
    """The alerts of one survey."""

    @property
    def table(self) -> Table:
        """The alerts."""
        return self.tables.alerts

    def rows(self, alerts: str) -> Rows:
        """Rows of science, with the cell of the sky and the year."""
        science = self.tables.science
        return told(f"select * from it where {alerts}", placed, schema_of(science), it=science)


def placed(rows: pa.Table) -> pa.Table:
    """Add the cell of the sky and the year of each row."""
    import pyarrow as pa

    cells = pa.array(places(rows["ra"], rows["dec"]), pa.int64())
    return dated(rows.append_column("healpix_29", cells))


def dated(rows: pa.Table) -> pa.Table:
    """Add the year of the night of each row."""
    return rows.append_column("year", years(rows))


def told(
    statement: str,
    change: Callable[[pa.Table], pa.Table],
    kinds: pa.Schema,
    **tables: Table,
) -> Rows:
    """Rows that are made of what tables answer to a query, of columns of some kinds."""

    def batches() -> Iterator[pa.RecordBatch]:
        logs = {name: table.log() for name, table in tables.items()}
        return asked(statement, **{name: log for name, log in logs.items() if log})

    return changed(batches, kinds, change)


def schema_of(table: Table) -> pa.Schema:
    """Columns of a table as its log has them, nights included."""
    import pyarrow as pa

    log = table.log()
    if log is None:
        raise LookupError(f"{table.name}: nothing was ever written")
    return pa.schema(log.schema().to_arrow())


def years(rows: pa.Table) -> pa.Array:
    """Year of the night of each row."""
    import pyarrow.compute as pc

    return pc.utf8_slice_codeunits(rows["night"].cast("string"), 0, 4)


def places(ra: pa.ChunkedArray, dec: pa.ChunkedArray) -> list[int | None]:
    """Cell of HEALPix, nested, order 29, of each position (deg); null for none."""
    import numpy as np

    from fink_assets.astro.sphere import cells

    lon, lat = (each.to_numpy(zero_copy_only=False).astype(float) for each in (ra, dec))
    known = np.isfinite(lon) & (np.abs(lat) <= 90)
    found: list[int | None] = [None] * len(lon)
    for place, cell in zip(
        np.flatnonzero(known), cells(lon[known], lat[known]) if known.any() else (), strict=True
    ):
        found[place] = int(cell)
    return found
