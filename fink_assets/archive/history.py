"""What alerts tell of exposures in which there was no good detection: each once.

Upper limits and detections of bad quality are in no alert that passed; alert after alert repeats
them in its history. Good detections of the history are alerts of their own, in `alerts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fink_assets.archive.alerts import schema_of, told, years
from fink_assets.archive.refreshed import Refreshed
from fink_assets.astro.time import SECONDS_PER_DAY, UNIX_EPOCH_JD
from fink_assets.lake import clustered, sorting
from fink_assets.lake.contracts import HISTORY
from fink_assets.lake.streamed import ROWS, Rows
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
    refresh the years are read that its rows are of, three columns of them.
    """

    past: Past
    beat_seconds: ClassVar[float] = 1800.0
    at_once: ClassVar[int] = 2
    """Batches whose upper limits and bad detections are in memory at a time, each once."""

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
        where = rows_of(nights, up_to_batch=up_to)
        found = self.tables.raw.query(f"select distinct batch from it where {where}")
        batches = sorted(found["batch"].to_pylist())
        for start in range(0, len(batches), self.at_once):
            some = ", ".join(map(str, batches[start : start + self.at_once]))
            rows = self.rows(f"{where} and batch in ({some})")
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

        science, raw = self.tables.science, self.tables.raw
        passed = science.query(f"select alert_id from it where {alerts}")["alert_id"]
        ids = pa.array(passed.to_pylist(), pa.int64())
        kinds = _schema(schema_of(raw).field(self.past.array).type.value_type)
        found = first_of(
            told(
                self._statement(alerts),
                lambda rows: rows.filter(pc.is_in(rows["alert_id"], ids)),
                kinds,
                it=raw,
            )
        )
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


def first_of(rows: Rows) -> pa.Table:
    """Of rows that are the same, the one of the first alert of the first batch."""
    import pyarrow as pa

    found, waiting = rows.schema.empty_table(), 0
    for piece in rows:
        found = pa.concat_tables([found, _first(piece)])
        waiting += len(piece)
        if waiting > max(8 * ROWS, len(found)):
            found, waiting = _first(found), 0
    return _first(found)


def _first(rows: pa.Table) -> pa.Table:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    order = pc.sort_indices(rows, sort_keys=[("batch", "ascending"), ("alert_id", "ascending")])
    keys = rows.select(SAME).take(order).append_column("place", pa.array(np.arange(len(rows))))
    first = keys.group_by(list(SAME)).aggregate([("place", "min")])["place_min"]
    return rows.take(order.take(first.combine_chunks().sort())).combine_chunks()


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
