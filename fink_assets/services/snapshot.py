"""Remote catalogues that are fetched whole: their table in the lake, and the search in it.

`services/<name>` holds the last list, sorted by cell; Delta's history has the earlier ones, each
with the time at which it was fetched. Fetching belongs to `tns`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fink_assets.lake.columns import arrow_type
from fink_assets.lake.table import Table
from fink_assets.services.service import ANSWERED, UNAVAILABLE, Snapshot

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from fink_assets.astro.sphere import Sources

FETCHED, QUESTION = "service.fetched", "service.question"
NEVER = "the list was never fetched"
LATELY = 20
"""Commits that are looked at for what the list says of itself: each is a list."""


@dataclass(frozen=True)
class Listed:
    """A list in the lake: when it was fetched, where its sources are, what is told of them."""

    fetched: datetime
    sources: Sources
    rows: pa.Table


def table_of(snapshot: Snapshot, root: str) -> Table:
    """Where a list stands in a lake."""
    return Table(name="/".join(snapshot.key), root=root, partitioned=False)


def keep(snapshot: Snapshot, rows: pd.DataFrame, *, root: str, fetched: datetime) -> int:
    """Replace the list, in one commit; that of an earlier time never replaces a later one.

    Parameters
    ----------
    snapshot
        Which.
    rows : pandas.DataFrame
        ``ra``, ``dec`` (deg) and its columns. One without a position is left out.
    root
        Of the lake.
    fetched
        When.

    Returns
    -------
    int
        Sources written; 0 if a list as new was there.
    """
    import numpy as np
    import pyarrow as pa
    from deltalake import CommitProperties, write_deltalake

    from fink_assets.astro.sphere import cells

    table = table_of(snapshot, root)
    there = _written(table).get(FETCHED)
    if there and datetime.fromisoformat(there) >= fetched:
        return 0
    rows = rows[np.isfinite(rows["ra"].astype(float)) & np.isfinite(rows["dec"].astype(float))]
    rows = rows.assign(healpix_29=cells(rows["ra"].to_numpy(float), rows["dec"].to_numpy(float)))
    rows = rows.sort_values("healpix_29", kind="stable")
    about = {FETCHED: fetched.isoformat(), QUESTION: snapshot.question}
    write_deltalake(
        table.address,
        pa.Table.from_pandas(rows, schema=_schema(snapshot), preserve_index=False),
        mode="overwrite",
        schema_mode="overwrite",
        commit_properties=CommitProperties(custom_metadata=about),
    )
    return len(rows)


def look_up(snapshot: Snapshot, positions: pd.DataFrame, *, root: str) -> pd.DataFrame:
    """Find the nearest source of the last list to each alert, as `look_up.look_up` gives it."""
    import numpy as np
    import pandas as pd

    from fink_assets.astro.photometry import measurements
    from fink_assets.astro.sphere import nearest

    listed = opened(snapshot, root)
    length = len(positions)
    row, separation = np.full(length, -1, dtype=np.int64), np.full(length, np.nan)
    if listed:
        ra, dec = (measurements(positions[name]) for name in ("ra", "dec"))
        row, separation = nearest(ra, dec, listed.sources, snapshot.radius_arcsec)
    fetched = pd.Timestamp(listed.fetched) if listed else pd.NaT
    found: dict[str, Any] = {
        "state": ANSWERED if listed else UNAVAILABLE,
        "reason": pd.Series([None if listed else NEVER] * length, dtype=object).to_numpy(),
        "answered": pd.Series([fetched] * length, dtype="datetime64[us, UTC]").array,
        "separation": separation,
    }
    matched = np.flatnonzero(row >= 0)
    for column in snapshot.columns:
        values = np.full(length, np.nan if column.type == "double" else None)
        if listed:
            values[matched] = listed.rows[column.name].take(row[matched]).to_pylist()
        found[column.name] = values
    return pd.DataFrame(found, index=positions.index)


def opened(snapshot: Snapshot, root: str) -> Listed | None:
    """The last list, None if none was ever fetched as now declared."""
    table = table_of(snapshot, root)
    log = table.log()
    about = _written(table)
    if log is None or about.get(QUESTION) != snapshot.question:
        return None
    rows, sources = _opened(table.address, log.version(), _schema(snapshot))
    return Listed(datetime.fromisoformat(about[FETCHED]), sources, rows)


@lru_cache(maxsize=4)
def _opened(address: str, version: int, schema: pa.Schema) -> tuple[pa.Table, Sources]:
    import pyarrow as pa
    from deltalake import DeltaTable, QueryBuilder

    from fink_assets.astro.sphere import Sources

    builder = QueryBuilder().register("it", DeltaTable(address, version=version))
    answer = builder.execute("select * from it order by healpix_29, ra, dec")
    rows = pa.RecordBatchReader.from_stream(answer).read_all().cast(schema).combine_chunks()
    columns = (rows[name].to_numpy() for name in ("healpix_29", "ra", "dec"))
    return rows, Sources(*columns)


def _schema(snapshot: Snapshot) -> pa.Schema:
    import pyarrow as pa

    at = [("healpix_29", pa.int64()), ("ra", pa.float64()), ("dec", pa.float64())]
    return pa.schema([*at, *((c.name, arrow_type(c.type)) for c in snapshot.columns)])


def _written(table: Table) -> dict[str, str]:
    """What the last write of a list says of itself; empty before the first."""
    log = table.log()
    commits = log.history(LATELY) if log else []
    return next((c for c in commits if FETCHED in c), {})
