"""Queries made of queries: UNION, EXCEPT and INTERSECT, WITH, and queries in queries.

A query with a name is written wherever the name stands; how many tables are read is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import kinds
from fink_assets.api.tap.scope import Relation, Scope, only, refused, unknown
from fink_assets.api.tap.selects import Part, Select, number
from fink_assets.api.tap.tables import Column, Shown

MOST_READ = 24
"""Tables of a query, each as often as it is read."""
SETS = {"Union": "union", "Except": "except", "Intersect": "intersect"}
Named = Mapping[str, Relation]


@dataclass(kw_only=True)
class Translator:
    """Writes a query and those in it.

    Parameters
    ----------
    shown : sequence of Shown
        Tables that it may name.
    most_rows : int
        Rows that the whole gives at most.
    """

    shown: Sequence[Shown]
    most_rows: int
    used: dict[str, Shown] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)
    _read: int = 0

    def whole(self, node: Any) -> Part:
        """Write the query itself, whose rows are bounded."""
        return self.part(node, {}, None, self.most_rows)

    def part(
        self, node: Any, named: Named, outer: Scope | None = None, most: int | None = None
    ) -> Part:
        """Write a query, or one in it, which knows queries by name and the query around it."""
        kind = type(node).__name__
        if kind == "Subquery":
            return self.part(only(node, "this")["this"], named, outer, most)
        if kind not in (*SETS, "Select"):
            raise refused(node)
        if (clause := node.args.get("with_")) is not None:
            named = self._named(clause, named)
        if kind == "Select":
            scope = Scope(
                inside=lambda inner, around: self._inside(inner, named, around),
                numbers=self.numbers,
                outer=outer,
            )
            select = Select(scope=scope, table=lambda each: self._table(each, named), tree=node)
            return select.part(most)
        return self._set(node, named, outer, most)

    def _named(self, clause: Any, named: Named) -> Named:
        known = dict(named)
        for each in only(clause, "expressions")["expressions"]:
            args = only(each, "this", "alias")
            name, listed = _alias(args["alias"])
            if name.lower() in known and name.lower() not in named:
                raise RequestError(f"Two queries are called {name[:100]}.\n")
            known[name.lower()] = self._relation(self.part(args["this"], known), listed)
        return known

    def _relation(self, part: Part, listed: Sequence[str]) -> Relation:
        columns = dict(part.columns)
        if listed:
            if len(listed) != len(columns) or len({n.lower() for n in listed}) < len(listed):
                raise RequestError(f"A query has {len(columns)} columns, each with its name.\n")
            columns = dict(zip(listed, columns.values(), strict=True))
        return Relation(
            source=f"({part.statement})",
            columns={n.lower(): replace(c, name=n) for n, c in columns.items()},
            tables=part.tables,
        )

    def _inside(self, node: Any, named: Named, around: Scope) -> tuple[str, int]:
        part = self.part(node, named, around)
        return part.statement, len(part.columns)

    def _table(self, node: Any, named: Named) -> tuple[str, Relation]:
        """Find what stands in a FROM, and how it is called."""
        kind = type(node).__name__
        if kind == "Subquery":
            args = only(node, "this", "alias")
            if "alias" not in args:
                raise RequestError("A query in a FROM needs a name: (SELECT …) AS name.\n")
            name, listed = _alias(args["alias"])
            return name, self._relation(self.part(args["this"], named), listed)
        if kind != "Table":
            raise refused(node)
        args = only(node, "this", "db", "alias")
        noun = args["this"].name if type(args["this"]).__name__ == "Identifier" else ""
        alias = _alias(args["alias"], columns=False)[0] if "alias" in args else noun
        return alias, self._found(args["db"].name if "db" in args else "", noun, named)

    def _found(self, schema: str, noun: str, named: Named) -> Relation:
        if not schema and noun.lower() in named:
            found = named[noun.lower()]
            self._count(found.tables)
            return found
        for each in self.shown:
            if each.noun.lower() == noun.lower() and schema.lower() in ("", each.schema):
                name = f"{each.schema}_{each.noun}"
                self.used[name] = each
                self._count(1)
                return Relation(source=f'"{name}"', columns=each.columns, schema=each.schema)
        names = [*named, *(t.name for t in self.shown), *(t.noun for t in self.shown)]
        raise unknown("table", f"{schema}.{noun}".strip(".")[:100] or "of that form", names)

    def _count(self, tables: int) -> None:
        self._read += tables
        if self._read > MOST_READ:
            raise RequestError(
                f"A query reads at most {MOST_READ} tables, each as often as it is named.\n"
            )

    def _set(self, node: Any, named: Named, outer: Scope | None, most: int | None) -> Part:
        known = ("this", "expression", "distinct", "with_", "order", "limit", "offset")
        args = only(node, *known)
        sides = [self.part(each, named, outer) for each in _sides(node)]
        sign = SETS[type(node).__name__]
        columns = _columns(sign, sides)
        write = _distinct if args.get("distinct") else _all
        limit, offset = number(args.get("limit")), number(args.get("offset"))
        rows = [n for n in (limit, most) if n is not None]
        parts = [
            f"select * from ({write(sign, sides, self.numbers)}) as t{next(self.numbers)}",
            _order(args.get("order"), columns),
            f"limit {min(rows)}" if rows else "",
            f"offset {offset}" if offset else "",
        ]
        return Part(
            statement=" ".join(filter(None, parts)),
            columns=columns,
            tables=sum(side.tables for side in sides),
            limit=limit,
        )


def _alias(node: Any, *, columns: bool = True) -> tuple[str, list[str]]:
    """Name of a table in a query, and those of its columns if they are listed."""
    args = only(node, "this", *(["columns"] if columns else []))
    return args["this"].name, [each.name for each in args.get("columns", [])]


def _sides(node: Any) -> list[Any]:
    """Queries of a set, and those of the same set on its left: the engine reads no deep nests."""
    left, distinct = node.this, bool(node.args.get("distinct"))
    alike = type(left) is type(node) and bool(left.args.get("distinct")) == distinct
    plain = not any(left.args.get(k) for k in ("with_", "order", "limit", "offset"))
    flat = distinct or type(node).__name__ == "Union"
    return [*(_sides(left) if alike and plain and flat else [left]), node.expression]


def _columns(sign: str, sides: Sequence[Part]) -> dict[str, Column]:
    """Columns of a set: called as the first query calls them, with a meaning if both have it."""
    first = list(sides[0].columns.values())
    for side in sides[1:]:
        if len(first) != len(side.columns):
            told = f"The queries of a {sign.upper()} have {len(first)} and {len(side.columns)}"
            raise RequestError(f"{told} columns, not as many.\n")
        both = zip(first, side.columns.values(), strict=True)
        first = [_both(sign, place, *pair) for place, pair in enumerate(both, 1)]
    return dict(zip(sides[0].columns, first, strict=True))


def _both(sign: str, place: int, one: Column, other: Column) -> Column:
    of_one, of_other = kinds.of_column(one), kinds.of_column(other)
    if of_one and of_other and of_one != of_other:
        told = f"column {place} of the {sign.upper()} is a {of_one} and a {of_other}"
        raise RequestError(f"The types do not fit: {told}.\n")
    if (one.unit, one.ucd, one.xtype) == (other.unit, other.ucd, other.xtype):
        ranged = one.ranged and other.ranged
        return replace(one, indexed=one.indexed and other.indexed, ranged=ranged)
    return Column(name=one.name, path=one.path, kind=one.kind, is_time=one.is_time)


def _distinct(sign: str, sides: Sequence[Part], numbers: Iterator[int]) -> str:
    return f" {sign} ".join(f"select * from ({s.statement}) as t{next(numbers)}" for s in sides)


def _all(sign: str, sides: Sequence[Part], numbers: Iterator[int]) -> str:
    """Keep rows as often as they are there: the engine's own ALL counts only those of one side."""
    if sign == "union":
        return _distinct("union all", sides, numbers)
    names = ", ".join(c.path for c in sides[0].columns.values())
    numbered = [
        f"select {names}, row_number() over (partition by {names}) as c0 "
        f"from ({side.statement}) as t{next(numbers)}"
        for side in sides
    ]
    return f"select {names} from ({f' {sign} '.join(numbered)}) as t{next(numbers)}"


def _order(node: Any, columns: Mapping[str, Column]) -> str:
    """Rows of a set are ordered by its columns, by name or place."""
    if node is None:
        return ""
    places = {name.lower(): str(k) for k, name in enumerate(columns, 1)}
    keys = []
    for each in only(node, "expressions")["expressions"]:
        told = only(each, "this", "desc", "nulls_first")
        name = told["this"].name.lower()
        key = name if name in places.values() else places.get(name)
        if key is None or told["this"].args.get("table"):
            raise unknown("column in the result called", told["this"].name, columns)
        keys.append(f"{key}{' desc' if told.get('desc') else ''}")
    return f"order by {', '.join(keys)}"
