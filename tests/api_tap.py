"""Queries in ADQL over an archive, and over tables that come with them, without a server."""

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from fink_assets.api.archive import Archive
from fink_assets.api.tap import adql, tables, worker
from fink_assets.api.tap.tables import KINDS, Column, Shown


def asking(archive: Archive) -> Callable[..., list[dict[str, Any]]]:
    """Give what answers a query by rows; `mine` are tables that come with it, by name."""
    shown = tables.shown(archive)
    about = {f"tap_schema_{noun}": t for noun, t in tables.about(shown).items()}

    def ask(text: str, most_rows: int = 10_000, **mine: pa.Table) -> list[dict[str, Any]]:
        own = {**about, **{f"tap_upload_{name}": table for name, table in mine.items()}}
        known = [*shown, *(uploaded(name, table) for name, table in mine.items())]
        query = adql.translated(text, known, most_rows)
        found: list[dict[str, Any]] = worker.rows(archive, query, most_rows, own)[0].to_pylist()
        return found

    return ask


def uploaded(name: str, table: pa.Table) -> Shown:
    """Show a table as one that came with a query."""
    columns: Mapping[str, Column] = {
        field.name.lower(): Column(
            name=field.name, path=field.name, kind=KINDS.get(str(field.type), "char")
        )
        for field in table.schema
    }
    return Shown(schema="tap_upload", noun=name, doc="", columns=columns)
