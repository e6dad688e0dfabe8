"""Pages of the documentation that say what the code declares: tables, modules, filters, cuts.

`python -m fink_assets.handbook` writes them; a test compares. What goes beyond declarations is
written by hand, on other pages.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from fink_assets.catalogues import CATALOGUES, Catalogue
from fink_assets.distribution.filter import AlertFilter
from fink_assets.distribution.filters import FILTERS
from fink_assets.lake import contracts
from fink_assets.lake.columns import ColumnContract
from fink_assets.lake.combined import COUNTERPARTS, NOTICES, Combined
from fink_assets.lake.contracts import Tables
from fink_assets.raw2science.models import MODELS as TRAINED
from fink_assets.raw2science.models import Model
from fink_assets.raw2science.module import Column, ScienceModule, ordered
from fink_assets.raw2science.modules import MODULES
from fink_assets.settings import PROJECT
from fink_assets.surveys import SURVEYS, Survey
from quality.rules import Rule

GENERATED = "<!-- Written by `python -m fink_assets.handbook`; change the declarations instead. -->"
REST = {
    "raw": "followed by every field of the packet, as sent",
    "science": "followed by the packet's {kept} and one struct per "
    "[science module](modules.md), null where its status is not `ok`",
    "solar_system": "of the measurements, those of the survey, as in sources",
    "sources": "of the measurements, a survey has those that it makes: magnitudes for ZTF, fluxes "
    "for LSST",
    "forced_photometry": "{forced}. An alert repeats what earlier ones brought: a row is the first "
    "of the same object with every field the same; another value for an exposure has a row of its "
    "own",
    "objects": "followed by {kept} and the modules' structs of the latest alert",
}
NOUNS = (
    *("raw", "dead_letter", "quarantine", "science", "deliveries"),
    *("sources", "objects", "forced_photometry", "solar_system", "phase_curves"),
    *("tracklets", "gcn_associations", "gcn_messages", "gcn_deliveries"),
    *("schema_history", "field_availability"),
)

COMBINED = {"notices": NOTICES, "counterparts": COUNTERPARTS}


def pages() -> dict[Path, str]:
    """Give each page's text by its path."""
    folder = PROJECT / "docs" / "scientist"
    return {folder / "tables.md": tables_page(), folder / "modules.md": modules_page()}


def tables_page() -> str:
    """Describe the tables and their columns."""
    tables = Tables("<survey>", "<lake>")
    parts = [
        "# Tables",
        GENERATED,
        f"Delta tables below the lake's root, for each survey ({_titles()}). Null means not known. "
        "Times are UTC. UCD: the IVOA's name of the quantity.",
    ]
    for noun in NOUNS:
        table = getattr(tables, noun)
        doc = getattr(Tables, noun).__doc__ or ""
        place = "a folder per night" if table.partitioned else "not partitioned"
        indexed = ", ".join(f"`{name}`" for name in table.indexed)
        parts += [
            f"## `{table.name}`",
            f"{doc.strip()} Layout: {place}; reads skip files by {indexed}.",
            _columns(getattr(contracts, noun.upper())),
        ]
        if noun in REST:
            parts.append(f"… {REST[noun].format(kept=_kept(), forced=_forced())}.")
    combined = Combined("<lake>")
    parts += ["# Tables of no single survey"]
    for name, columns in COMBINED.items():
        table, doc = getattr(combined, name), getattr(Combined, name).__doc__ or ""
        indexed = ", ".join(f"`{each}`" for each in table.indexed)
        layout = f"{doc.strip()} Layout: not partitioned; reads skip files by {indexed}."
        parts += [f"## `{table.name}`", layout, _columns(columns)]
    return _joined([*parts, *_catalogues()])


def _catalogues() -> list[str]:
    """Describe the tables of known sources."""
    parts = [
        "# Catalogues",
        "Delta tables below the lake's root, one for all surveys. [How they are searched, and how "
        "to add one](catalogues.md).",
    ]
    for catalogue in CATALOGUES:
        facts = [f"Version `{catalogue.version}`", _search(catalogue), catalogue.reference]
        parts += [
            f"## `{'/'.join(catalogue.key)}`",
            catalogue.doc,
            f"{'; '.join(facts)}. Licence: {catalogue.licence}.",
            _columns(catalogue.contract),
        ]
    return parts


