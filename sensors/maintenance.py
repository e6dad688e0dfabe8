"""Care for the tables: small files of a night become large ones.

Compaction changes no row. Deleting old files and old runs is not done here.
"""

from collections.abc import Callable, Sequence

import dagster as dg

from fink_assets.chain import Chain
from fink_assets.lake.table import Table

NOUNS = (
    *("raw", "quarantine", "science", "deliveries", "sources", "objects", "forced_photometry"),
    *("dead_letter", "solar_system", "phase_curves", "tracklets"),
)


def compact(chain: Chain) -> dict[str, int]:
    """Rewrite small files of every table; return how many files went into larger ones."""
    removed = {}
    for name in NOUNS:
        table: Table = getattr(chain.tables, name)
        if table.exists():
            metrics = chain.spark.sql(f"OPTIMIZE delta.`{table.path}`").collect()[0]["metrics"]
            removed[name] = int(metrics["numFilesRemoved"])
    removed["ledger"] = chain.ledger.compact()
    return removed


def schedules(chains: Sequence[Callable[[], Chain]]) -> dg.Definitions:
    """Make the maintenance job of all surveys and its schedule: 20:00 UTC, day at Palomar."""

    @dg.op(description="Rewrite small files of every table into larger ones. No row changes.")
    def compact_tables(context: dg.OpExecutionContext) -> None:
        for connect in chains:
            for name, files in compact(connect()).items():
                context.log.info("%s: %s files became larger ones", name, files)

    @dg.job(
        name="maintenance",
        executor_def=dg.in_process_executor,
        description="Compaction of the tables, once a day.",
    )
    def maintenance() -> None:
        compact_tables()

    daily = dg.ScheduleDefinition(
        job=maintenance,
        cron_schedule="0 20 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[maintenance], schedules=[daily])
