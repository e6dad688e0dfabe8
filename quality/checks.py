"""Asset checks of batches and of whole nights: what the rules and the books say in Dagster.

The verdicts come from `expectations` and `reconciliation`; here they get a name, an asset and a
severity. What is asked of a science module stands in `module_checks`.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import dagster as dg

from fink_assets.distribution.filter import AlertFilter
from fink_assets.lake.describe import key
from fink_assets.lake.tables import Tables
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys import Survey
from quality.expectations import Verdict
from quality.module_checks import module_results, module_specs, run_time_results
from quality.reconciliation import Balance, alerts, deliveries, offsets

OFFSETS = "every_offset_is_accounted_for"
ALERTS = "every_alert_is_judged_once"
DELIVERIES = "deliveries_are_what_filters_select"
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
"""Tags of a run of many nights."""


def batch_specs(survey: Survey, tables: Tables) -> list[dg.AssetCheckSpec]:
    """Checks of each batch of raw by Great Expectations; the critical ones block it downstream."""
    rules = [*survey.plausible, *survey.cuts]
    return [
        dg.AssetCheckSpec(
            rule.name,
            asset=key(tables.raw),
            blocking=rule.severity == "critical",
            description=f"`{rule.column} {rule.bound}` but for {rule.tolerated:.0%} of a batch. "
            f"{rule.why} Source: {rule.source}.",
        )
        for rule in rules
    ]


def night_specs(tables: Tables) -> list[dg.AssetCheckSpec]:
    """Checks of a night's books."""
    return [
        dg.AssetCheckSpec(
            OFFSETS,
            asset=key(tables.raw),
            description="Offsets read from Kafka = raw + dead letters, and none was lost before.",
        ),
        dg.AssetCheckSpec(
            ALERTS,
            asset=key(tables.science),
            description="Raw = science + quarantine + repeats; no alert is in both, or twice.",
        ),
        dg.AssetCheckSpec(
            DELIVERIES,
            asset=key(tables.deliveries),
            description="What each filter sent = what it selects when evaluated on science again.",
        ),
    ]


def of_verdict(verdict: Verdict, tables: Tables) -> dg.AssetCheckEvaluation:
    """Evaluation of a batch's expectation."""
    rule = verdict.rule
    critical = rule.severity == "critical"
    return dg.AssetCheckEvaluation(
        asset_key=key(tables.raw),
        check_name=rule.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        blocking=critical,
        metadata={
            "evaluated": verdict.evaluated,
            "unexpected": verdict.unexpected,
            "tolerated fraction": rule.tolerated,
            "bound": f"{rule.column} {rule.bound}",
            "samples": ", ".join(map(str, verdict.samples)) or "none",
        },
    )


def of_balance(name: str, asset_key: dg.AssetKey, balance: Balance) -> dg.AssetCheckResult:
    """Result of a sum that must come out."""
    return dg.AssetCheckResult(
        passed=balance.balanced, asset_key=asset_key, check_name=name, metadata=dict(balance.terms)
    )


def batch_checks(
    survey: Survey, tables: Tables, stage: Callable[[], Enrich]
) -> dg.AssetChecksDefinition:
    """Make the checks of raw; a streaming run evaluates them per batch, this op per night."""

    @dg.multi_asset_check(
        name=f"{survey.name}_batch_checks",
        specs=batch_specs(survey, tables),
        can_subset=True,
        pool="spark_batch",
    )
    def batch(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        """Validate a night of raw with Great Expectations."""
        for verdict in stage().judge_night(night_of(context, tables)):
            found = of_verdict(verdict, tables)
            if found.asset_check_key in context.selected_asset_check_keys:
                yield dg.AssetCheckResult(
                    passed=found.passed,
                    asset_key=found.asset_key,
                    check_name=found.check_name,
                    severity=found.severity,
                    metadata=found.metadata,
                )

    return batch


def night_checks(
    survey: Survey,
    tables: Tables,
    modules: Sequence[ScienceModule],
    filters: Sequence[AlertFilter],
    stage: Callable[[], Enrich],
) -> dg.AssetChecksDefinition:
    """Make the checks that look at a whole night of the tables."""

    @dg.multi_asset_check(
        name=f"{survey.name}_night_checks",
        specs=[*night_specs(tables), *module_specs(modules)],
        can_subset=True,
        pool="spark_batch",
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        """Count a night's alerts from the tables themselves."""
        run, night = stage(), night_of(context, tables)
        books = _books(run, tables, night, filters)
        for result in chain(books, module_results(run, night, modules)):
            check = dg.AssetCheckKey(result.asset_key, result.check_name)  # type: ignore[arg-type]
            if check in context.selected_asset_check_keys:
                yield result
        yield from run_time_results(context, run, night, modules)

    return checks


def night_of(context: dg.AssetCheckExecutionContext, tables: Tables) -> str:
    """Night of the run: the last with alerts of a range, the newest of all where none was chosen.

    Raises
    ------
    dagster.Failure
        If none was chosen and no night has alerts.
    """
    if context.has_partition_key:
        return context.partition_key
    first, last = (context.run.tags.get(tag) for tag in RANGE)
    known = [night for row in tables.ledger.rows(stage="raw2science") for night in row["nights"]]
    if first is None or last is None:
        if not known:
            raise dg.Failure("no night has any alert yet: there is nothing to check")
        return max(known)
    return max((night for night in known if first <= night <= last), default=last)


def _books(
    run: Enrich, tables: Tables, night: str, filters: Sequence[AlertFilter]
) -> Iterator[dg.AssetCheckResult]:
    yield of_balance(OFFSETS, key(tables.raw), offsets(tables, run.spark))
    yield of_balance(ALERTS, key(tables.science), alerts(tables, run.spark, night))
    sent = deliveries(tables, run.spark, night, filters)
    yield of_balance(DELIVERIES, key(tables.deliveries), sent)