def _search(catalogue: Catalogue) -> str:
    if catalogue.position is None:
        return "not searched by position"
    return f"counterparts within {catalogue.radius_arcsec:g} arcsec"


def modules_page() -> str:
    """Describe cuts, science modules and filters."""
    parts = [
        "# Cuts, science modules, filters",
        GENERATED,
        "How to add one: [a module](module.md), [a filter](filter.md).",
    ]
    for survey in SURVEYS.values():
        parts += [f"## {survey.title}: quality cuts", _cuts(survey)]
        parts += [f"## {survey.title}: checks of each batch", _plausible(survey)]
        parts.append(f"## {survey.title}: science modules")
        own = ordered([m for m in MODULES if m.survey == survey.name])
        parts += [part for module in own for part in _module(module)]
        parts.append(f"## {survey.title}: filters")
        parts += [p for f in FILTERS if f.survey == survey.name for p in _filter(f)]
    return _joined([*parts, "## Models", _models()])


def _module(module: ScienceModule) -> list[str]:
    kind = "pandas" if module.function else "Spark expressions"
    facts = [
        f"version {module.version}",
        ", ".join(module.owners),
        kind,
        f"applies where `{module.applies}`",
        f"inputs {_code(module.inputs)}",
    ]
    if module.needs:
        facts.append(f"needs {_code(module.needs)}")
    if module.models:
        facts.append(f"models {_code(module.models)}")
    if module.data:
        facts.append(f"reads {_code('/'.join(data.key) for data in module.data)}")
    return [f"### `{module.name}`", module.doc, "; ".join(facts) + ".", _outputs(module.outputs)]


def _filter(chosen: AlertFilter) -> list[str]:
    facts = f"Version {chosen.version}, {', '.join(chosen.owners)}, topic `{chosen.topic}`."
    condition = f"```sql\n{chosen.condition}\n```"
    return [f"### `{chosen.name}`", chosen.doc, facts, condition]


def _models() -> str:
    def row(model: Model) -> tuple[str, ...]:
        meaning = f"{model.doc} [Origin]({model.origin})."
        source = f"{model.package.requirement}, {model.licence}"
        return f"`{model.name}`", model.version, meaning, source, f"`{model.sha256[:16]}…`"

    return _grid(("model", "version", "what it is", "from", "sha256"), map(row, TRAINED))


def _cuts(survey: Survey) -> str:
    return _grid(
        ("cut", "an alert passes if", "why", "source"),
        [(f"`{r.name}`", _bound(r), r.why, r.source) for r in survey.cuts],
    )


def _plausible(survey: Survey) -> str:
    rules = [r for r in (*survey.plausible, *survey.cuts) if r.tolerated < 1]
    rows = [(f"`{r.name}`", _bound(r), f"{r.tolerated:.0%}", _consequence(r), r.why) for r in rules]
    return _grid(("check", "expected", "may fail", "otherwise", "why"), rows)


def _consequence(rule: Rule) -> str:
    return "the batch is held back" if rule.severity == "critical" else "a warning"


def _bound(rule: Rule) -> str:
    return f"`{rule.column} {rule.bound}`"


def _columns(columns: Sequence[ColumnContract]) -> str:
    rows = [(f"`{c.name}`", f"`{c.type}`", c.unit, c.doc, c.ucd) for c in columns]
    return _grid(("column", "type", "unit", "meaning", "UCD"), rows)


def _outputs(columns: Sequence[Column]) -> str:
    rows = [
        (f"`{c.name}`", f"`{c.type}`", c.unit, c.doc, c.fink and f"`{c.fink}`") for c in columns
    ]
    return _grid(("output", "type", "unit", "meaning", "in user topics"), rows)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kept() -> str:
    """What of the packet stays in science, by survey."""
    return " or ".join(f"{_code(survey.kept)} ({survey.title})" for survey in SURVEYS.values())


def _forced() -> str:
    """Which arrays are forced photometry, by survey."""
    found = {s.title: s.forced.array for s in SURVEYS.values() if s.forced}
    return "elements of " + " or ".join(f"`{array}` ({t})" for t, array in found.items())


def _titles() -> str:
    return ", ".join(survey.title for survey in SURVEYS.values())


def _joined(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
