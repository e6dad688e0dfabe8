"""A catalogue as a Delta table of the lake, `catalogues/<name>`: what users join and look up in.

Written from the compact file, without Spark. Science modules do not read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fink_assets.catalogues.catalogue import Catalogue
from fink_assets.catalogues.counterparts import opened
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    from rich.table import Table as Grid

MARK = "catalogue."


@dataclass(frozen=True, kw_only=True)
class Published:
    """A catalogue in the lake: what it is, and whether it was written now."""

    catalogue: Catalogue
    table: Table
    rows: int
    without_position: int
    written: bool

    @property
    def metadata(self) -> dict[str, Any]:
        """What the asset shows of it."""
        return {
            "dagster/row_count": self.rows,
            "rows without position, left out": self.without_position,
            "version": self.catalogue.version,
            "digest": self.catalogue.digest,
            "reference": self.catalogue.reference,
            "licence": self.catalogue.licence,
            "written": self.written,
        }


def table_of(catalogue: Catalogue, root: str) -> Table:
    """Where a catalogue stands in a lake."""
    return Table(name="/".join(catalogue.key), root=root, partitioned=False)


def publish(catalogue: Catalogue, root: str) -> Published:
    """Write a catalogue to the lake, unless this content of it is there.

    Version, reference, licence and the sums of the files stand in the table's history.

    Raises
    ------
    FileNotFoundError
        It is not on this machine.
    """
    from deltalake import CommitProperties, write_deltalake

    table, rows = table_of(catalogue, root), opened(catalogue)
    about = {MARK + k.decode(): v.decode() for k, v in (rows.schema.metadata or {}).items()}
    fresh = published_as(table).get(f"{MARK}digest") != catalogue.digest
    if fresh:
        write_deltalake(
            table.address,
            rows.replace_schema_metadata(None),
            mode="overwrite",
            schema_mode="overwrite",
            commit_properties=CommitProperties(custom_metadata=about),
        )
    return Published(
        catalogue=catalogue,
        table=table,
        rows=rows.num_rows,
        without_position=int(about[f"{MARK}rows_without_position"]),
        written=fresh,
    )


def published_as(table: Table) -> dict[str, str]:
    """What the last write of a catalogue's table says of itself; empty before the first."""
    log = table.log()
    if log is None:
        return {}
    writes = ({k: v for k, v in c.items() if k.startswith(MARK)} for c in log.history())
    return next((found for found in writes if found), {})


def show(published: Iterable[Published]) -> Grid:
    """Lines for people: one per catalogue."""
    from rich.table import Table as Grid

    grid = Grid("catalogue", "version", "rows", "radius", "in the lake", "reference")
    for one in published:
        radius = f'{one.catalogue.radius_arcsec:g}"' if one.catalogue.position else "by name"
        state = "written" if one.written else "already there"
        facts = (one.catalogue.name, one.catalogue.version, str(one.rows), radius, state)
        grid.add_row(*facts, one.catalogue.reference)
    return grid
