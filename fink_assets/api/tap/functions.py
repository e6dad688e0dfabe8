"""Functions of ADQL, written for the engine: aggregates, and those of numbers and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap import geometry, scope
from fink_assets.api.tap.scope import only

if TYPE_CHECKING:
    from fink_assets.api.tap.expressions import Writer


def aggregate(name: str) -> Any:
    """Write an aggregate of a value, of distinct values, or the number of rows."""

    def write(writer: Writer, node: Any) -> str:
        of = only(node, "this", "big_int")["this"]
        if type(of).__name__ == "Star" and name == "count":
            return "count(*)"
        if type(of).__name__ == "Distinct":
            return f"{name}(distinct {writer.values(only(of, 'expressions')['expressions'])})"
        return f"{name}({writer.value(of)})"

    return write


def function(name: str, *parts: str) -> Any:
    """Write a function by its parts: those that are there, in this order."""

    def write(writer: Writer, node: Any) -> str:
        args = only(node, *parts)
        given = [v for part in parts if part in args for v in _listed(args[part])]
        return f"{name}({writer.values(given)})"

    return write


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def log(writer: Writer, node: Any) -> str:
    """LOG is the natural logarithm."""
    return f"ln({writer.value(only(node, 'this')['this'])})"


LEAST = "-1e-300"
"""What stands for all negative numbers."""


def sqrt(writer: Writer, node: Any) -> str:
    """SQRT, which is NULL of a negative number, where the engine's ends the query.

    Functions outside their domain give NULL in results: LN(-1), ACOS(2) and POWER(10, 400) too, of
    which the engine makes what is not finite, and what writes results makes null.
    """
    value = writer.value(only(node, "this")["this"])
    return f"sqrt(nullif(greatest({value}, {LEAST}), {LEAST}))"


def anonymous(writer: Writer, node: Any) -> str:
    """Write a function that the parser does not know: one of `NAMED`, or DISTANCE."""
    name = str(node.this).lower()
    given = only(node, "this", "expressions").get("expressions", [])
    if name == "distance":
        return geometry.distance(writer, given)
    if name == "intersects":
        return geometry.as_number(writer, node)
    if name in geometry.REGIONS:
        raise RequestError(f"{name.upper()} stands in CONTAINS, INTERSECTS or DISTANCE.\n")
    if name not in NAMED:
        raise unknown(node)
    if NAMED[name] != len(given):
        raise RequestError(f"{name.upper()} has {NAMED[name]} arguments, not {len(given)}.\n")
    if name == "mod":
        return f"({writer.value(given[0])} % {writer.value(given[1])})"
    return f"{name}({writer.values(given)})"


NAMED = {
    **dict.fromkeys(("degrees", "radians", "acos", "asin", "atan", "cos", "sin", "tan", "cot"), 1),
    **{"log10": 1, "mod": 2, "atan2": 2, "pi": 0, "trunc": 1},
}
"""Functions that the parser does not know, and how many arguments they have."""
KNOWN = (
    *(*NAMED, "count", "sum", "avg", "min", "max", "abs", "ceiling", "floor", "exp", "ln", "log"),
    *("sqrt", "upper", "lower", "power", "round", "truncate", "coalesce", "cast"),
    *("contains", "intersects", "distance", *geometry.REGIONS),
)
"""What functions are called in ADQL."""


def is_function(node: Any) -> bool:
    """Tell whether a part of a query is a function."""
    from sqlglot import exp

    return isinstance(node, exp.Func)


def unknown(node: Any) -> RequestError:
    """Say that there is no such function."""
    name = str(node.this) if type(node).__name__ == "Anonymous" else node.sql_name()
    return scope.unknown("function", name.upper(), KNOWN)
