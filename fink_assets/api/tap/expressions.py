"""Values and conditions of ADQL, written for the engine: what stands in `WRITERS` and no more.

A part of a query that has anything that its writer does not know is refused, so that nothing is
left out without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fink_assets.api import sql
from fink_assets.api.errors import RequestError
from fink_assets.api.tap import functions, geometry, kinds
from fink_assets.api.tap.scope import Scope, only, refused

NUMBER = re.compile(r"\d+|\d*\.?\d*(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Writes values, conditions and keys of one SELECT."""

    scope: Scope
    names: Mapping[str, int] = field(default_factory=dict)

    def naming(self, listed: Iterable[str]) -> Writer:
        """Know the names of the result's columns, by which rows are ordered and grouped."""
        return replace(self, names={name.lower(): k for k, name in enumerate(listed, 1)})

    def key(self, node: Any) -> str:
        """Write what rows are ordered or grouped by: a column's place, its name, or a value."""
        place = self.place(node)
        return str(place) if place else self.value(node)

    def place(self, node: Any) -> int:
        """Place of the result's column that a key names, from 1; 0 if it names none."""
        from sqlglot import exp

        if isinstance(node, exp.Literal) and node.is_int and node.this.isdecimal():
            if not 1 <= int(node.this[:9]) <= len(self.names):
                raise RequestError(f"There is no column {node.this[:20]} in the result.\n")
            return int(node.this[:9])
        if isinstance(node, exp.Column) and not node.table:
            return self.names.get(node.name.lower(), 0)
        return 0

    def value(self, node: Any) -> str:
        """Write a value.

        Raises
        ------
        RequestError
            It has a part that is not known, or parts that do not fit.
        """
        write = WRITERS.get(type(node).__name__)
        if write is None:
            raise functions.unknown(node) if functions.is_function(node) else refused(node)
        written: str = write(self, node)
        kinds.check(self.scope, node)
        return written

    def values(self, nodes: Any) -> str:
        """Write some values."""
        return ", ".join(self.value(node) for node in nodes)


def _column(writer: Writer, node: Any) -> str:
    return writer.scope.found(node)[0]


def _literal(writer: Writer, node: Any) -> str:
    if node.is_string:
        try:
            return sql.text(node.this)
        except ValueError:
            raise RequestError("A text has characters that no text has.\n") from None
    text = str(node.this)
    if text.isdecimal() and len(text) < 19:
        return str(int(text))
    try:
        return sql.number(float(text) if NUMBER.fullmatch(text) else float("nan"))
    except ValueError:
        raise RequestError(f"{text[:40]} is no number.\n") from None


def _binary(sign: str) -> Any:
    """Sign between two values, or many: what stands on its left is not nested, however long."""

    def write(writer: Writer, node: Any) -> str:
        rights: list[str] = []
        left = node
        while type(left) is type(node):
            args = only(left, "this", "expression", "typed", "safe")
            kinds.check(writer.scope, left)
            rights.append(writer.value(args["expression"]))
            left = args["this"]
        return f"({f' {sign} '.join([writer.value(left), *reversed(rights)])})"

    return write


def _like(sign: str) -> Any:
    def write(writer: Writer, node: Any) -> str:
        args = only(node, "this", "expression", "negate")
        sign_or_not = f"not {sign}" if args.get("negate") else sign
        return f"({writer.value(args['this'])} {sign_or_not} {writer.value(args['expression'])})"

    return write


def _compared(sign: str) -> Any:
    """Comparison, which is where a region may stand: ``1 = CONTAINS(...)``."""

    def write(writer: Writer, node: Any) -> str:
        args = only(node, "this", "expression")
        sides = args["this"], args["expression"]
        if sign in ("=", "<>", "!="):
            for one, other in (sides, sides[::-1]):
                if geometry.is_test(one) and str(other) in ("0", "1"):
                    inside = geometry.tested(writer, one)
                    return inside if (str(other) == "1") == (sign == "=") else f"(not {inside})"
        return f"({writer.value(sides[0])} {sign} {writer.value(sides[1])})"

    return write


def _unary(form: str) -> Any:
    def write(writer: Writer, node: Any) -> str:
        return form.format(writer.value(only(node, "this")["this"]))

    return write


