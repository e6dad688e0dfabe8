"""The books of a night: rows of each table, and whether the sums come out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import arguments, sql
from fink_assets.api.arguments import Argument
from fink_assets.api.beyond import MOST_ALERTS, written
from fink_assets.api.endpoints import Endpoint, Values

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive


def reconciliation(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/reconciliation`: rows of a night in each table, and whether the sums come out."""
    night = values["night"]
    where = f"night = {sql.text(night)}"
    counts = {noun: _count(archive, noun, where) for noun in STAGES}
    judged = counts["science"] + counts["quarantine"]
    distinct = _count(archive, "raw", where, "distinct alert_id")
    state = _state(archive, where)
    balanced = judged == distinct and counts["sources"] == counts["science"]
    return {
        "night": night,
        "state": state,
        "rows": counts,
        "alerts_received": distinct,
        "duplicates": counts["raw"] - distinct,
        "balanced": balanced if state == COMPLETE else None,
        "rejected_by": _by_rule(archive, where),
        "modules": _by_module(archive, where),
        "delivered": _by_topic(archive, where),
        "batches": _batches(archive, night),
    }


NOTHING, IN_PROGRESS, COMPLETE = "nothing", "in progress", "complete"
"""Of a night: nothing came, some of its batches have yet to come to each table, or all have."""


def _state(archive: Archive, where: str) -> str:
    if not archive.there("raw"):
        return NOTHING
    last = archive.query(f"select max(batch) as last from it where {where}", it="raw")["last"]
    batch = last[0].as_py()
    if batch is None:
        return NOTHING
    behind = any(0 <= archive.committed(noun) < batch for noun in ("science", "sources"))
    return IN_PROGRESS if behind else COMPLETE


STAGES = ("raw", "dead_letter", "quarantine", "science", "sources", "deliveries")


def _count(archive: Archive, noun: str, where: str, what: str = "*") -> int:
    if not archive.there(noun):
        return 0
    statement = f"select count({what}) as rows from it where {where}"
    return int(archive.query(statement, it=noun)["rows"][0].as_py())


def _by_rule(archive: Archive, where: str) -> dict[str, int]:
    if not archive.there("quarantine"):
        return {}
    statement = (
        "select reason['rule'] as rule, count(*) as alerts from "
        f"(select unnest(reasons) as reason from it where {where}) group by 1 order by 1"
    )
    found = archive.query(statement, it="quarantine").to_pylist()
    return {row["rule"]: row["alerts"] for row in found}


def _by_module(archive: Archive, where: str) -> dict[str, dict[str, int]]:
    if "module_status" not in archive.fields("science"):
        return {}
    statement = f"select module_status as s, count(*) as n from it where {where} group by 1"
    counts: dict[str, dict[str, int]] = {}
    for row in archive.query(statement, it="science").to_pylist():
        for module, status in row["s"] or ():
            of = counts.setdefault(module, {})
            of[status] = of.get(status, 0) + row["n"]
    return dict(sorted(counts.items()))


def _by_topic(archive: Archive, where: str) -> dict[str, int]:
    if not archive.there("deliveries"):
        return {}
    statement = f"select topic, count(*) as n from it where {where} group by 1 order by 1"
    return {r["topic"]: r["n"] for r in archive.query(statement, it="deliveries").to_pylist()}


def _batches(archive: Archive, night: str) -> Sequence[dict[str, Any]]:
    """What each stage wrote down of the night, batch by batch."""
    if not archive.there("ledger"):
        return []
    statement = (
        "select batch, stage, finished, detail from it "
        f"where array_has(nights, {sql.text(night)}) order by batch, finished limit {MOST_ALERTS}"
    )
    return [
        {
            "batch": row["batch"],
            "stage": row["stage"],
            "finished": written(row["finished"]),
            "counts": json.loads(row["detail"]).get(night, {}),
        }
        for row in archive.query(statement, it="ledger").to_pylist()
    ]


def night_of(value: object) -> str:
    """Read a night, ``YYYY-MM-DD`` or in compact digits."""
    from datetime import date

    night = arguments.text(value)
    if re.fullmatch(r"\d{8}", night, re.ASCII):
        night = f"{night[:4]}-{night[4:6]}-{night[6:]}"
    return date.fromisoformat(night).isoformat()


ENDPOINTS = (
    Endpoint(
        path="reconciliation",
        doc="Whether the books of a night balance.",
        answer=reconciliation,
        arguments=(Argument(name="night", read=night_of, required=True, doc="YYYY-MM-DD"),),
        tabular=False,
    ),
)
