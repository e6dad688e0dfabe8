"""ADQL, the query language of the Virtual Observatory (ADQL 2.1), written anew for the engine.

A query is parsed by sqlglot; of what it found only what is known here is written, value by value
and name by name: one `select` over tables that are shown. Anything else is refused. Not known:
queries in queries, `union`, `with`, and regions other than circles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fink_assets.api import sql
from fink_assets.api.errors import RequestError
from fink_assets.api.tap.expressions import Writer
from fink_assets.api.tap.scope import Scope, only, refused
from fink_assets.api.tap.tables import Column, Shown

LONGEST = 20_000
"""Characters of a query."""
MOST_NODES = 3_000
"""Parts of a query."""
MOST_TABLES = 6


@dataclass(frozen=True, kw_only=True)
class Query:
    """A query as the engine reads it.

    Parameters
    ----------
    statement : str
        SQL of DataFusion.
    tables : mapping of str to Shown
        Tables by the names that they have in it.
    columns : mapping of str to Column or None
        Names of the result's columns, and which column of a table each is, if it is one.
    limit : int or None
        Rows that the query itself asks for.
    """

    statement: str
    tables: Mapping[str, Shown]
    columns: Mapping[str, Column | None]
    limit: int | None


def translated(text: str, tables: Sequence[Shown], most_rows: int) -> Query:
    """Translate a query, which then gives one row more than the most, if it has more.

    Raises
    ------
    RequestError
        It is no query that is answered here, and why.
    """
    if len(text) > LONGEST or "\0" in text:
        raise RequestError(f"A query has at most {LONGEST} characters.\n")
    try:
        return _Select(tree=_parsed(text), shown=tables).query(most_rows)
    except RecursionError:
        raise RequestError("The query is nested too deeply.\n") from None


def _parsed(text: str) -> Any:
    import sqlglot
    from sqlglot import exp
    from sqlglot.dialects.postgres import Postgres
    from sqlglot.tokens import TokenType

    class Adql(Postgres):
        class Tokenizer(Postgres.Tokenizer):
            KEYWORDS = {**Postgres.Tokenizer.KEYWORDS, "TOP": TokenType.TOP}  # noqa: RUF012

    try:
        found = [tree for tree in sqlglot.parse(text, read=Adql) if tree is not None]
    except sqlglot.errors.SqlglotError as problem:
        places = getattr(problem, "errors", None) or [{}]
        told = places[0]
        where = f" in line {told['line']}, column {told['col']}" if "line" in told else ""
        raise RequestError(f"The query cannot be parsed{where}.\n") from None
    if len(found) != 1 or not isinstance(found[0], exp.Select):
        raise RequestError("A query is one SELECT, without UNION or WITH.\n")
    if sum(1 for _ in zip(range(MOST_NODES + 1), found[0].walk(), strict=False)) > MOST_NODES:
        raise RequestError(f"A query has at most {MOST_NODES} parts.\n")
    return found[0]


@dataclass(kw_only=True)
class _Select:
    tree: Any
    shown: Sequence[Shown]
    scope: Scope = field(default_factory=Scope)

    def query(self, most_rows: int) -> Query:
        known = ("expressions", "distinct", "limit", "from_", "joins", "where", "group", "having")
        args = only(self.tree, *known, "order", "offset", "operation_modifiers")
        if "from_" not in args:
            raise RequestError("A query needs a FROM.\n")
        source = self._from(args)
        writer = Writer(scope=self.scope)
        listed = self._listed(writer, args["expressions"])
        limit = self._number(args.get("limit"))
        parts = [
            "select",
            "distinct" if self._distinct(args.get("distinct")) else "",
            ", ".join(f"{value} as {sql.name(name)}" for name, (value, _) in listed.items()),
            f"from {source}",
            *self._clauses(writer.naming(listed), args),
            f"limit {min(most_rows + 1, limit if limit is not None else most_rows + 1)}",
            f"offset {offset}" if (offset := self._number(args.get("offset"))) else "",
        ]
        return Query(
            statement=" ".join(part for part in parts if part),
            tables=self.scope.nouns,
            columns={name: column for name, (_, column) in listed.items()},
            limit=limit,
        )

    def _clauses(self, writer: Writer, args: Mapping[str, Any]) -> list[str]:
        from sqlglot import exp

        found = []
        plain = Writer(scope=self.scope)
        if "where" in args:
            found.append(f"where {plain.condition(only(args['where'], 'this')['this'])}")
        if "group" in args:
            by = only(args["group"], "expressions")["expressions"]
            found.append(f"group by {', '.join(writer.key(each) for each in by)}")
        if "having" in args:
            having = only(args["having"], "this")["this"]
            found.append(f"having {plain.condition(having)}")
        if "order" in args:
            keys = []
            for each in only(args["order"], "expressions")["expressions"]:
                if not isinstance(each, exp.Ordered):
                    raise refused(each)
                told = only(each, "this", "desc", "nulls_first")
                keys.append(f"{writer.key(told['this'])}{' desc' if told.get('desc') else ''}")
            found.append(f"order by {', '.join(keys)}")
        return found

    def _from(self, args: Mapping[str, Any]) -> str:
        source = self._table(only(args["from_"], "this")["this"])
        for join in args.get("joins", ()):
            source += self._join(join)
        return source

    def _join(self, join: Any) -> str:
        told = only(join, "this", "on", "using", "side", "kind")
        side, kind = (str(told.get(name, "")).lower() for name in ("side", "kind"))
        if side not in ("", "left", "right", "full") or kind not in ("", "inner", "outer", "cross"):
            raise refused(join)
        table = self._table(told["this"])
        if "using" in told:
            names = [self.scope.shared(each.name) for each in told["using"]]
            return f" {side} join {table} using ({', '.join(map(sql.name, names))})"
        if "on" in told:
            return f" {side} join {table} on {Writer(scope=self.scope).condition(told['on'])}"
        if side:
            raise RequestError("A join needs ON or USING.\n")
        return f" cross join {table}"

    def _table(self, node: Any) -> str:
        from sqlglot import exp

        if not isinstance(node, exp.Table):
            raise RequestError("After FROM and JOIN stand tables, not queries.\n")
        args = only(node, "this", "db", "alias")
        schema = args["db"].name.lower() if "db" in args else ""
        noun = args["this"].name.lower() if isinstance(args["this"], exp.Identifier) else ""
        found = [t for t in self.shown if t.noun == noun and schema in ("", t.schema)]
        if not found:
            raise RequestError(f"There is no table {f'{schema}.{noun}'.strip('.')[:100]}.\n")
        alias = noun
        if "alias" in args:
            alias = only(args["alias"], "this")["this"].name
        self.scope.add(alias, found[0])
        if len(self.scope.tables) > MOST_TABLES:
            raise RequestError(f"A query has at most {MOST_TABLES} tables.\n")
        return f"{sql.name(self.scope.noun(found[0]))} as {sql.name(alias)}"

    def _listed(self, writer: Writer, items: Sequence[Any]) -> dict[str, tuple[str, Column | None]]:
        """Expressions of the result, by name."""
        from sqlglot import exp

        found: dict[str, tuple[str, Column | None]] = {}
        for item in items:
            alias = _of_star(item)
            if alias is not None:
                for each, column in self.scope.every(alias):
                    _add(found, column.name, (self.scope.written(each, column), column))
                continue
            name, inner = "", item
            if isinstance(item, exp.Alias):
                told = only(item, "this", "alias")
                name, inner = told["alias"].name, told["this"]
            direct = self.scope.found(inner)[1] if isinstance(inner, exp.Column) else None
            name = name or (direct.name if direct else f"col_{len(found) + 1}")
            _add(found, name, (writer.value(inner), direct))
        return found

    def _distinct(self, node: Any) -> bool:
        if node is not None:
            only(node)
        return node is not None

    def _number(self, node: Any) -> int | None:
        if node is None:
            return None
        value = only(node, "expression")["expression"]
        text = value.this if getattr(value, "is_int", False) else ""
        if not isinstance(text, str) or not text.isdecimal() or len(text) > 9:
            raise RequestError("TOP and OFFSET are followed by a whole number.\n")
        return int(text)


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


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    called, k = name, 2
    while called.lower() in {n.lower() for n in found}:
        called, k = f"{name}_{k}", k + 1
    found[called] = value
