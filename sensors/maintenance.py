"""Care for the tables: small files of a night become large ones, files that nobody reads go.

Neither changes a row. Files are deleted of tables only that are written anew time and again, after
a week: of the others, Delta's history reaches back to their beginning. Of those that are sorted for
look-ups the settings say how long earlier versions stay, and of which nights they stay for ever.
Old runs are not deleted.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from fink_assets.chain import Chain
from fink_assets.lake import sorting
from fink_assets.lake.combined import Combined
from fink_assets.lake.table import Table
from fink_assets.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

NOUNS = (
    *("raw", "quarantine", "science", "deliveries", "sources", "forced_photometry"),
    *("dead_letter", "solar_system", "phase_curves", "tracklets", "statistics"),
    *("trajectories", "linked_nights"),
    *("gcn_associations", "gcn_messages", "gcn_deliveries"),
)
SORTED = (
    *("objects", "alerts", "classes", "received", "history", "forced_light_curves"),
    "body_alerts",
)
"""For look-ups; see `lake.sorting`."""
SHARED = ("notices", "counterparts")
"""Of no single survey."""
REWRITTEN = (
    *("solar_system", "phase_curves", "tracklets", "trajectories", "linked_nights"),
    *("gcn_associations", "counterparts"),
)
"""Written anew in whole or by nights, each time that they are matched or fitted."""
KEPT_HOURS = 168
"""For which a file that was replaced stays: who reads an earlier version must have ended by then.
Delta refuses less."""


@dataclass(frozen=True)
class Kept:
    """How long earlier versions of sorted tables stay, and of which nights they stay for ever."""

    hours: int = KEPT_HOURS
    nights: Sequence[str] = ()


def compact(chain: Chain, kept: Kept = Kept()) -> dict[str, int]:
    """Rewrite small files of a survey's tables; return how many went into larger ones."""
    removed = {}
    for name in NOUNS:
        found = _care(getattr(chain.tables, name), chain.spark, vacuum=name in REWRITTEN)
        if found is not None:
            removed[f"{chain.tables.survey}/{name}"] = found
    for name in SORTED:
        table: Table = getattr(chain.tables, name)
        if table.exists():
            removed[table.name] = sorting.cluster(table)
            sorting.clean(table, hours=kept.hours, nights=kept.nights)
    removed[f"{chain.tables.survey}/ledger"] = chain.ledger.compact()
    return removed


def compact_shared(combined: Combined, spark: "SparkSession") -> dict[str, int]:
    """The same of the tables of no single survey."""
    tables = {name: getattr(combined, name) for name in SHARED}
    found = {n: _care(t, spark, vacuum=n in REWRITTEN) for n, t in tables.items()}
    return {name: files for name, files in found.items() if files is not None}


def _care(table: Table, spark: "SparkSession", *, vacuum: bool) -> int | None:
    """Compact a table, and delete what was replaced long ago; None if it is not there."""
    if not table.exists():
        return None
    metrics = spark.sql(f"OPTIMIZE delta.`{table.path}`").collect()[0]["metrics"]
    if vacuum:
        spark.sql(f"VACUUM delta.`{table.path}` RETAIN {KEPT_HOURS} HOURS").collect()
    return int(metrics["numFilesRemoved"])


def schedules(chains: Sequence[Callable[[], Chain]], configuration: Settings) -> dg.Definitions:
    """Make the maintenance job of all surveys and its schedule: 20:00 UTC, day at Palomar."""

    @dg.op(
        description="Rewrite small files of every table into larger ones, and sort those that are "
        "looked up by key. No row changes."
    )
    def compact_tables(context: dg.OpExecutionContext) -> None:
        connected = [connect() for connect in chains]
        kept = Kept(hours=24 * configuration.kept_days, nights=configuration.kept_nights)
        found = [compact(chain, kept) for chain in connected]
        if connected:
            first = connected[0]
            found.append(compact_shared(Combined(first.tables.root), first.spark))
        for name, files in (item for each in found for item in each.items()):
            context.log.info("%s: %s files became larger ones", name, files)

    @dg.job(
        name="maintenance",
        executor_def=dg.in_process_executor,
        description="Compaction and sorting of the tables, once a day.",
    )
    def maintenance() -> None:
        compact_tables()

    daily = dg.ScheduleDefinition(
        job=maintenance,
        cron_schedule="0 20 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[maintenance], schedules=[daily])
