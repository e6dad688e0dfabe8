"""Tables and columns that a query may name, and the parts that its nodes may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import count
from typing import Any

from fink_assets.api import sql
from fink_assets.api.errors import RequestError
from fink_assets.api.tap.tables import Column

TOLD = 80
"""Characters of a query that an error repeats."""


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
    return RequestError(f"The query has a part that is not known here: {as_asked(node)}.\n")


def as_asked(node: Any) -> str:
    """Write a part of a query much as its sender did, in short."""
    try:
        text = str(node.sql(dialect="postgres", unsupported_level=None)).strip()
    except Exception:  # the parser has parts that it cannot write
        text = ""
    text = " ".join(text.split()) or node.key.upper()
    return text if len(text) <= TOLD else f"{text[:TOLD]}…"


def unknown(what: str, name: str, names: Iterable[str], alias: str = "") -> RequestError:
    """Say that there is no such thing, and what is called much like it."""
    near = get_close_matches(name.lower(), dict.fromkeys(n.lower() for n in names), n=3)
    name = f"{alias}.{name}" if alias else name
    hint = f" Near to it: {', '.join(near)}." if near else ""
    return RequestError(f"There is no {what} {name[:100]}.{hint}\n")


@dataclass(frozen=True, kw_only=True)
class Relation:
    """What stands in a FROM.

    Parameters
    ----------
    source : str
        A table or a query, as the engine reads it.
    columns : mapping of str to Column
        By name in lower case.
    schema : str
        Of a table.
    tables : int
        Tables that are read for it, each as often as it is.
    """

    source: str
    columns: Mapping[str, Column]
    schema: str = ""
    tables: int = 1


@dataclass(kw_only=True)
class Scope:
    """Tables of one SELECT by their aliases, and those of the query around it.

    Parameters
    ----------
    inside : callable
        Writes a query that stands in a condition, and tells how many columns it has.
    numbers : iterator of int
        Of names that the engine is given: no name of a query is one of its names.
    outer : Scope, optional
        Of the query around it.
    """

    inside: Callable[[Any, Scope], tuple[str, int]]
    numbers: Iterator[int] = field(default_factory=count)
    outer: Scope | None = None
    relations: dict[str, Relation] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    joined: dict[str, tuple[str, Column]] = field(default_factory=dict)

    def add(self, alias: str, relation: Relation) -> str:
        """Add a table, and give the name that the engine has for it."""
        name = alias.lower()
        if name in self.relations:
            raise RequestError(f"Two tables are called {alias[:100]}.\n")
        self.relations[name] = relation
        self.places[name] = f"t{next(self.numbers)}"
        return self.places[name]

    def every(self, alias: str) -> Iterator[tuple[str, Column]]:
        """Give all columns, of one table or of all: those by which tables are joined once."""
        chosen = [a for a in self.relations if alias.lower() in ("", a)]
        if not chosen:
            raise unknown("table in the query called", alias, self.relations)
        given = set()
        for each in chosen:
            for name, column in self.relations[each].columns.items():
                shared = "" if alias else name if name in self.joined else ""
                if shared not in given:
                    yield self.joined[shared] if shared else (self._written(each, column), column)
                given |= {shared} - {""}

    def join(self, name: str, side: str) -> str:
        """Condition by which the last table is joined to those before it by a column.

        The column is then that of either: of rows that only one table has, it is that table's.
        """
        key = name.lower()
        *before, last = self.relations
        lefts = [a for a in before if key in self.relations[a].columns]
        if key not in self.relations[last].columns or not lefts:
            raise RequestError(f"Tables cannot be joined by {name[:100]}: not both have it.\n")
        if key not in self.joined and len(lefts) > 1:
            raise _ambiguous(name)
        column = self.relations[lefts[0]].columns[key]
        left = self.joined[key][0] if key in self.joined else self._written(lefts[0], column)
        right = self._written(last, self.relations[last].columns[key])
        either = {"right": right, "full": f"coalesce({left}, {right})"}.get(side, left)
        self.joined[key] = either, column
        return f"{left} = {right}"

    def found(self, node: Any) -> tuple[str, Column]:
        """Find a column: how it is written, and itself."""
        args = only(node, "this", "table", "db")
        name, alias = node.name.lower(), node.table.lower()
        schema = args["db"].name.lower() if "db" in args else ""
        places = [
            each
            for each, relation in self.relations.items()
            if name in relation.columns and alias in ("", each) and schema in ("", relation.schema)
        ]
        if not places:
            if self.outer is not None:
                return self.outer.found(node)
            raise self._missing(node)
        if not alias and name in self.joined:
            return self.joined[name]
        if len(places) > 1:
            raise _ambiguous(node.name)
        column = self.relations[places[0]].columns[name]
        return self._written(places[0], column), column

    def owner(self, node: Any) -> tuple[str, Column] | None:
        """Find which table of this SELECT a column is of, and itself; None of anything else."""
        if type(node).__name__ != "Column":
            return None
        name, alias = node.name.lower(), node.table.lower()
        found = [
            (each, relation.columns[name])
            for each, relation in self.relations.items()
            if name in relation.columns and alias in ("", each)
        ]
        return found[0] if len(found) == 1 else None

    def _missing(self, node: Any) -> RequestError:
        name, alias = node.name, node.table
        if alias and alias.lower() not in self.relations:
            return unknown("table in the query called", alias, self.relations)
        if node.db and node.db.lower() != self.relations[alias.lower()].schema:
            return unknown("schema", node.db, [self.relations[alias.lower()].schema])
        chosen = [self.relations[alias.lower()]] if alias else self.relations.values()
        return unknown("column", name, (c for r in chosen for c in r.columns), alias)

    def _written(self, alias: str, column: Column) -> str:
        return sql.field(column.path, self.places[alias])


def _ambiguous(name: str) -> RequestError:
    return RequestError(f"The column {name[:100]} is in several tables: say of which.\n")
