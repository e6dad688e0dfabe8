"""The page of one science module: all that its file declares."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from fink_assets.catalogues import Catalogue
from fink_assets.distribution.filters import FILTERS
from fink_assets.handbook.inputs import described as input_of
from fink_assets.handbook.markdown import GENERATED, code, grid, joined
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.module import Column, Golden, ScienceModule
from fink_assets.raw2science.modules import MODULES
from fink_assets.services.service import Service
from fink_assets.surveys import SURVEYS
from quality.module_checks import described as checks_of


def module_page(module: ScienceModule) -> str:
    """Describe a module."""
    title = f"# `{module.name}` ({SURVEYS[module.survey].title})"
    intro = "[All modules](../../modules.md). [How to write one](../../module.md)."
    parts = [title, GENERATED, intro, module.doc, _facts(module)]
    parts += ["Alerts to which it applies:", f"```sql\n{module.applies.strip()}\n```"]
    parts += ["## Inputs", _inputs(module), "## Outputs", _outputs(module.outputs)]
    parts += [*_data(module), "## Checks", _checks(module)]
    parts += ["## Golden alerts", *_golden(module.golden), "## Used by", _users(module)]
    return joined(parts)


def _facts(module: ScienceModule) -> str:
    column = f"`{module.name}` of `{module.survey}/science`"
    file = f"`fink_assets/raw2science/modules/{module.survey}/{module.name}.py`"
    rows = [
        ("version", module.version),
        ("owners", ", ".join(module.owners)),
        ("needs", ", ".join(map(_link, _needs(module))) or "no other module"),
        ("reads, where they have values,", ", ".join(map(_link, _after(module))) or "none"),
        ("computed by", "Python, on batches" if module.function else "expressions of Spark"),
        ("column", f"{column}, null where `module_status['{module.name}']` is not `ok`"),
        ("asset", f"`{module.survey}/science/{module.name}`"),
        ("file", file),
    ]
    return grid(("", ""), rows)


def _needs(module: ScienceModule) -> list[ScienceModule]:
    return [m for m in MODULES if m.survey == module.survey and m.name in module.needs]


def _after(module: ScienceModule) -> list[ScienceModule]:
    return [m for m in MODULES if m.survey == module.survey and m.name in module.after]


def _link(module: ScienceModule) -> str:
    return f"[`{module.name}`]({module.name}.md)"


def _inputs(module: ScienceModule) -> str:
    known = [(path, input_of(path, module.survey, MODULES)) for path in module.inputs]
    rows = [(f"`{path}`", found.unit, found.meaning) for path, found in known]
    return grid(("input", "unit", "meaning"), rows)


def _outputs(columns: Sequence[Column]) -> str:
    head = ("output", "type", "unit", "range", "meaning", "UCD", "in user topics, as Fink names it")
    rows = [
        (f"`{c.name}`", f"`{c.type}`", c.unit, _range(c), c.doc, c.ucd, c.fink and f"`{c.fink}`")
        for c in columns
    ]
    return grid(head, rows)


def _range(column: Column) -> str:
    if column.between is None:
        return ""
    low, high = column.between
    if math.isinf(high):
        return f"from {low:g}" if math.isfinite(low) else ""
    return f"{low:g} to {high:g}" if math.isfinite(low) else f"up to {high:g}"


def _data(module: ScienceModule) -> Iterable[str]:
    """What it reads beside alerts: trained models, catalogues, anything else."""
    models = [each for each in module.data if isinstance(each, Model)]
    catalogues = [each for each in module.data if isinstance(each, Catalogue)]
    others = [each for each in module.data if not isinstance(each, Model | Catalogue)]
    if models:
        yield "## Models"
        yield grid(("model", "version", "what it is", "from", "sha256"), map(_model, models))
    if catalogues:
        yield "## Catalogues"
        yield "Columns and units: [tables](../../tables.md#catalogues)."
        head = ("catalogue", "version", "within", "what it holds", "reference", "licence")
        yield grid(head, map(_catalogue, catalogues))
    if module.services:
        yield "## Services"
        yield "[How they are asked](../../../operator/services.md)."
        head = ("service", "within", "asked again after", "what it holds", "reference", "licence")
        yield grid(head, map(_service, module.services))
    if others:
        yield "## Other data"
        yield code("/".join(each.key) for each in others)


def _model(model: Model) -> tuple[str, ...]:
    meaning = f"{model.doc} [Origin]({model.origin})."
    source = f"{model.package.requirement}, {model.licence}"
    return f"`{model.name}`", model.version, meaning, source, f"`{model.sha256}`"


def _catalogue(found: Catalogue) -> tuple[str, ...]:
    within = f"{found.radius_arcsec:g} arcsec" if found.position else "by name"
    return f"`{found.name}`", found.version, within, found.doc, found.reference, found.licence


def _service(found: Service) -> tuple[str, ...]:
    within = f"{found.radius_arcsec:g} arcsec"
    again = f"{found.max_age_days:g} d"
    return f"`{found.name}`", within, again, found.doc, found.reference, found.licence


def _checks(module: ScienceModule) -> str:
    rows = [(f"`{name}`", text) for name, text in checks_of(module).items()]
    what = "[What to do when one fails](../../../operator/streaming.md#what-each-check-means)."
    if not module.function:
        what += " Computed by Spark itself: what it costs is not measured apart."
    return joined([grid(("check", "passes if"), rows), what]).strip()


def _golden(golden: Sequence[Golden]) -> Iterable[str]:
    if not golden:
        yield "None: tests of the module build their alerts."
        return
    yield "Real alerts, and what tests hold the module to; outputs not named are not compared."
    rows = [
        (
            f"`{each.alert}`",
            each.status,
            ", ".join(f"`{name}` {_value(value)}" for name, value in each.expected.items()),
            f"{each.tolerance:g}" if _numbers(each.expected.values()) else "",
        )
        for each in golden
    ]
    yield grid(("alert", "status", "values", "relative tolerance"), rows)


def _numbers(values: Iterable[Any]) -> bool:
    return any(isinstance(v, float) and v and not math.isnan(v) for v in values)


def _value(value: Any) -> str:
    """Write a value as the table shows it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"`{value}`" if isinstance(value, str) else str(value)


def _users(module: ScienceModule) -> str:
    """Say who reads its outputs: modules, filters, tables of bodies."""
    survey = SURVEYS[module.survey]
    own = f"{module.name}."
    modules = [m for m in MODULES if m.survey == survey.name and module.name in m.runs_after]
    filters = [f.name for f in FILTERS if f.survey == survey.name and _reads(f.inputs, own)]
    rows = []
    if modules:
        rows.append(f"- modules: {', '.join(map(_link, modules))}")
    if filters:
        page = f"../../modules.md#{survey.title.lower()}-filters"
        rows.append(f"- [filters]({page}): {code(filters)}")
    if survey.bodies and module.name in survey.bodies.modules:
        rows.append("- the table of [known bodies](../../solar_system.md)")
    return "\n".join(rows) or "No module and no filter of the project."


def _reads(inputs: Iterable[str], own: str) -> bool:
    return any(path.startswith(own) for path in inputs)
