"""Tell users of the alerts that match notices with a tier: written down, then sent, exactly once.

Reads associations and science, writes gcn_messages, topics and gcn_deliveries. What is due belongs
to `topics`, how it is sent to `distribution.send`.

A sending is fixed before anything of it goes: its messages are rows of gcn_messages with its
number. Whoever repeats it sends the same, and Kafka knows what it had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fink_assets.distribution.produce import CARRIED, Destination
from fink_assets.distribution.send import group, prepare, schema_of, send
from fink_assets.gcn.candidates import CANDIDATES
from fink_assets.gcn.topics import DOCS, VERSION, Match, books, due, filters_sql, topic
from fink_assets.lake.contracts import GCN_ASSOCIATIONS, GCN_MESSAGES
from fink_assets.lake.table import Table, of_nights
from fink_assets.lake.tables import Tables
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_KEY = ("alert_id", "notice_id", "revision", "tier")
_CARRIED = {**CARRIED, "notice_id": "string", "revision": "string", "tier": "string"}
_UNSENT = ("filters", "arrived", "written")
FINK_NAMES = {
    "objectId": "object_id",
    "candid": "alert_id",
    "triggerId": "event_id",
    "triggerTimeUTC": "date_format(trigger_time, 'yyyy-MM-dd HH:mm:ss.SSS')",
    "grb_proba": "chance_probability",
    "fink_class": "classification",
}
"""What Fink's client and its users call it; the client names files by the first and the third."""


@dataclass(frozen=True, kw_only=True)
class DeliverMatches:
    """What users are told of one survey's associations."""

    survey: Survey
    tables: Tables
    spark: SparkSession
    servers: str

    def run(self, nights: Sequence[str]) -> Counter[str]:
        """Send what is due of nights, and what an earlier run left unsent; may be repeated.

        Returns
        -------
        Counter
            Messages that went to topics, by filter.
        """
        first = self.tables.gcn_deliveries.committed() + 1
        self.send()  # what was written down and not sent: due after it depends on it
        self.write(nights)
        self.send()
        if not self.tables.gcn_deliveries.exists():
            return Counter()
        rows = self.tables.gcn_deliveries.query(f"select filter from it where batch >= {first}")
        return Counter(rows["filter"].to_pylist())

    def write(self, nights: Sequence[str]) -> int:
        """Write down what is due of nights; the number of messages."""
        number = self.tables.gcn_messages.committed() + 1
        wanted = due(self.matches(nights), self.written(nights))
        if wanted:
            self.tables.gcn_messages.append(self._messages(wanted, nights, number), batch=number)
        return len(wanted)

    def send(self) -> None:
        """Send what was written down and not sent."""
        last, done = self.tables.gcn_messages.committed(), self.tables.gcn_deliveries.committed()
        if done < last:
            prepare(self.servers, [*map(topic, DOCS), self._progress])
        for number in range(done + 1, last + 1):
            self.tables.gcn_deliveries.append(self._sent(number), batch=number)

    def books(self, nights: Sequence[str]) -> dict[str, int]:
        """Count what of nights should have been sent, and what was; see `topics.books`."""
        where = _tiered(nights)
        matches = _rows(self.tables.gcn_associations, where, "observatory")
        planned = _rows(self.tables.gcn_messages, of_nights(nights), "observatory")
        delivered = _rows(self.tables.gcn_deliveries, of_nights(nights), "filter")
        return books(matches, planned, delivered)

    def matches(self, nights: Sequence[str]) -> list[Match]:
        """Associations of nights with a tier, as they are now."""
        return [m for m, _ in _rows(self.tables.gcn_associations, _tiered(nights), "night")]

    def written(self, nights: Sequence[str]) -> list[Match]:
        """Messages of nights, from first to last."""
        return [m for m, _ in _rows(self.tables.gcn_messages, of_nights(nights), "batch")]

    def _messages(self, wanted: Sequence[Match], nights: Sequence[str], number: int) -> DataFrame:
        from pyspark.sql import functions as F

        keys = F.broadcast(self.spark.createDataFrame(wanted, ", ".join(_types(_KEY))))
        found = self.tables.gcn_associations.read(self.spark, nights=nights)
        # Left: a match whose alert science has no more is told all the same.
        told = found.join(keys, [*_KEY]).join(self._alerts(nights), ["night", "alert_id"], "left")
        own = {
            "batch": f"cast({number} as bigint)",
            "event_id": "substr(notice_id, instr(notice_id, ':') + 1)",
            "filters": filters_sql(),
            "written": "current_timestamp()",
        }
        names = [c.name for c in GCN_MESSAGES]
        return told.selectExpr(*[f"{own.get(name, name)} as {name}" for name in names])

    def _alerts(self, nights: Sequence[str]) -> DataFrame:
        """What the science table tells of alerts."""
        science = self.tables.science.read(self.spark, nights=nights)
        known = CANDIDATES[self.survey.name]
        told = {m.name: f"cast({m.value} as {m.type})" for m in self.survey.measured}
        told |= {
            "real_bogus": known.value(known.real_bogus, "double", science.columns),
            "rate": known.value(known.rate, "double", science.columns),
            "classification": known.value(known.label, "string", science.columns),
            "arrived": "kafka.timestamp",
            **{name: name for name in ("night", "alert_id", "time", "ra", "dec")},
        }
        types = {c.name: c.type for c in GCN_MESSAGES}
        others = {c.name for c in GCN_ASSOCIATIONS} | {"event_id", "filters", "written"}
        names = [*told, *(n for n in types if n not in told and n not in others)]
        return science.selectExpr(
            *[f"{told.get(name, f'cast(null as {types[name]})')} as {name}" for name in names]
        )

    def _sent(self, number: int) -> DataFrame:
        """Send the messages of a number; the result has one delivery row per message and topic."""
        from pyspark.sql import functions as F

        rows = self.tables.gcn_messages.read(self.spark, batch=number)
        sent = [c.name for c in GCN_MESSAGES if c.name not in (*_UNSENT, "batch")]
        fields = FINK_NAMES | {"survey": f"'{self.survey.name}'"} | {name: name for name in sent}
        alert = ", ".join(f"'{name}', {value}" for name, value in fields.items())
        each = rows.selectExpr("*", "explode(filters) as filter", f"named_struct({alert}) as alert")
        named = each.withColumns(
            {"filter_version": F.lit(VERSION), "topic": F.concat(F.lit(topic("")), "filter")}
        )
        destination = Destination(
            servers=self.servers,
            group=group("gcn", self.survey.name, self.tables.gcn_messages),
            progress=self._progress,
            key=schema_of(named).encode(),
        )
        order = ("alert_id", "notice_id", "filter")
        return send(named, destination, batch=number, carried=_CARRIED, order=order)

    @property
    def _progress(self) -> str:
        return f"_fink_progress_gcn_{self.survey.name}"


def _types(names: Sequence[str]) -> list[str]:
    kinds = {c.name: c.type for c in GCN_ASSOCIATIONS}
    return [f"{name} {kinds[name]}" for name in names]


def _tiered(nights: Sequence[str]) -> str:
    return f"{of_nights(nights)} and tier is not null"


def _rows(table: Table, where: str, more: str) -> list[tuple[Match, str]]:
    """Matches of a table with one of its columns, in the order of that; none without the table."""
    if not table.exists():
        return []
    names = ", ".join((*_KEY, more))
    found = table.query(f"select {names} from it where {where} order by {more}").to_pylist()
    return [(Match(*(row[name] for name in _KEY)), row[more]) for row in found]
