"""What alerts tell of exposures in which there was no good detection: each once.

Upper limits and detections of bad quality are in no alert that passed; alert after alert repeats
them in its history. Good detections of the history are alerts of their own, in `alerts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fink_assets.archive.alerts import schema_of, years
from fink_assets.archive.refreshed import Refreshed
from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD
from fink_assets.lake import clustered, sorting
from fink_assets.lake.contracts import HISTORY
from fink_assets.lake.table import Table, of_batches, rows_of
from fink_assets.surveys.base import Past
from quality.rules import Rule

if TYPE_CHECKING:
    import pyarrow as pa

UPPER_LIMIT, BAD_QUALITY = "upper limit", "bad quality"
SAME = ("object_id", "exposure", "detection")


@dataclass(frozen=True, kw_only=True)
class History(Refreshed):
    """The upper limits and detections of bad quality of one survey.

    Rows are the same if object, exposure and detection are: the first that came stands. Of each
    refresh the years are read that its rows are of, four columns of them.
    """

    past: Past
    beat_seconds: ClassVar[float] = 1800.0
    at_once: ClassVar[int] = 5
    """Batches whose histories are in memory at a time."""

    @property
    def table(self) -> Table:
        """Upper limits and detections of bad quality."""
        return self.tables.history

    def take(self, *, after: int, up_to: int) -> None:
        """Insert what alerts of some batches bring."""
        for start in range(after, up_to, self.at_once):
            end = min(start + self.at_once, up_to)
            rows = self.rows(of_batches(start, end))
            clustered.insert(self.table, rows, same=SAME, batch=end)
        sorting.fold(self.table)

    def renew(self, nights: Sequence[str], *, up_to: int) -> None:
        """Insert what is missing of the alerts of some nights; rows that are there stay."""
        rows = self.rows(rows_of(nights, up_to_batch=up_to))
        clustered.insert(self.table, rows, same=SAME, batch=None)

    def rows(self, alerts: str) -> pa.Table:
        """What the alerts that passed tell, each once.

        Parameters
        ----------
        alerts : str
            Condition on columns that raw and science share.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        passed = self.tables.science.query(f"select alert_id from it where {alerts}")
        element = schema_of(self.tables.raw).field(self.past.array).type.value_type
        kinds = _schema(element)
        found = self.tables.raw.query(self._statement(alerts)).select(kinds.names).cast(kinds)
        ids = pa.array(passed["alert_id"].to_pylist(), pa.int64())
        found = found.filter(pc.is_in(found["alert_id"], ids)).sort_by(
            [("batch", "ascending"), ("alert_id", "ascending")]
        )
        first = found.select(SAME).to_pandas().drop_duplicates().index
        found = found.take(pa.array(first, pa.int64()))
        night = pc.strftime(found["time"], "%Y-%m-%d")
        found = found.append_column("night", night)
        return found.append_column("year", years(found)).select([c.name for c in HISTORY])

    def _statement(self, alerts: str) -> str:
        past = self.past
        each = (
            f"select batch, alert_id, object_id, unnest({past.array}) as measurement "
            f"from it where {alerts} and {past.array} is not null"
        )
        values = {name: f"measurement['{getattr(past, name)}']" for name in past.fields}
        micros = f"round(({values['jd']} - {UNIX_EPOCH_JD}) * {SECONDS_PER_DAY * 1e6})"
        good = " and ".join(map(_passes, past.quality))
        kind = f"case when {values['magnitude']} is null then '{UPPER_LIMIT}' "
        kind += f"when not ({good}) then '{BAD_QUALITY}' end"
        told = (
            f"select batch, alert_id, object_id, measurement, {kind} as kind, "
            f"to_timestamp_micros(cast({micros} as bigint)) as time, "
            f"{values['exposure']} as exposure, coalesce({values['detection']}, 0) as detection "
            f"from ({each}) as histories where {values['jd']} is not null"
        )
        return f"select * from ({told}) as told where kind is not null"


def _schema(element: pa.DataType) -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            ("batch", pa.int64()),
            ("alert_id", pa.int64()),
            ("object_id", pa.string()),
            ("measurement", element),
            ("kind", pa.string()),
            ("time", pa.timestamp("us", "UTC")),
            ("exposure", pa.int64()),
            ("detection", pa.int64()),
        ]
    )


def _passes(rule: Rule) -> str:
    """Write in the SQL of delta-rs that an element meets a bound; null and NaN never do."""
    value = f"measurement['{rule.column.rpartition('.')[2]}']"
    bound = rule.threshold
    if isinstance(bound, float):  # compared in the precision of packets, as by the cuts
        bound = f"cast({bound} as real)"
    return (
        f"coalesce({value} {rule.operator} {bound} and not isnan(cast({value} as double)), false)"
    )
