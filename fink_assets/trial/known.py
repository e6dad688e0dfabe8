"""What became of alerts of simulated sources, class by class: read from the logs, without Spark.

What a source is, the table of the truth says, which belongs to the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fink_assets.lake.table import Table
from fink_assets.lake.tables import Tables

if TYPE_CHECKING:
    from rich.table import Table as Grid

COUNTED = ("raw", "quarantine", "science", "deliveries")
TITLES = ("class", "objects", "received", "quarantined", "enriched", "delivered")


def truth_of(tables: Tables) -> Table:
    """Table of a survey's simulated objects: the truth that `fink simulate` writes."""
    return Table(name=f"{tables.survey}/truth", root=tables.root)


def fates(tables: Tables) -> dict[str, dict[str, int]]:
    """Count what became of each class of simulated objects.

    Parameters
    ----------
    tables : Tables
        Of one survey. Tables that are not there count as empty.

    Returns
    -------
    dict
        By class, in alphabetical order: its `objects`, and the alerts of these in `raw`,
        `quarantine`, `science` and `deliveries`, each once. Empty where nothing was simulated.
    """
    truth = truth_of(tables)
    if not truth.exists():
        return {}
    known = truth.query("select class, count(*) as number from it group by class order by class")
    found = {row["class"]: {"objects": row["number"]} for row in known.to_pylist()}
    for noun in COUNTED:
        counts = _alerts(getattr(tables, noun), truth)
        for name, fate in found.items():
            fate[noun] = counts.get(name, 0)
    return found


def _alerts(table: Table, truth: Table) -> dict[str, int]:
    if not table.exists():
        return {}
    answer = table.query(
        "select t.class, count(distinct i.alert_id) as alerts from it i "
        "join truth t on i.object_id = t.object_id group by t.class",
        truth=truth,
    )
    return {row["class"]: row["alerts"] for row in answer.to_pylist()}


def show_fates(found: Mapping[str, Mapping[str, int]]) -> Grid:
    """Table for people."""
    from rich.table import Table as Grid

    grid = Grid(title="Simulated alerts by what they truly are")
    grid.add_column(TITLES[0])
    for title in TITLES[1:]:
        grid.add_column(title, justify="right")
    for name, fate in found.items():
        grid.add_row(name, *[str(fate[noun]) for noun in ("objects", *COUNTED)])
    return grid
