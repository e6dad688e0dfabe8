"""Judge a batch as a whole with Great Expectations, from the rules that are declared once.

Works on the few columns the rules name, as a pandas frame. Row-level verdicts belong to the Spark
plan (`rules.failures`), reporting to Dagster to `checks`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from quality.rules import Rule

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an expectation found on a batch.

    Parameters
    ----------
    rule : Rule
        What was expected.
    passed : bool
        Whether no more than the tolerated fraction is outside the bound.
    evaluated, unexpected : int
        Alerts looked at, and alerts null or outside the bound.
    samples : tuple
        Some of the unexpected values.
    """

    rule: Rule
    passed: bool
    evaluated: int
    unexpected: int
    samples: tuple[Any, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether the batch must not go downstream."""
        return not self.passed and self.rule.severity == "critical"


def great_expectations() -> Any:
    """Import Great Expectations, which takes seconds, without its reports to its makers."""
    import os

    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations

    return great_expectations


def expectations(rule: Rule) -> list[Any]:
    """Express a rule as Great Expectations: the value is there, and inside the bound."""
    import great_expectations.expectations as gxe

    shared: dict[str, Any] = {
        "column": rule.column,
        "mostly": round(1.0 - rule.tolerated, 12),  # 1 - 0.98 is a little more than 0.02
        "severity": rule.severity,
        "meta": {"rule": rule.name},
    }
    there = gxe.ExpectColumnValuesToNotBeNull(**shared)
    if rule.operator in ("==", "in"):
        allowed = rule.threshold if rule.operator == "in" else [rule.threshold]
        allowed = [_stored(value) for value in allowed]
        return [there, gxe.ExpectColumnValuesToBeInSet(value_set=allowed, **shared)]
    low, high = map(_stored, rule.limits)
    return [there, gxe.ExpectColumnValuesToBeBetween(min_value=low, max_value=high, **shared)]


def _stored(bound: Any) -> Any:
    """Round a fraction to float32 as `rules` does: both must judge a value at the bound alike."""
    return struct.unpack("f", struct.pack("f", bound))[0] if isinstance(bound, float) else bound


def judge(frame: pd.DataFrame, rules: Sequence[Rule]) -> list[Verdict]:
    """Validate a batch against rules.

    Parameters
    ----------
    frame : pandas.DataFrame
        One column per rule, named as the rule's column.
    rules : sequence of Rule
        What is expected.
    """
    definition, suite = _prepared(tuple(rules))
    batch = definition.get_batch({"dataframe": frame})
    results = batch.validate(suite, result_format="SUMMARY").results
    return [_verdict(rule, results, len(frame)) for rule in rules]


@cache
def _prepared(rules: tuple[Rule, ...]) -> tuple[Any, Any]:
    """Make the batch definition and the suite of some rules, once per process."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        # No site of documents, which would leave a temporary folder behind.
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    suite = gx.ExpectationSuite(name="batch")
    for rule in rules:
        for expectation in expectations(rule):
            suite.add_expectation(expectation)
    source = context.data_sources.add_pandas("batch").add_dataframe_asset("alerts")
    return source.add_batch_definition_whole_dataframe("all"), suite


def _verdict(rule: Rule, results: Sequence[Any], evaluated: int) -> Verdict:
    mine = [r for r in results if r.expectation_config.meta["rule"] == rule.name]
    broken = [r for r in mine if r.exception_info.get("raised_exception")]
    details = [r.result or {} for r in mine]
    unexpected = sum(int(d.get("unexpected_count") or 0) for d in details)
    # Each expectation alone tolerates its fraction: nulls and values out of bounds count together.
    within = unexpected <= rule.tolerated * evaluated + 1e-9
    return Verdict(
        rule=rule,
        passed=bool(mine) and not broken and within and all(r.success for r in mine),
        evaluated=evaluated,
        unexpected=unexpected,
        samples=tuple(v for d in details for v in d.get("partial_unexpected_list") or ())[:5],
    )
