"""Care for what services answered: many small files become few. No answer changes."""

from __future__ import annotations

from collections.abc import Iterator

from fink_assets.lake.table import Table
from fink_assets.services import PIECEWISE, ephemerides, kept, sesame, ssodnet
from fink_assets.services.answers import Answers


def by_name(root: str) -> tuple[Table, ...]:
    """Tables of answers about names, in a lake."""
    return ssodnet.table_of(root), sesame.table_of(root), ephemerides.table_of(root)


def compact(root: str) -> Iterator[tuple[str, dict[str, int]]]:
    """Compact each table of answers; give its name and what was done."""
    for service in PIECEWISE:
        yield service.name, Answers(root).compact(service)
    for table in by_name(root):
        yield table.name.removeprefix("services/"), kept.compact(table)
