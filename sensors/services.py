"""Care for what services answered: lists are fetched anew, small files become large ones."""

import dagster as dg

from fink_assets.clock import utc_now
from fink_assets.services import TNS_LIST
from fink_assets.settings import Settings


def schedules(configuration: Settings) -> dg.Definitions:
    """Make the job that tends services and its schedule: 19:00 UTC, before the night at Palomar."""

    @dg.op(description="Fetch the list of the Transient Name Server, if it may be asked.")
    def fetch_lists(context: dg.OpExecutionContext) -> None:
        from fink_assets.services.tns import refresh

        rows = refresh(configuration, utc_now())
        if rows is None:
            context.log.info("FINK_SERVICES does not name tns: nothing is fetched")
            return
        context.log_event(
            dg.AssetMaterialization(dg.AssetKey(TNS_LIST.key), metadata={"dagster/row_count": rows})
        )

    @dg.op(description="Rewrite small files of kept answers into larger ones. No answer changes.")
    def compact_answers(context: dg.OpExecutionContext) -> None:
        from fink_assets.services import tending

        for name, counts in tending.compact(configuration.lake):
            context.log.info("%s: %s", name, counts)

    @dg.job(
        name="services",
        executor_def=dg.in_process_executor,
        description="Fetches the list of transients and compacts kept answers, once a day.",
    )
    def tend() -> None:
        fetch_lists()
        compact_answers()

    daily = dg.ScheduleDefinition(
        job=tend,
        cron_schedule="0 19 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(jobs=[tend], schedules=[daily])
