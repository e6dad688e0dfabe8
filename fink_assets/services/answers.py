"""What services answered, kept in the lake: a copy of the pieces of their catalogues asked so far.

A row of `services/<name>` is a piece, a HEALPix cell, with all sources in and about it, maybe none,
and the date. Rows are only added; of several of a cell the newest counts. When to ask, and what
alerts find in a piece, belongs to `look_up`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fink_assets.lake.columns import arrow_type
from fink_assets.lake.table import Table
from fink_assets.services import kept
from fink_assets.services.service import ORDER, Service

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

REGION_ORDER = 2
"""Order of HEALPix of a folder of the table: 192 of 215 square degrees each; a batch of alerts of
one night is in a few."""
RANGES = 64
"""Most ranges of cells of one query, by which files and parts of files are left out."""
FILES = 8
"""A folder with so many files is made into few, sorted by cell."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of some cells.

    Parameters
    ----------
    answered : pandas.Series of timestamp
        When each was answered, by cell, each once.
    sources : pandas.DataFrame
        ``cell``, ``ra``, ``dec`` and the service's columns: a row per cell and source.
    """

    answered: pd.Series
    sources: pd.DataFrame


@dataclass(frozen=True)
class Answers:
    """The tables `services/<name>` of a lake."""

    root: str
    _tables: dict[str, Table] = field(default_factory=dict, repr=False, compare=False)

    def table(self, service: Service) -> Table:
        """Where the answers of a service are kept."""
        name = "/".join(service.key)
        made = Table(name=name, root=self.root, indexed=("cell",), partitioned=False)
        return self._tables.setdefault(name, made)

    def known(self, service: Service, cells: np.ndarray) -> Known:
        """Read the newest answer about each of some cells, as far as there is one."""
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        table, kind = self.table(service), _schema(service).remove(2).remove(0)
        found = kind.empty_table()
        if len(cells) and table.exists():
            condition = f"question = '{service.question}' and {_among(cells)}"
            found = table.query(f"select cell, answered, sources from it where {condition}")
            found = found.cast(kind)
            found = found.filter(pc.is_in(found["cell"], pa.array(cells)))
        dates = found.select(["cell", "answered"]).to_pandas()
        dates = dates.sort_values(["cell", "answered"], kind="stable").drop_duplicates(
            "cell", keep="last"
        )
        newest = found.take(pa.array(dates.index))
        return Known(
            answered=pd.Series(
                pd.to_datetime(dates["answered"], utc=True).to_numpy("datetime64[us]"),
                index=dates["cell"].to_numpy("int64"),
            ).dt.tz_localize("UTC"),
            sources=_flat(service, newest),
        )

    def keep(
        self, service: Service, cells: np.ndarray, sources: pd.DataFrame, answered: datetime
    ) -> int:
        """Add the answers about some cells; those that are there already are not added again.

        One commit: all are added or none. Others may add at the same time.

        Parameters
        ----------
        service
            Who answered.
        cells
            What was asked.
        sources
            As in `Known`; a cell of which it has no row has no source.
        answered
            When.

        Returns
        -------
        int
            How many were added.
        """
        import numpy as np

        cells = np.unique(cells)
        there = self.known(service, cells).answered
        new = cells[~np.isin(cells, there[there >= answered].index)]
        if len(new):
            rows = _rows(service, new, sources, answered)
            kept.add(self.table(service), rows, folders=["region"])
        return len(new)

    def summary(self, service: Service) -> tuple[int, datetime | None, datetime | None]:
        """How many pieces are known, and the dates of the first and the last answer kept."""
        table = self.table(service)
        if not table.exists():
            return 0, None, None
        (row,) = table.query(
            "select count(distinct cell) as pieces, min(answered) as first, max(answered) as last "
            f"from it where question = '{service.question}'"
        ).to_pylist()
        return row["pieces"], row["first"], row["last"]

    def compact(self, service: Service) -> dict[str, int]:
        """Make the small files of each folder into few, sorted by cell; nothing is lost.

        May run while others read and add. Files no longer used are deleted after Delta's week.
        """
        log = self.table(service).log()
        if log is None:
            return {"folders": 0, "files deleted": 0}
        counts: dict[Any, int] = {}
        for region in log.get_add_actions(flatten=True).column("partition.region").to_pylist():
            counts[region] = counts.get(region, 0) + 1
        small = [region for region, files in counts.items() if files >= FILES]
        for region in small:
            log.optimize.z_order(["cell"], partition_filters=[("region", "=", str(region))])
        return {"folders": len(small), "files deleted": len(log.vacuum(dry_run=False))}


def _among(cells: np.ndarray) -> str:
    """Condition on cells, in few ranges: others that lie between are met, too."""
    import numpy as np

    cells = np.unique(cells)
    gaps = np.diff(cells)
    cuts = np.sort(np.argsort(gaps, kind="stable")[::-1][: RANGES - 1]) + 1
    cuts = cuts[gaps[cuts - 1] > 1]
    ranges = " or ".join(f"cell between {r[0]} and {r[-1]}" for r in np.split(cells, cuts))
    regions = ", ".join(str(r) for r in np.unique(_region(cells)))
    return f"region in ({regions}) and ({ranges})"


def _region(cells: np.ndarray) -> np.ndarray:
    return (cells >> 2 * (ORDER - REGION_ORDER)).astype("int32")


def _struct(service: Service) -> pa.DataType:
    import pyarrow as pa

    own = [(c.name, arrow_type(c.type)) for c in service.columns]
    return pa.struct([("ra", pa.float64()), ("dec", pa.float64()), *own])


def _schema(service: Service) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("region", pa.int32()),
            ("cell", pa.int64()),
            ("question", pa.string()),
            ("answered", pa.timestamp("us", tz="UTC")),
            ("sources", pa.list_(_struct(service))),
        ]
    )


def _rows(
    service: Service, cells: np.ndarray, sources: pd.DataFrame, answered: datetime
) -> pa.Table:
    """A row per cell, in their order."""
    import numpy as np
    import pyarrow as pa

    sources = sources[sources["cell"].isin(cells)].sort_values("cell", kind="stable")
    kind = _struct(service)
    columns = [pa.array(sources[f.name], type=f.type, from_pandas=True) for f in kind]
    start = np.searchsorted(sources["cell"].to_numpy("int64"), cells)
    offsets = np.append(start, len(sources)).astype("int32")
    structs = pa.StructArray.from_arrays(columns, fields=list(kind))
    values = {
        "region": _region(cells),
        "cell": cells,
        "question": [service.question] * len(cells),
        "answered": [answered] * len(cells),
        "sources": pa.ListArray.from_arrays(pa.array(offsets), structs),
    }
    return pa.table(values, schema=_schema(service))


def _flat(service: Service, rows: pa.Table) -> pd.DataFrame:
    """A row per cell and source, in the order of cells and as kept in each."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    lists = rows["sources"].combine_chunks()
    parent = pc.list_parent_indices(lists)
    structs = pc.list_flatten(lists)
    found = {"cell": rows["cell"].take(parent).to_numpy()}
    names = ["ra", "dec", *(c.name for c in service.columns)]
    for name in names:
        values = pc.struct_field(structs, name)
        numbers = pa.types.is_floating(values.type)
        found[name] = values.to_numpy(zero_copy_only=False) if numbers else values.to_pylist()
    return pd.DataFrame(found)
