"""The page of tables: those of each survey, of no single survey, and of catalogues."""

from collections.abc import Sequence

from fink_assets.catalogues import CATALOGUES, Catalogue
from fink_assets.handbook.markdown import GENERATED, code, grid, joined
from fink_assets.lake import contracts
from fink_assets.lake.columns import ColumnContract
from fink_assets.lake.combined import COUNTERPARTS, NOTICES, Combined
from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables
from fink_assets.surveys import SURVEYS

REST = {
    "raw": "followed by every field of the packet, as sent",
    "science": "followed by the packet's {kept} and one struct per "
    "[science module](modules.md), null where its status is not `ok`",
    "alerts": "before the last two, the packet's {kept} and one struct per "
    "[science module](modules.md); a folder per year",
    "body_alerts": "before the last three, the packet's {kept} and one struct per "
    "[science module](modules.md); a folder per year",
    "classes": "an alert has a row for each family that labels it; a folder per year",
    "solar_system": "of the measurements, those of the survey, as in sources",
    "sources": "of the measurements, a survey has those that it makes: magnitudes for ZTF, fluxes "
    "for LSST",
    "trajectories": "the newest row of a body is what is known of it",
    "forced_photometry": "{forced}. An alert repeats what earlier ones brought: a row is the first "
    "of the same object with every field the same; another value for an exposure has a row of its "
    "own",
    "objects": "followed by {kept} and the modules' structs of the latest alert",
}
NOUNS = (
    *("raw", "dead_letter", "quarantine", "science", "deliveries"),
    *("sources", "objects", "alerts", "classes", "received", "history", "statistics"),
    *("forced_photometry", "forced_light_curves"),
    *("solar_system", "body_alerts", "phase_curves"),
    *("trajectories", "linked_nights"),
    *("tracklets", "gcn_associations", "gcn_messages", "gcn_deliveries"),
    *("schema_history", "field_availability"),
)

COMBINED = {"notices": NOTICES, "counterparts": COUNTERPARTS}


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
        place = _place(table)
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
    return joined([*parts, *_catalogues()])


def _place(table: Table) -> str:
    """Say how the files of a table lie."""
    if not table.clustered:
        return "a folder per night" if table.partitioned else "not partitioned"
    order = ", ".join(f"`{name}`" for name in table.clustered)
    return f"sorted daily by {order}"


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


def _columns(columns: Sequence[ColumnContract]) -> str:
    rows = [(f"`{c.name}`", f"`{c.type}`", c.unit, c.doc, c.ucd) for c in columns]
    return grid(("column", "type", "unit", "meaning", "UCD"), rows)


def _kept() -> str:
    """What of the packet stays in science, by survey."""
    return " or ".join(f"{code(survey.kept)} ({survey.title})" for survey in SURVEYS.values())


def _forced() -> str:
    """Which arrays are forced photometry, by survey."""
    found = {s.title: s.forced.array for s in SURVEYS.values() if s.forced}
    return "elements of " + " or ".join(f"`{array}` ({t})" for t, array in found.items())


def _titles() -> str:
    return ", ".join(survey.title for survey in SURVEYS.values())
