"""Asset checks: what the rules, the modules and the books say, as Dagster shows it.

The verdicts come from `expectations` and `reconciliation`; here they get a name, an asset and a
severity.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import dagster as dg

from fink_assets.distribution.filter import AlertFilter
from fink_assets.lake.contracts import Tables
from fink_assets.lake.describe import key
from fink_assets.raw2science.assets import module_key
from fink_assets.raw2science.enrich import Enrich, statuses
from fink_assets.raw2science.module import ScienceModule
from fink_assets.surveys import Survey
from quality.expectations import Verdict
from quality.findings import of_numbers
from quality.module_values import DISTANCE, LEAST, MORE_NULLS, NIGHTS, Values, values
from quality.reconciliation import Balance, alerts, deliveries, offsets

HEALTHY = "no_failures"
IN_RANGE = "values_are_in_range"
AS_USUAL = "values_are_as_in_recent_nights"
OFFSETS = "every_offset_is_accounted_for"
ALERTS = "every_alert_is_judged_once"
DELIVERIES = "deliveries_are_what_filters_select"


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


def module_specs(modules: Sequence[ScienceModule]) -> list[dg.AssetCheckSpec]:
    """A check per module: it failed on no alert."""
    return [
        dg.AssetCheckSpec(
            HEALTHY,
            asset=module_key(m),
            description=f"`{m.name}` raised on no alert, and nothing it needs was missing. After a "
            "fix, materialise this asset for the night: only its columns change.",
        )
        for m in modules
    ]


def value_specs(modules: Sequence[ScienceModule]) -> list[dg.AssetCheckSpec]:
    """Warnings per module about its values in a night; they block nothing."""
    return [
        spec
        for module in modules
        for spec in (
            dg.AssetCheckSpec(
                IN_RANGE,
                asset=module_key(module),
                description="Every value lies in the range that its column declares.",
            ),
            dg.AssetCheckSpec(
                AS_USUAL,
                asset=module_key(module),
                description=f"No value is distributed otherwise than in the {NIGHTS} nights "
                f"before (Kolmogorov-Smirnov distance above {DISTANCE}, of {LEAST} values or more) "
                f"nor null more often by {MORE_NULLS:.0%} of the alerts.",
            ),
        )
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


def of_module(module: ScienceModule, counts: Mapping[str, int]) -> dg.AssetCheckEvaluation | None:
    """Evaluation of a module's health; None where no alert met it."""
    start = f"module:{module.name}:"
    found = {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}
    if not found:
        return None
    bad = found.get("failed", 0) + found.get("unavailable", 0)
    return dg.AssetCheckEvaluation(
        asset_key=module_key(module),
        check_name=HEALTHY,
        passed=not bad,
        metadata={**found, "version": module.code_version},
    )


def of_values(module: ScienceModule, found: Sequence[Values]) -> Iterator[dg.AssetCheckResult]:
    """Results of the checks of a module's values in a night."""
    outside = [each for each in found if each.outside]
    unusual = [each for each in found if each.unusual]
    for name, bad in ((IN_RANGE, outside), (AS_USUAL, unusual)):
        yield dg.AssetCheckResult(
            passed=not bad,
            asset_key=module_key(module),
            check_name=name,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "not so": ", ".join(each.output for each in bad) or "none",
                **of_numbers("values", found),
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
        for verdict in stage().judge_night(_night(context, tables)):
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
        specs=[*night_specs(tables), *module_specs(modules), *value_specs(modules)],
        can_subset=True,
        pool="spark_batch",
    )
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        """Count a night's alerts from the tables themselves."""
        run, night = stage(), _night(context, tables)
        for result in _night_results(run, tables, night, modules, filters):
            check = dg.AssetCheckKey(result.asset_key, result.check_name)  # type: ignore[arg-type]
            if check in context.selected_asset_check_keys:
                yield result

    return checks


def _night(context: dg.AssetCheckExecutionContext, tables: Tables) -> str:
    """Night of the run; the newest one where an operator pressed Execute without choosing."""
    if context.has_partition_key:
        return context.partition_key
    nights = [night for row in tables.ledger.rows(stage="raw2science") for night in row["nights"]]
    if not nights:
        raise dg.Failure("no night has any alert yet: there is nothing to check")
    return max(nights)


def _night_results(
    run: Enrich,
    tables: Tables,
    night: str,
    modules: Sequence[ScienceModule],
    filters: Sequence[AlertFilter],
) -> Iterator[dg.AssetCheckResult]:
    yield of_balance(OFFSETS, key(tables.raw), offsets(tables, run.spark))
    yield of_balance(ALERTS, key(tables.science), alerts(tables, run.spark, night))
    sent = deliveries(tables, run.spark, night, filters)
    yield of_balance(DELIVERIES, key(tables.deliveries), sent)
    counts: dict[str, int] = {}
    if tables.science.exists():
        counts = statuses(run.tables, run.modules, f"night = '{night}'").get(night, {})
    for module in modules:
        seen = of_module(module, counts)
        metadata = seen.metadata if seen else {"alerts": 0}
        yield dg.AssetCheckResult(
            passed=seen is None or seen.passed,
            asset_key=module_key(module),
            check_name=HEALTHY,
            metadata=metadata,
        )
    found = values(tables.science, modules, night)
    for module in modules:
        yield from of_values(module, [each for each in found if each.module == module.name])
