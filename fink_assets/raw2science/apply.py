"""Run science modules on alerts: Spark expressions first, then Python ones in one Arrow pass.

Transforms of data frames. What a module is belongs to `module`, which runs after which to `order`,
running one in Python to `batch`, which alerts are enriched to `enrich`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from fink_assets.raw2science.asked import NOBODY, Told, services_of, with_answers
from fink_assets.raw2science.batch import FAILED, NOT_APPLICABLE, OK, UNAVAILABLE, runner
from fink_assets.raw2science.guards import any_may_apply
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.order import ordered, passes
from fink_assets.services.service import ANSWERED
from fink_assets.surveys import Survey

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ALERT, CUTOUTS, LOOKED_AT = "alert.", "cutouts.", "_looked_at."
MAPS = ("module_status", "module_errors", "module_versions")


def with_inputs(
    alerts: DataFrame,
    survey: Survey,
    modules: Sequence[ScienceModule],
    told: Told = NOBODY,
) -> DataFrame:
    """Add what modules read that packets do not have under that name.

    These are histories, cutouts, the identity of the alert's object, and answers of services.
    """
    known = with_identity(alerts, modules)
    packets = with_cutouts(with_history(known, survey, modules), survey, modules)
    return with_answers(packets, told, services_of(modules))


def with_identity(alerts: DataFrame, modules: Sequence[ScienceModule]) -> DataFrame:
    """Add `alert`, what the lake knows of every alert under one name, whatever the survey."""
    from pyspark.sql import functions as F

    paths = {path for module in modules for path in module.inputs if path.startswith(ALERT)}
    names = sorted(path.removeprefix(ALERT) for path in paths)
    return alerts.withColumn(ALERT[:-1], F.struct(*names)) if names else alerts


def with_history(alerts: DataFrame, survey: Survey, modules: Sequence[ScienceModule]) -> DataFrame:
    """Add `history`, the arrays that modules read: previous measurements, then this one."""
    from pyspark.sql import functions as F

    paths = {path for module in modules for path in module.inputs if path.startswith("history.")}
    fields = sorted(path.removeprefix("history.") for path in paths)
    if not fields:
        return alerts
    arrays = [
        F.expr(
            f"concat(coalesce({survey.history}.{field}, array()), array({survey.current}.{field}))"
        ).alias(field)
        for field in fields
    ]
    return alerts.withColumn("history", F.struct(*arrays))


def with_cutouts(alerts: DataFrame, survey: Survey, modules: Sequence[ScienceModule]) -> DataFrame:
    """Add `cutouts`, the images that modules read, named alike for every survey.

    Null where the packet alone says that no module looks at them: images are most of an alert, and
    each step of Spark copies them.
    """
    from pyspark.sql import functions as F

    images = []
    for path in sorted({p for m in modules for p in m.inputs if p.startswith(CUTOUTS)}):
        name = path.removeprefix(CUTOUTS)
        looked_at = F.expr(any_may_apply(m for m in modules if path in m.inputs))
        images.append(F.when(looked_at, F.expr(survey.cutouts[name])).alias(name))
    return alerts.withColumn("cutouts", F.struct(*images)) if images else alerts


def enriched(alerts: DataFrame, modules: Sequence[ScienceModule]) -> DataFrame:
    """Add one struct column per module, `module_status`, `module_errors` and `module_versions`.

    Parameters
    ----------
    alerts : DataFrame
        With every packet column, `history` array and cutout the modules declare. Where a needed
        module is not among `modules`, its column and its `module_status` must be there.
    modules : sequence of ScienceModule
        What to run; entries of other modules are kept.
    """
    found = alerts
    for group in passes(ordered(modules, present=alerts.columns)):
        found = _computed(found, group) if group[0].function else _expressed(found, group[0])
    kept = [c for c in alerts.columns if c not in {*MAPS, *(m.name for m in modules)}]
    return found.select(*kept, *[m.name for m in modules], *_maps(alerts.columns, modules))


def _expressed(alerts: DataFrame, module: ScienceModule) -> DataFrame:
    """Compute a module written as Spark expressions."""
    from pyspark.sql import functions as F

    with_status = alerts.withColumn(_status(module.name), F.expr(_before(module, alerts.columns)))
    values = [F.expr(module.expressions[c.name]).cast(c.type).alias(c.name) for c in module.outputs]
    outputs = F.when(F.col(_status(module.name)) == OK, F.struct(*values))
    error = _unanswered(module, F.col(_status(module.name)))
    return with_status.withColumns({module.name: outputs, _error(module.name): error})


def _computed(alerts: DataFrame, group: Sequence[ScienceModule]) -> DataFrame:
    """Compute modules written in Python, all in one pass over the columns they declare."""
    from pyspark.sql import functions as F

    names = {m.name for m in group}
    inputs = sorted({p for m in group for p in m.inputs if p.split(".")[0] not in names})
    flags = [
        F.expr(_before(m, [*alerts.columns, *map(_status, names)], inside=names)) for m in group
    ]
    fields = [f"`{m.name}.{c.name}` {c.type}" for m in group for c in m.outputs]
    fields += [f"`{m.name}.{extra}` string" for m in group for extra in (STATUS, ERROR)]
    run = F.pandas_udf(runner(group), ", ".join(fields))  # type: ignore[call-overload]
    columns = [F.col(path.replace(CUTOUTS, LOOKED_AT)).alias(path) for path in inputs]
    before = [flag.alias(f"{m.name}.{STATUS}") for m, flag in zip(group, flags, strict=True)]
    ran = _images(alerts, group, flags).withColumn("_ran", run(F.struct(*columns, *before)))

    def part(module: ScienceModule, name: str) -> Column:
        return F.col("_ran").getField(f"{module.name}.{name}")

    results = {}
    for module in group:
        status = part(module, STATUS)
        values = [part(module, c.name).alias(c.name) for c in module.outputs]
        results[module.name] = F.when(status == OK, F.struct(*values))
        results[_status(module.name)] = status
        results[_error(module.name)] = F.coalesce(part(module, ERROR), _unanswered(module, status))
    return ran.withColumns(results).drop("_ran", LOOKED_AT[:-1])


def _images(
    alerts: DataFrame, group: Sequence[ScienceModule], flags: Sequence[Column]
) -> DataFrame:
    """Keep each cutout where a module of the group looks at it; elsewhere it is null.

    A column of its own: Spark holds the columns that a pass reads until Python has answered.
    """
    from pyspark.sql import functions as F

    images = []
    for path in sorted({p for m in group for p in m.inputs if p.startswith(CUTOUTS)}):
        readers = [flag == OK for m, flag in zip(group, flags, strict=True) if path in m.inputs]
        image = F.when(reduce(operator.or_, readers), F.col(path))
        images.append(image.alias(path.removeprefix(CUTOUTS)))
    return alerts.withColumn(LOOKED_AT[:-1], F.struct(*images)) if images else alerts


STATUS, ERROR = "status", "error"


def _status(name: str) -> str:
    return f"_status_{name}"


def _error(name: str) -> str:
    return f"_error_{name}"


def _before(module: ScienceModule, columns: Sequence[str], inside: set[str] | None = None) -> str:
    """Spark SQL expression of a module's status before it runs.

    Needs that run in the same Python pass (`inside`) are looked at there.
    """
    met = ["true"]
    for need in module.needs:
        if need in (inside or ()):
            continue
        status = _status(need) if _status(need) in columns else f"module_status['{need}']"
        met.append(f"coalesce({status} in ('{OK}', '{NOT_APPLICABLE}'), false)")
    answered = " and ".join(
        ["true", *(f"services.{one.name}.state <=> '{ANSWERED}'" for one in module.services)]
    )
    return (
        f"case when not ({' and '.join(met)}) then '{UNAVAILABLE}' "
        f"when not coalesce({module.applies}, false) then '{NOT_APPLICABLE}' "
        f"when not ({answered}) then '{UNAVAILABLE}' else '{OK}' end"
    )


def _unanswered(module: ScienceModule, status: Column) -> Column:
    """Why services that a module asks gave it no answer; null where they did."""
    from pyspark.sql import functions as F

    reasons = [F.expr(f"services.{one.name}.reason") for one in module.services]
    told = F.concat_ws("; ", *reasons) if reasons else F.lit(None).cast("string")
    return F.when(status == UNAVAILABLE, F.nullif(told, F.lit("")))


def _maps(present: Sequence[str], modules: Sequence[ScienceModule]) -> list[Column]:
    """Build the maps of status, errors and versions; entries of other modules stay."""
    from pyspark.sql import functions as F

    def of_each(value: Callable[[ScienceModule], Column]) -> Column:
        pairs = [x for m in modules for x in (F.lit(m.name), value(m))]
        # The cast gives the map its type where there are no modules at all.
        return F.create_map(*pairs).cast("map<string, string>")

    def before(name: str) -> Column:
        return F.coalesce(name, F.create_map()) if name in present else F.create_map()

    mine = [m.name for m in modules]
    others = F.map_filter(before("module_errors"), lambda key, _: ~key.isin(mine))
    errors = F.map_filter(of_each(lambda m: F.col(_error(m.name))), lambda _, v: v.isNotNull())
    # Of two entries of a module, the later counts: see `mapKeyDedupPolicy`.
    status = F.map_concat(before("module_status"), of_each(lambda m: F.col(_status(m.name))))
    versions = F.map_concat(before("module_versions"), of_each(lambda m: F.lit(m.code_version)))
    columns = status, F.map_concat(others, errors), versions
    return [column.alias(name) for name, column in zip(MAPS, columns, strict=True)]


__all__ = ["FAILED", "MAPS", "NOT_APPLICABLE", "OK", "UNAVAILABLE", "enriched", "with_inputs"]
