"""What became of the alerts, in numbers: read from the ledger and the tables' logs, without Spark.

`summarize` counts, `show` and `line` write for people and programs. The same counts with every row
looked at are the checks of `quality.reconciliation`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from fink_assets.chain import STAGES
from fink_assets.lake.ledger import PLAN
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table as Grid

NOUNS = (
    *("raw", "dead_letter", "quarantine", "science", "deliveries"),
    *("sources", "objects", "forced_photometry"),
)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Counts of one survey's lake.

    `rows` are those of the tables by their transaction logs; everything else comes from the ledger,
    but `dead_letters` (reasons) and `latency_s` (from an alert's Kafka timestamp until its delivery
    is committed).
    """

    batches: int = 0
    unfinished: int = 0
    messages: int = 0
    offsets: int = 0
    lost: int = 0
    duplicates: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    quarantined: Mapping[str, int] = field(default_factory=dict)
    modules: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    delivered: Mapping[str, int] = field(default_factory=dict)
    latency_s: Mapping[str, float] = field(default_factory=dict)

    @property
    def books(self) -> dict[str, bool]:
        """Sums that must come out, as people write them, and whether they do."""
        rows, empty = self.rows, self.offsets - self.messages
        gaps = f" + {empty} without a message" if empty else ""
        received = rows["raw"] + rows["dead_letter"] == self.messages and not self.lost
        judged = rows["science"] + rows["quarantine"] + self.duplicates == rows["raw"]
        sent = sum(self.delivered.values())
        return {
            f"{self.offsets} offsets = {rows['raw']} raw + {rows['dead_letter']} dead letters{gaps}"
            + (f", {self.lost} lost" if self.lost else ""): received,
            f"{rows['raw']} raw = {rows['science']} science + {rows['quarantine']} quarantine "
            f"+ {self.duplicates} duplicates": judged,
            f"{sent} sent = {rows['deliveries']} deliveries": sent == rows["deliveries"],
        }

    @property
    def balanced(self) -> bool:
        """Whether every sum comes out."""
        return all(self.books.values())


def summarize(tables: Tables) -> Summary:
    """Count what a lake holds now. While batches are under way, the sums need not come out yet."""
    rows = tables.ledger.rows()
    archived = {row["batch"] for row in rows if row["stage"] == STAGES[0]}
    counts = Counter[str]()
    for row in rows:
        if row["stage"] == PLAN and row["batch"] not in archived:
            continue  # its offsets have not become anything yet
        counts.update({n: v for n, v in row["counts"].items() if not n.startswith("latency")})
    planned = tables.ledger.position(PLAN)
    return Summary(
        batches=planned + 1,
        unfinished=planned - min(tables.ledger.position(stage) for stage in STAGES),
        messages=counts["messages"],
        offsets=counts["offsets"],
        lost=counts["lost"],
        duplicates=counts["duplicates"],
        rows={noun: getattr(tables, noun).count() for noun in NOUNS},
        dead_letters=_reasons(tables.dead_letter),
        quarantined=_named(counts, "cut:"),
        modules=_statuses(_named(counts, "module:")),
        delivered=_named(counts, "filter:"),
        latency_s=_latency(tables.deliveries),
    )


def quantiles(seconds: pd.Series, wanted: Iterable[int] = (50, 95)) -> dict[str, float]:
    """Quantiles by name, rounded to milliseconds; none of nothing."""
    return {f"p{q}": round(float(seconds.quantile(q / 100)), 3) for q in wanted if len(seconds)}


def columns_of(table: Table, columns: list[str]) -> pd.DataFrame:
    """Some columns of a table, read without Spark."""
    import pandas as pd

    log = table.log()
    if log is None:
        return pd.DataFrame(columns=columns)
    return log.to_pyarrow_table(columns=columns).to_pandas()


def _named(counts: Mapping[str, int], start: str) -> dict[str, int]:
    return {n.removeprefix(start): v for n, v in sorted(counts.items()) if n.startswith(start)}


def _statuses(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, number in counts.items():
        module, status = name.split(":")
        found.setdefault(module, {})[status] = number
    return found


def _reasons(table: Table) -> dict[str, int]:
    errors = columns_of(table, ["error"])["error"].value_counts()
    return {str(reason): int(number) for reason, number in errors.items()}


def _latency(table: Table) -> dict[str, float]:
    times = columns_of(table, ["arrived", "sent"])
    return quantiles((times["sent"] - times["arrived"]).dt.total_seconds()) if len(times) else {}


def line(summary: Summary, simulated: Mapping[str, Mapping[str, int]] | None = None) -> str:
    """Everything on one line of JSON; whether it balances is null while batches are under way."""
    known = None if summary.unfinished else summary.balanced
    return json.dumps({**asdict(summary), "balanced": known, "simulated": simulated or {}})


def show(summary: Summary) -> Grid:
    """Table for people."""
    from rich.table import Table as Grid

    grid = Grid("what", "number", "details", title=_batches(summary))
    for what, number, details in _lines(summary):
        grid.add_row(what, str(number), details)
    return grid


def _batches(summary: Summary) -> str:
    said = "1 batch" if summary.batches == 1 else f"{summary.batches} batches"
    return f"{said}, {summary.unfinished} under way" if summary.unfinished else said


def _lines(summary: Summary) -> list[tuple[str, Any, str]]:
    rows = summary.rows
    found: list[tuple[str, Any, str]] = [
        ("received", summary.messages, ""),
        ("dead letters", rows["dead_letter"], _listed(summary.dead_letters, "\n")),
        ("duplicates", summary.duplicates, ""),
        ("quarantined", rows["quarantine"], _listed(summary.quarantined)),
        ("enriched", rows["science"], ""),
    ]
    found += [(f"  {name}", s.get("ok", 0), _listed(s)) for name, s in summary.modules.items()]
    found.append(("delivered", sum(summary.delivered.values()), ""))
    found += [(f"  {name}", number, "") for name, number in summary.delivered.items()]
    points = f"{rows['sources']} points of light curves"
    forced = f"{rows['forced_photometry']} of forced photometry"
    found.append(("objects", rows["objects"], f"{points}, {forced}"))
    if summary.latency_s:
        seconds = ", ".join(f"{q} {s:.1f} s" for q, s in summary.latency_s.items())
        found.append(("latency", "", f"{seconds}, from Kafka to the user's topic"))
    wrong = "WRONG" if not summary.unfinished else "not yet"
    found += [("books", "right" if right else wrong, s) for s, right in summary.books.items()]
    return found


def _listed(counts: Mapping[str, int], between: str = ", ") -> str:
    return between.join(f"{name} {number}" for name, number in counts.items() if number)
