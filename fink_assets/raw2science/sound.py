"""Modules that cannot be computed at all, such as one that reads a column that is not there.

Spark refuses the whole plan for one of them. Here each is put in a place of its own: it fails on
its alerts, with the reason, and the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fink_assets.raw2science.apply import enriched, with_inputs
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.order import ordered
from fink_assets.raw2science.renames import renamed
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from fink_assets.raw2science.enrich import Enrich as Stage

logger = logging.getLogger(__name__)


def insisting(write: Callable[[Stage], None], stage: Stage, alerts: DataFrame) -> None:
    """Write what a stage makes of alerts, without the modules that Spark refuses if it must be.

    Parameters
    ----------
    write : callable
        Writes with the modules of the stage it is given; nothing is written when Spark refuses.
    alerts : DataFrame
        Rows of raw.
    """
    from pyspark.errors import AnalysisException

    try:
        write(stage)
    except AnalysisException:
        modules = sound(renamed(alerts, stage.survey), stage.survey, stage.modules)
        if modules == list(stage.modules):
            raise
        write(replace(stage, modules=modules))


def sound(
    alerts: DataFrame, survey: Survey, modules: Sequence[ScienceModule]
) -> list[ScienceModule]:
    """Give the modules, those that Spark refuses replaced by ones that fail with the reason.

    Parameters
    ----------
    alerts : DataFrame
        What the modules read from.
    """
    found: list[ScienceModule] = []
    for module in ordered(modules):
        reason = _refusal(alerts, survey, [*found, module])
        if reason is not None:
            logger.error("science module %s cannot be computed: %s", module.name, reason)
        found.append(module if reason is None else failing(module, reason))
    return list(modules) if all(module in modules for module in found) else found


def failing(module: ScienceModule, reason: str) -> ScienceModule:
    """Make a module of the same outputs that fails on every alert."""

    def function(alerts: Any) -> Any:
        raise ValueError(reason)

    return replace(
        module,
        inputs=(),
        needs=(),
        after=(),
        data=(),
        services=(),
        applies="true",
        expressions={},
        function=function,
    )


def _refusal(alerts: DataFrame, survey: Survey, modules: Sequence[ScienceModule]) -> str | None:
    """Why Spark refuses to compute modules, in its first line; None if it does not."""
    from pyspark.errors import AnalysisException

    try:
        _ = enriched(with_inputs(alerts, survey, modules), modules).schema
    except AnalysisException as refused:
        return str(refused).strip().splitlines()[0]
    return None
