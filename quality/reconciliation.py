"""Show that nothing was lost: count what went in and what came out, from the tables themselves.

Reads tables and the ledger; the counters of the stages are not believed. Showing the numbers in
Dagster belongs to `checks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from fink_assets.distribution.filter import AlertFilter, matched, readable
from fink_assets.lake.ledger import PLAN
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Over one row per alert, with the number of its rows in each table.
ALERT_TERMS = {
    "raw": "sum(raw)",
    "science": "sum(science)",
    "quarantine": "sum(quarantine)",
    "duplicates": "sum(greatest(raw - 1, 0))",
    "in both": "count_if(science > 0 and quarantine > 0)",
    "missing": "count_if(science + quarantine = 0)",
    "wrong": "count_if(raw = 0 or science + quarantine != 1)",
}


@dataclass(frozen=True, kw_only=True)
class Balance:
    """A sum that must come out, with its terms."""

    balanced: bool
    terms: dict[str, int] = field(default_factory=dict)


def offsets(tables: Tables, spark: SparkSession) -> Balance:
    """Every offset planned is in raw, in dead letters, or known to hold no message.

    Kafka's own transaction markers take offsets without being messages; `empty` counts them.
    Offsets that were gone from Kafka before they could be read are lost, and never balanced.
    """
    rows = tables.ledger.rows()
    finished = {row["batch"]: row["counts"] for row in rows if row["stage"] == "stream2raw"}
    plans = [r["counts"] for r in rows if r["stage"] == PLAN and r["batch"] in finished]
    planned = sum(plan["offsets"] for plan in plans)
    messages = sum(counts["messages"] for counts in finished.values())
    lost = sum(plan["lost"] for plan in plans)
    last = max(finished, default=-1)
    raw = _rows(tables.raw.read(spark).where(f"batch <= {last}")) if tables.raw.exists() else 0
    dead = 0
    if tables.dead_letter.exists():
        dead = _rows(tables.dead_letter.read(spark).where(f"batch <= {last}"))
    terms = {
        "offsets": planned,
        "raw": raw,
        "dead_letter": dead,
        "empty": planned - messages,
        "lost": lost,
    }
    return Balance(balanced=raw + dead == messages and lost == 0, terms=terms)


def alerts(tables: Tables, spark: SparkSession, night: str) -> Balance:
    """Every alert of raw is in science or in quarantine, once; the rest are repeats of it."""
    from pyspark.sql import functions as F

    done = tables.ledger.position("raw2science")
    places = {"raw": tables.raw, "science": tables.science, "quarantine": tables.quarantine}
    found = [
        frame.select("alert_id", *[F.lit(int(other == place)).alias(other) for other in places])
        for place, table in places.items()
        if (frame := _night(table, spark, night, done)) is not None
    ]
    if not found:
        return Balance(balanced=True, terms=dict.fromkeys(ALERT_TERMS, 0))
    everything = reduce(lambda one, more: one.union(more), found)
    each = everything.groupBy("alert_id").agg(*[F.sum(place).alias(place) for place in places])
    (row,) = each.selectExpr(*[f"{sql} `{name}`" for name, sql in ALERT_TERMS.items()]).collect()
    terms = {name: int(row[name] or 0) for name in ALERT_TERMS}
    return Balance(balanced=not terms["wrong"], terms=terms)


def deliveries(
    tables: Tables, spark: SparkSession, night: str, filters: Sequence[AlertFilter]
) -> Balance:
    """What each filter sent is what it selects when evaluated on science again.

    Alerts sent by an earlier version of a filter are counted, not compared; so are differences in
    alerts whose values were computed anew since, by a backfill or because a service answered late.
    """
    from pyspark.sql import functions as F

    done = tables.ledger.position("distribution")
    science = _night(tables.science, spark, night, done)
    sent = _night(tables.deliveries, spark, night, done)
    expected: set[tuple[int, str]] = set()
    anew: set[int] = set()
    if science is not None:
        names = F.expr(matched(readable(filters, science.columns)))
        expected = _pairs(science.select("alert_id", F.explode(names).alias("filter")))
        if "recomputed" in science.columns:
            again = science.where("recomputed is not null").select("alert_id")
            anew = {row["alert_id"] for row in again.toLocalIterator()}
    versions = {f.name: f.code_version for f in filters}
    earlier: set[tuple[int, str]] = set()
    now: set[tuple[int, str]] = set()
    total = 0
    if sent is not None:
        for row in sent.select("alert_id", "filter", "filter_version").toLocalIterator():
            total += 1
            mine = versions.get(row["filter"]) == row["filter_version"]
            (now if mine else earlier).add((row["alert_id"], row["filter"]))
    differing = (expected - now - earlier, now - expected)
    missing, unexpected = ({p for p in pairs if p[0] not in anew} for pairs in differing)
    terms = {
        "sent": total,
        "selected": len(expected),
        "missing": len(missing),
        "unexpected": len(unexpected),
        "changed by values computed anew": sum(map(len, differing)) - len(missing | unexpected),
        "twice": total - len(now | earlier),
        "by earlier versions": len(earlier),
    }
    wrong = terms["missing"] or terms["unexpected"] or terms["twice"]
    return Balance(balanced=not wrong, terms=terms)


def _night(table: Table, spark: SparkSession, night: str, done: int) -> DataFrame | None:
    if not table.exists():
        return None
    return table.read(spark, nights=[night]).where(f"batch <= {done}")


def _rows(frame: DataFrame) -> int:
    return frame.count()


def _pairs(frame: DataFrame) -> set[tuple[int, str]]:
    return {(row["alert_id"], row["filter"]) for row in frame.toLocalIterator()}
