"""Asset checks of a science module: failures, ranges, nulls, distributions, run time.

The numbers come from `module_values` and `run_time`; here they get a name, a verdict and a
severity. A failure is an error, the rest are warnings, and none blocks anything.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from fink_assets.raw2science.assets import module_key
from fink_assets.raw2science.enrich import Enrich
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.statuses import statuses
from quality.findings import of_numbers
from quality.module_values import DISTANCE, LEAST, MORE_NULLS, NIGHTS, Values, values
from quality.run_time import LEAST as LEAST_MEASURED
from quality.run_time import SAMPLE, RunTime, run_times

HEALTHY = "no_failures"
IN_RANGE = "values_are_in_range"
NULLS = "nulls_are_as_in_recent_nights"
AS_USUAL = "values_are_as_in_recent_nights"
IN_TIME = "run_time_is_within_budget"


def module_specs(modules: Sequence[ScienceModule]) -> list[dg.AssetCheckSpec]:
    """Checks of each module."""
    return [
        dg.AssetCheckSpec(name, asset=module_key(module), description=text)
        for module in modules
        for name, text in described(module).items()
    ]


def described(module: ScienceModule) -> dict[str, str]:
    """What each check of a module asks, by its name."""
    told = {
        HEALTHY: f"`{module.name}` raised on no alert, and nothing it needs was missing. The "
        "metadata have the fractions of the alerts that are not `not_applicable`. After a fix, "
        "materialise this asset for the night: only its columns change.",
        IN_RANGE: "Every value lies in the range that its column declares.",
        NULLS: f"No value is null more often than in the {NIGHTS} nights before, by "
        f"{MORE_NULLS:.0%} of the alerts to which the module applies, of {LEAST} or more.",
        AS_USUAL: f"No value is distributed otherwise than in the {NIGHTS} nights before: "
        f"Kolmogorov-Smirnov distance of at most {DISTANCE}, of {LEAST} values or more.",
    }
    if module.function:
        told[IN_TIME] = (
            f"An alert to which the module applies takes at most {module.budget_ms:g} ms of CPU, "
            f"measured on {LEAST_MEASURED} to {SAMPLE} alerts of the night, which are run again."
        )
    return told


def of_module(
    module: ScienceModule, counts: Mapping[str, int], *, may_ask: bool = True
) -> dg.AssetCheckEvaluation | None:
    """Evaluation of a module's failures; None where no alert met it.

    Without a service that nobody may ask (`may_ask`), alerts are unavailable as the operator wants.
    """
    start = f"module:{module.name}:"
    found = {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}
    if not found:
        return None
    return dg.AssetCheckEvaluation(
        asset_key=module_key(module),
        check_name=HEALTHY,
        passed=not found.get("failed") and not (may_ask and found.get("unavailable")),
        metadata={
            **found,
            **fractions(found),
            **({} if may_ask else {"services": "switched off, see FINK_SERVICES"}),
            "version": module.code_version,
        },
    )


def fractions(statuses: Mapping[str, int]) -> dict[str, float]:
    """Of the alerts that are not `not_applicable`: on which it raised, for which it lacked a need.

    Empty where there are none.
    """
    bad = {name: statuses.get(name, 0) for name in ("failed", "unavailable")}
    asked = statuses.get("ok", 0) + sum(bad.values())
    return {f"{name} fraction": number / asked for name, number in bad.items()} if asked else {}


def module_results(
    stage: Enrich, night: str, modules: Sequence[ScienceModule]
) -> Iterator[dg.AssetCheckResult]:
    """Results of the checks of modules in a night, but for what they cost."""
    counts: dict[str, int] = {}
    if stage.tables.science.exists():
        counts = statuses(stage.tables, modules, f"night = '{night}'").get(night, {})
    found = values(stage.tables.science, modules, night)
    for module in modules:
        seen = of_module(module, counts, may_ask=stage.asking.may_ask(module.services))
        yield dg.AssetCheckResult(
            passed=seen is None or seen.passed,
            asset_key=module_key(module),
            check_name=HEALTHY,
            metadata=seen.metadata if seen else {"alerts": 0},
        )
        yield from of_values(module, [each for each in found if each.module == module.name])


def run_time_results(
    context: dg.AssetCheckExecutionContext,
    stage: Enrich,
    night: str,
    modules: Sequence[ScienceModule],
) -> Iterator[dg.AssetCheckResult]:
    """Measure the modules of which a run asks it; their assets are told what they cost as well."""
    asked = context.selected_asset_check_keys
    timed = [m for m in modules if dg.AssetCheckKey(module_key(m), IN_TIME) in asked]
    for module, cost in run_times(stage, timed, night):
        if cost.seconds is not None:
            told = dg.AssetObservation(module_key(module), partition=night, metadata=of_cost(cost))
            context.op_execution_context.log_event(told)
        yield of_run_time(module, cost)


def of_values(module: ScienceModule, found: Sequence[Values]) -> Iterator[dg.AssetCheckResult]:
    """Results of the checks of a module's values in a night."""
    asked = {
        IN_RANGE: [each for each in found if each.outside],
        NULLS: [each for each in found if each.lacking],
        AS_USUAL: [each for each in found if each.unusual],
    }
    for name, bad in asked.items():
        yield _warning(
            module,
            name,
            passed=not bad,
            metadata={
                "not so": ", ".join(each.output for each in bad) or "none",
                **of_numbers("values", found),
            },
        )


def of_run_time(module: ScienceModule, cost: RunTime) -> dg.AssetCheckResult:
    """Result of the check of a module's cost."""
    problem = {"not measured": cost.problem} if cost.problem else {}
    return _warning(
        module,
        IN_TIME,
        passed=not cost.exceeds(module.budget_ms),
        metadata={**of_cost(cost), "budget, CPU ms per alert": module.budget_ms, **problem},
    )


def of_cost(cost: RunTime) -> dict[str, Any]:
    """Metadata of what a module costs."""
    seconds = cost.seconds_per_alert
    told = {"alerts measured": cost.alerts}
    if seconds is None:
        return told
    return {**told, "CPU ms per alert": seconds * 1000, "CPU seconds per alert": seconds}


def _warning(
    module: ScienceModule, name: str, *, passed: bool, metadata: Mapping[str, Any]
) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=module_key(module),
        check_name=name,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )
