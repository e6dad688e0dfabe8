"""Every alert that was received, sorted by object: where and when it came, before it was judged.

`alerts` has those that passed; this also those that did not. Rows are columns of raw, which never
change once they are written.
"""

from __future__ import annotations

from dataclasses import dataclass

from fink_assets.archive.alerts import Looked, dated, schema_of, told
from fink_assets.lake.contracts import RECEIVED
from fink_assets.lake.streamed import Rows
from fink_assets.lake.table import Table


@dataclass(frozen=True, kw_only=True)
class Received(Looked):
    """The alerts that were received of one survey."""

    @property
    def table(self) -> Table:
        """The alerts."""
        return self.tables.received

    def rows(self, alerts: str) -> Rows:
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
        return told(f"select {', '.join(kept.names)} from it where {alerts}", dated, kept, it=raw)
