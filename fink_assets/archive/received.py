"""Every alert that was received, sorted by object: where and when it came, before it was judged.

`alerts` has those that passed; this also those that did not. Rows are columns of raw, which never
change once they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.archive.alerts import Looked, schema_of, years
from fink_assets.lake.contracts import RECEIVED
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class Received(Looked):
    """The alerts that were received of one survey."""

    @property
    def table(self) -> Table:
        """The alerts."""
        return self.tables.received

    def rows(self, alerts: str) -> pa.Table:
        """Columns of raw that say where an alert is, and the year.

        Parameters
        ----------
        alerts : str
            Condition on raw.
        """
        import pyarrow as pa

        raw = self.tables.raw
        known = schema_of(raw)
        kept = pa.schema([known.field(c.name) for c in RECEIVED if c.name in known.names])
        found = raw.query(f"select {', '.join(kept.names)} from it where {alerts}").cast(kept)
        return found.append_column("year", years(found))
