"""Functions of ADQL, written for the engine: aggregates, and those of numbers and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fink_assets.api.tap import geometry
from fink_assets.api.tap.scope import only, refused

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
    """LOG is the natural logarithm; LOG10 is parsed as one to the base 10."""
    args = only(node, "this", "expression")
    if "expression" not in args:
        return f"ln({writer.value(args['this'])})"
    if str(args["this"]) != "10":
        raise refused(node)
    return f"log10({writer.value(args['expression'])})"


def anonymous(writer: Writer, node: Any) -> str:
    """Write a function that the parser does not know: one of `NAMED`, or DISTANCE."""
    name = str(node.this).lower()
    given = only(node, "this", "expressions").get("expressions", [])
    if name == "distance":
        return geometry.distance(writer, given)
    if NAMED.get(name) != len(given):
        raise refused(node)
    return f"{name}({writer.values(given)})"


NAMED = {
    **dict.fromkeys(("degrees", "radians", "acos", "asin", "atan", "cos", "sin", "tan", "cot"), 1),
    **{"log10": 1, "atan2": 2, "pi": 0, "trunc": 1},
}
"""Functions that the parser does not know, and how many arguments they have."""
