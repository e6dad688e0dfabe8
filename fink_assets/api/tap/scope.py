"""Tables and columns that a query may name, and the parts that its nodes may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fink_assets.api import sql
from fink_assets.api.errors import RequestError
from fink_assets.api.tap.tables import Column, Shown


def only(node: Any, *names: str) -> dict[str, Any]:
    """Give the parts of a node, which has none but those named.

    Raises
    ------
    RequestError
        It has another one.
    """
    found = {k: v for k, v in node.args.items() if v not in (None, False, [], "")}
    if set(found) - set(names):
        raise refused(node)
    return found


def refused(node: Any) -> RequestError:
    """Say that a part of a query is not known here."""
    name = getattr(node, "name", "") if type(node).__name__ == "Anonymous" else ""
    return RequestError(f"The query has a part that is not known here: {name or node.key}.\n")


@dataclass(kw_only=True)
class Scope:
    """Tables of a query by their aliases."""

    tables: dict[str, Shown] = field(default_factory=dict)
    joined: set[str] = field(default_factory=set)

    @property
    def nouns(self) -> Mapping[str, Shown]:
        """Tables by the names under which the engine has them."""
        return {self.noun(table): table for table in self.tables.values()}

    def noun(self, table: Shown) -> str:
        """Name under which the engine has a table."""
        return f"{table.schema}_{table.noun}"

    def add(self, alias: str, table: Shown) -> None:
        """Add a table."""
        if alias.lower() in {known.lower() for known in self.tables}:
            raise RequestError(f"Two tables are called {alias[:100]}.\n")
        self.tables[alias] = table

    def every(self, alias: str) -> Iterator[tuple[str, Column]]:
        """Give all columns, of one table or of all."""
        chosen = [a for a in self.tables if not alias or a.lower() == alias.lower()]
        if not chosen:
            raise RequestError(f"There is no table {alias[:100]} in the query.\n")
        for each in chosen:
            for column in self.tables[each].columns.values():
                yield each, column

    def shared(self, name: str) -> str:
        """Name of a column by which tables are joined: of all that have it, of two at least."""
        found = [t.columns[name.lower()] for t in self.tables.values() if name.lower() in t.columns]
        if len(found) < 2 or any(c.path != c.name for c in found):
            raise RequestError(f"Tables cannot be joined by {name[:100]}.\n")
        self.joined.add(name.lower())
        return found[0].name

    def found(self, node: Any) -> tuple[str, Column]:
        """Find a column: the alias of its table, none where tables share it, and itself."""
        args = only(node, "this", "table", "db")
        name, alias = node.name.lower(), node.table.lower()
        if "db" in args and args["db"].name.lower() not in {t.schema for t in self.tables.values()}:
            raise RequestError(f"There is no schema {args['db'].name[:100]}.\n")
        places = [
            (each, table.columns[name])
            for each, table in self.tables.items()
            if name in table.columns and alias in ("", each.lower())
        ]
        if not places:
            raise RequestError(f"There is no column {f'{alias}.{name}'.strip('.')[:100]}.\n")
        if len(places) == 1:
            return places[0]
        if name not in self.joined:
            raise RequestError(f"The column {name[:100]} is in several tables: say of which.\n")
        return "", places[0][1]

    def written(self, alias: str, column: Column) -> str:
        """Write a column."""
        return sql.field(column.path, sql.name(alias) if alias else "")
