"""One SELECT of ADQL, written for the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import grouping, kinds, zones
from fink_assets.api.tap.expressions import Writer
from fink_assets.api.tap.scope import Relation, Scope, only, refused
from fink_assets.api.tap.tables import Column

MOST_TABLES = 6
"""Tables of one SELECT, queries in its FROM among them."""
SIDES, KINDS = ("", "left", "right", "full"), ("", "inner", "outer", "cross")


@dataclass(frozen=True, kw_only=True)
class Part:
    """A query, or one in it, as the engine reads it.

    Parameters
    ----------
    statement : str
        SQL of DataFusion, whose columns are called `c1`, `c2`, …
    columns : mapping of str to Column
        Those columns by the names that the query gives them.
    tables : int
        Tables that it reads, each as often as it does.
    limit : int or None
        Rows that it asks for itself.
    """

    statement: str
    columns: Mapping[str, Column]
    tables: int
    limit: int | None


@dataclass(kw_only=True)
class Select:
    """Writes one SELECT.

    Parameters
    ----------
    tree : sqlglot.expressions.Select
        What was parsed.
    scope : Scope
        To be filled with its tables.
    table : callable
        Gives the name and the relation of what stands in a FROM.
    """

    tree: Any
    scope: Scope
    table: Callable[[Any], tuple[str, Relation]]

    def part(self, most: int | None) -> Part:
        """Write it, with at most so many rows."""
        known = ("expressions", "distinct", "limit", "from_", "joins", "where", "group", "having")
        args = only(self.tree, *known, "order", "offset", "operation_modifiers", "with_")
        if "from_" not in args:
            raise RequestError("A query needs a FROM.\n")
        if "expressions" not in args:
            raise RequestError("A SELECT needs columns, or *, before its FROM.\n")
        source, near = self._from(args)
        writer = Writer(scope=self.scope)
        listed = self._listed(writer, args.get("expressions", ()))
        limit = number(args.get("limit"))
        rows = [n for n in (limit, most) if n is not None]
        offset = number(args.get("offset"))
        parts = [
            "select distinct" if _is_distinct(args.get("distinct")) else "select",
            ", ".join(f"{value} as {column.path}" for value, column, _ in listed.values()),
            f"from {source}",
            *self._clauses(writer, args, listed, near),
            f"limit {min(rows)}" if rows else "",
            f"offset {offset}" if offset else "",
        ]
        return Part(
            statement=" ".join(filter(None, parts)),
            columns={name: column for name, (_, column, _) in listed.items()},
            tables=sum(each.tables for each in self.scope.relations.values()),
            limit=limit,
        )

    def _clauses(
        self, writer: Writer, args: Mapping[str, Any], listed: Any, near: str
    ) -> list[str]:
        keyed = writer.naming(listed)
        groups = only(args["group"], "expressions")["expressions"] if "group" in args else []
        having = only(args["having"], "this")["this"] if "having" in args else None
        order = only(args["order"], "expressions")["expressions"] if "order" in args else []
        where = [near] if near else []
        if "where" in args:
            where.append(self._condition(writer, only(args["where"], "this")["this"]))
        found = [f"where {' and '.join(where)}"] if where else []
        if groups:
            found.append(f"group by {', '.join(keyed.key(each) for each in groups)}")
        if having is not None:
            kinds.condition(self.scope, having)
            found.append(f"having {writer.value(having)}")
        if order:
            found.append(f"order by {', '.join(_ordered(keyed, each) for each in order)}")
        by = [each.this for each in order]
        grouping.check(keyed, list(listed.values()), groups, having, by)
        return found

    def _condition(self, writer: Writer, node: Any) -> str:
        """Write a condition on rows, in which no aggregate stands."""
        grouping.none_in(node)
        kinds.condition(self.scope, node)
        return writer.value(node)

    def _from(self, args: Mapping[str, Any]) -> tuple[str, str]:
        """Write the tables, and a condition by which they are joined beside those of the query."""
        pieces = [self._source("", only(args["from_"], "this")["this"])]
        joins = args.get("joins", ())
        pieces += [self._join(join) for join in joins]
        near = ""
        if joins and not any(join.args.get("side") for join in joins):
            asked = [join.args["on"] for join in joins if join.args.get("on")]
            asked += [args["where"].this] if "where" in args else []
            near = zones.joined(self.scope, (c for node in asked for c in zones.conditions(node)))
        told = (
            f"{before}{self.scope.relations[name].source} as {self.scope.places[name]}{after}"
            for before, name, after in pieces
        )
        return "".join(told), near

    def _join(self, join: Any) -> tuple[str, str, str]:
        told = only(join, "this", "on", "using", "side", "kind")
        side, kind = (str(told.get(name, "")).lower() for name in ("side", "kind"))
        if side not in SIDES or kind not in KINDS:
            raise refused(join)
        conditioned = "using" in told or "on" in told
        if side and not conditioned:
            raise RequestError("A join needs ON or USING.\n")
        before, name, _ = self._source(
            f" {side} join " if conditioned else " cross join ", told["this"]
        )
        if "using" in told:
            by = [self.scope.join(each.name, side) for each in told["using"]]
            return before, name, f" on {' and '.join(by)}"
        if "on" in told:
            return before, name, f" on {self._condition(Writer(scope=self.scope), told['on'])}"
        return before, name, ""

    def _source(self, before: str, node: Any) -> tuple[str, str, str]:
        alias, relation = self.table(node)
        self.scope.add(alias, relation)
        if len(self.scope.relations) > MOST_TABLES:
            raise RequestError(f"A SELECT has at most {MOST_TABLES} tables.\n")
        return before, alias.lower(), ""

    def _listed(self, writer: Writer, items: Sequence[Any]) -> dict[str, tuple[str, Column, Any]]:
        """Expressions of the result by name, with what each means and what it was written from."""
        from sqlglot import exp

        found: dict[str, tuple[str, Column, Any]] = {}
        for item in items:
            alias = _of_star(item)
            if alias is not None:
                for written, column in self.scope.every(alias):
                    _add(found, column.name, written, column, exp.Star())
                continue
            name, inner = "", item
            if isinstance(item, exp.Alias):
                told = only(item, "this", "alias")
                name, inner = told["alias"].name, told["this"]
            written, column = writer.value(inner), self._meaning(inner)
            _add(found, name or column.name or f"col_{len(found) + 1}", written, column, inner)
        return found

    def _meaning(self, node: Any) -> Column:
        if type(node).__name__ == "Column":
            return self.scope.found(node)[1]
        kind = kinds.of(self.scope, node)
        return Column(name="", path="", kind=kinds.AS_COLUMNS[kind], is_time=kind == kinds.TIME)


def number(node: Any) -> int | None:
    """Read what follows TOP or OFFSET, None where nothing does."""
    if node is None:
        return None
    value = only(node, "expression")["expression"]
    text = value.this if getattr(value, "is_int", False) else ""
    if not isinstance(text, str) or not text.isdecimal() or len(text) > 9:
        raise RequestError("TOP and OFFSET are followed by a whole number.\n")
    return int(text)


def _is_distinct(node: Any) -> bool:
    if node is not None:
        only(node)
    return node is not None


def _ordered(writer: Writer, node: Any) -> str:
    if type(node).__name__ != "Ordered":
        raise refused(node)
    told = only(node, "this", "desc", "nulls_first")
    return f"{writer.key(told['this'])}{' desc' if told.get('desc') else ''}"


def _of_star(item: Any) -> str | None:
    """Table whose columns are all wanted, "" for every table; None of anything else."""
    from sqlglot import exp

    if isinstance(item, exp.Star):
        only(item)
        return ""
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        only(item, "this", "table")
        return str(item.table)
    return None


def _add(found: dict[str, Any], name: str, written: str, column: Column, node: Any) -> None:
    called, k = name, 2
    while called.lower() in {n.lower() for n in found}:
        called, k = f"{name}_{k}", k + 1
    found[called] = written, replace(column, name=called, path=f"c{len(found) + 1}"), node
