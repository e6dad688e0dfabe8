"""All that is known of each alert of a known Solar System body, sorted by body for look-ups.

Which alerts are of which body is told by `solar_system`, what is known of them by science. Written
after a night, without Spark.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from fink_assets.archive.alerts import placed, schema_of, told
from fink_assets.lake import clustered, sorting
from fink_assets.lake.streamed import Rows
from fink_assets.lake.table import of_nights
from fink_assets.lake.tables import Tables


@dataclass(frozen=True, kw_only=True)
class BodyAlerts:
    """The alerts of the known bodies of one survey."""

    tables: Tables

    def replace(self, nights: Collection[str]) -> dict[str, int]:
        """Write nights anew, as `solar_system` has them now; return the rows of each."""
        seen, table = self.tables.solar_system, self.tables.body_alerts
        known = self._nights() | (seen.nights() if seen.exists() else set())
        chosen = sorted(known.intersection(nights))
        if not chosen or not self.tables.science.exists():
            return {}
        done = self.tables.ledger.position("raw2science")
        rows = self.rows(f"{of_nights(chosen, 'it.night')} and it.batch <= {done}")
        clustered.replace(table, rows, nights=chosen, up_to_batch=done)
        sorting.fold(table)
        return {night: table.count(nights=[night]) for night in chosen}

    def rows(self, alerts: str) -> Rows:
        """Rows of science of the alerts of bodies, with the name of the body.

        Parameters
        ----------
        alerts : str
            Condition on science, which is called `it`.
        """
        import pyarrow as pa

        science = self.tables.science
        return told(
            "select it.*, seen.name from it join seen "
            f"on it.night = seen.night and it.alert_id = seen.alert_id where {alerts}",
            placed,
            schema_of(science).append(pa.field("name", pa.string())),
            it=science,
            seen=self.tables.solar_system,
        )

    def _nights(self) -> set[str]:
        table = self.tables.body_alerts
        if not table.exists():
            return set()
        return set(table.query("select distinct night from it")["night"].to_pylist())