def _between(writer: Writer, node: Any) -> str:
    args = only(node, "this", "low", "high")
    this, low, high = (writer.value(args[name]) for name in ("this", "low", "high"))
    return f"({this} between {low} and {high})"


def _in(writer: Writer, node: Any) -> str:
    args = only(node, "this", "expressions", "query")
    this = writer.value(args["this"])
    if "query" not in args and "expressions" not in args:
        raise RequestError("IN needs values, or a query, in its brackets.\n")
    if "query" not in args:
        return f"({this} in ({writer.values(args['expressions'])}))"
    statement, columns = writer.scope.inside(args["query"], writer.scope)
    if columns != 1:
        raise RequestError(f"The query after IN has one column, not {columns}.\n")
    return f"({this} in ({statement}))"


def _exists(writer: Writer, node: Any) -> str:
    inner = only(node, "this")["this"]
    return f"(exists ({writer.scope.inside(inner, writer.scope)[0]}))"


def _is(writer: Writer, node: Any) -> str:
    args = only(node, "this", "expression", "negate")
    if type(args["expression"]).__name__ != "Null":
        raise refused(node)
    return f"({writer.value(args['this'])} is {'not ' if args.get('negate') else ''}null)"


def _case(writer: Writer, node: Any) -> str:
    args = only(node, "ifs", "default")
    branches = []
    for branch in args["ifs"]:
        told = only(branch, "this", "true")
        branches.append(f"when {writer.value(told['this'])} then {writer.value(told['true'])}")
    last = f" else {writer.value(args['default'])}" if "default" in args else ""
    return f"(case {' '.join(branches)}{last} end)"


CASTS = {
    "DOUBLE": "double",
    "FLOAT": "real",
    "INT": "int",
    "SMALLINT": "smallint",
    "BIGINT": "bigint",
    "VARCHAR": "varchar",
    "CHAR": "varchar",
    "TEXT": "varchar",
    "TIMESTAMP": "timestamp",
}


def _cast(writer: Writer, node: Any) -> str:
    args = only(node, "this", "to", "_type")
    kind = CASTS.get(args["to"].this.name)
    if kind is None:
        raise refused(args["to"])
    return f"cast({writer.value(args['this'])} as {kind})"


def _escape(writer: Writer, node: Any) -> str:
    raise RequestError("ESCAPE is not there: in a pattern of LIKE, % and _ stand for others.\n")


WRITERS: dict[str, Any] = {
    "Column": _column,
    "Literal": _literal,
    "Null": lambda writer, node: "null",
    "Boolean": lambda writer, node: "true" if node.this is True else "false",
    "Paren": _unary("({})"),
    "Neg": _unary("(- {})"),
    "Not": _unary("(not {})"),
    "And": _binary("and"),
    "Or": _binary("or"),
    "Add": _binary("+"),
    "Sub": _binary("-"),
    "Mul": _binary("*"),
    "Div": _binary("/"),
    "Mod": _binary("%"),
    "DPipe": _binary("||"),
    "Like": _like("like"),
    "ILike": _like("ilike"),
    "Escape": _escape,
    "EQ": _compared("="),
    "NEQ": _compared("<>"),
    "GT": _compared(">"),
    "GTE": _compared(">="),
    "LT": _compared("<"),
    "LTE": _compared("<="),
    "Contains": geometry.as_number,
    "Between": _between,
    "In": _in,
    "Exists": _exists,
    "Is": _is,
    "Case": _case,
    "Cast": _cast,
    "Log": functions.log,
    "Sqrt": functions.sqrt,
    "Anonymous": functions.anonymous,
    **{kind: functions.aggregate(kind.lower()) for kind in ("Count", "Sum", "Avg", "Min", "Max")},
    **{
        kind: functions.function(kind.lower(), "this")
        for kind in (
            *("Abs", "Ceil", "Floor", "Exp", "Ln", "Degrees", "Radians", "Acos", "Asin"),
            *("Atan", "Cos", "Sin", "Tan", "Cot", "Upper", "Lower"),
        )
    },
    "Pow": functions.function("power", "this", "expression"),
    "Atan2": functions.function("atan2", "this", "expression"),
    "Round": functions.function("round", "this", "decimals"),
    "Trunc": functions.function("trunc", "this", "decimals"),
    "Coalesce": functions.function("coalesce", "this", "expressions"),
    "Pi": functions.function("pi"),
}
"""How each part of a query is written, by its name in the parser."""
