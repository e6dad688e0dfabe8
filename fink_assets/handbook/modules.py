"""The page that lists cuts, checks of batches, science modules, filters, models, what is absent."""

from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters import FILTERS
from fink_assets.handbook.absent import TITLE, absent
from fink_assets.handbook.markdown import GENERATED, grid, joined
from fink_assets.raw2science.models import MODELS as TRAINED
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.module import ScienceModule
from fink_assets.raw2science.modules import MODULES
from fink_assets.raw2science.order import ordered
from fink_assets.surveys import SURVEYS, Survey
from quality.rules import Rule


def modules_page() -> str:
    """Describe cuts and filters, and say which science modules there are."""
    parts = [
        "# Cuts, science modules, filters",
        GENERATED,
        "How to add one: [a module](module.md), [a filter](filter.md).",
    ]
    for survey in SURVEYS.values():
        parts += [f"## {survey.title}: quality cuts", _cuts(survey)]
        parts += [f"## {survey.title}: checks of each batch", _plausible(survey)]
        parts += [f"## {survey.title}: science modules", _modules(survey)]
        parts.append(f"## {survey.title}: filters")
        parts += [p for f in FILTERS if f.survey == survey.name for p in _filter(f)]
    return joined([*parts, "## Models", _models(), f"## {TITLE}", absent()])


def _modules(survey: Survey) -> str:
    """List modules, each after those it needs."""

    def row(module: ScienceModule) -> tuple[str, ...]:
        page = f"[`{module.name}`](modules/{module.survey}/{module.name}.md)"
        summary = module.doc.partition("\n\n")[0]
        return page, module.version, summary, ", ".join(module.owners)

    own = ordered([m for m in MODULES if m.survey == survey.name])
    return grid(("module", "version", "what it does", "owners"), map(row, own))


def _filter(chosen: AlertFilter) -> list[str]:
    facts = f"Version {chosen.version}, {', '.join(chosen.owners)}, topic `{chosen.topic}`."
    condition = f"```sql\n{chosen.condition}\n```"
    return [f"### `{chosen.name}`", chosen.doc, facts, condition]


def _models() -> str:
    def row(model: Model) -> tuple[str, ...]:
        meaning = f"{model.doc} [Origin]({model.origin})."
        source = f"{model.package.requirement}, {model.licence}"
        return f"`{model.name}`", model.version, meaning, source, f"`{model.sha256[:16]}…`"

    return grid(("model", "version", "what it is", "from", "sha256"), map(row, TRAINED))


def _cuts(survey: Survey) -> str:
    return grid(
        ("cut", "an alert passes if", "why", "source"),
        [(f"`{r.name}`", _bound(r), r.why, r.source) for r in survey.cuts],
    )


def _plausible(survey: Survey) -> str:
    rules = [r for r in (*survey.plausible, *survey.cuts) if r.tolerated < 1]
    rows = [(f"`{r.name}`", _bound(r), f"{r.tolerated:.0%}", _consequence(r), r.why) for r in rules]
    return grid(("check", "expected", "may fail", "otherwise", "why"), rows)


def _consequence(rule: Rule) -> str:
    return "the batch is held back" if rule.severity == "critical" else "a warning"


def _bound(rule: Rule) -> str:
    return f"`{rule.column} {rule.bound}`"
