"""Whether values fit together: numbers, texts, times and truth values, known before a query runs.

What is not known of a value fits everything, and is left to the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap.scope import as_asked

if TYPE_CHECKING:
    from fink_assets.api.tap.scope import Scope
    from fink_assets.api.tap.tables import Column

NUMBER, TEXT, TIME, TRUTH, UNKNOWN = "number", "text", "time", "condition", ""
AS_COLUMNS = {NUMBER: "double", TEXT: "char", TIME: "char", TRUTH: "boolean", UNKNOWN: ""}
"""Types of VOTables for what is computed."""
RECKONING = ("Add", "Sub", "Mul", "Div", "Mod", "Neg")
COMPARING = ("EQ", "NEQ", "GT", "GTE", "LT", "LTE")
CONDITIONS = (
    *COMPARING,
    "And",
    "Or",
    "Not",
    "Between",
    "In",
    "Is",
    "Like",
    "ILike",
    "Escape",
    "Exists",
)
OF_TEXTS = ("Like", "ILike", "Upper", "Lower")
PASSING = ("Paren", "Min", "Max")
"""Parts whose value is of the kind of what they have."""
LEFT_OPEN = ("Cast", "Count", "Coalesce", "Case", "Column", "Literal", "Null", "Boolean", "DPipe")


def of_column(column: Column) -> str:
    """Tell the kind of a column's values."""
    if column.is_time:
        return TIME
    return {"char": TEXT, "boolean": TRUTH, "": UNKNOWN}.get(column.kind, NUMBER)


def of(scope: Scope, node: Any) -> str:
    """Tell the kind of a value, as far as it is known."""
    name = type(node).__name__
    if name in PASSING:
        return of(scope, node.this)
    if name in CONDITIONS or name == "Boolean":
        return TRUTH
    if name == "Column":
        return of_column(scope.found(node)[1])
    if name == "Literal":
        return TEXT if node.is_string else NUMBER
    if name in ("Case", "Coalesce"):
        return _first(scope, _branches(node))
    if name == "Cast":
        return _cast(str(node.to.this.name))
    if name in ("DPipe", "Upper", "Lower"):
        return TEXT
    return UNKNOWN if name == "Null" else NUMBER


def _cast(name: str) -> str:
    return {"VARCHAR": TEXT, "CHAR": TEXT, "TEXT": TEXT, "TIMESTAMP": TIME}.get(name, NUMBER)


def _branches(node: Any) -> list[Any]:
    if type(node).__name__ == "Coalesce":
        return [node.this, *node.expressions]
    default = node.args.get("default")
    return [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default else [])


ALIKE: dict[str, Callable[[Any], list[Any]]] = {
    **dict.fromkeys(COMPARING, lambda node: [node.this, node.expression]),
    "Between": lambda node: [node.this, node.args["low"], node.args["high"]],
    "In": lambda node: [node.this, *node.expressions],
    "Case": _branches,
    "Coalesce": _branches,
}
"""Values of a part that are of one kind."""


def _first(scope: Scope, nodes: Sequence[Any]) -> str:
    return next((kind for kind in (of(scope, each) for each in nodes) if kind), UNKNOWN)


def check(scope: Scope, node: Any) -> None:
    """Check that the values of which a part is made fit.

    Raises
    ------
    RequestError
        They do not, and which.
    """
    name = type(node).__name__
    if name in ALIKE:
        _compared(scope, node, ALIKE[name](node))
    elif name == "DPipe":
        _joined(scope, node)
    elif name not in (*PASSING, *LEFT_OPEN, "Is", "Exists"):
        wanted = {**dict.fromkeys(OF_TEXTS, TEXT), **dict.fromkeys(("And", "Or", "Not"), TRUTH)}
        _all(scope, node, wanted.get(name, NUMBER))


def condition(scope: Scope, node: Any) -> None:
    """Check that what stands after WHERE, ON and HAVING is a condition."""
    if (kind := of(scope, node)) not in (TRUTH, UNKNOWN):
        raise RequestError(f"{as_asked(node)} is a {kind}, where a condition is needed.\n")


def _all(scope: Scope, node: Any, wanted: str) -> None:
    for each in node.iter_expressions():
        if type(each).__name__ in KNOWN_ELSEWHERE or _is_region(each):
            continue
        if (kind := of(scope, each)) not in (wanted, UNKNOWN):
            told = f"{as_asked(node)} needs a {wanted}, and {as_asked(each)} is a {kind}"
            raise RequestError(f"The types do not fit: {told}.\n")


def _joined(scope: Scope, node: Any) -> None:
    """Of what is joined to a text, one at least is a text."""
    if not {TEXT, UNKNOWN} & {of(scope, node.this), of(scope, node.expression)}:
        raise RequestError(f"{as_asked(node)} joins what is no text: CAST it to VARCHAR.\n")


KNOWN_ELSEWHERE = ("Distinct", "Star", "Query", "Subquery", "Select", "Var", "DataType")


def _is_region(node: Any) -> bool:
    from fink_assets.api.tap.geometry import REGIONS

    return type(node).__name__ == "Anonymous" and str(node.this).lower() in REGIONS


def _compared(scope: Scope, node: Any, values: Sequence[Any]) -> None:
    known = [(each, kind) for each in values if (kind := of(scope, each))]
    for one, kind in known[:1]:
        for other, other_kind in known[1:]:
            if kind != other_kind and not _meet(one, kind, other, other_kind):
                told = f"in {as_asked(node)} is {as_asked(one)} a {kind}"
                told += f" and {as_asked(other)} a {other_kind}"
                raise RequestError(f"The types do not fit: {told}.\n")


def _meet(one: Any, kind: str, other: Any, other_kind: str) -> bool:
    """Whether values of two kinds can be compared: a text that says a number or a time can."""
    kinds = {kind, other_kind}
    text = one if kind == TEXT else other
    if kinds == {TEXT, TIME}:
        return _says_time(text)
    if kinds == {TEXT, NUMBER}:
        return type(text).__name__ == "Literal" and _is_number(text.this)
    return TIME not in kinds


def _says_time(node: Any) -> bool:
    if type(node).__name__ != "Literal":
        return True
    try:
        datetime.fromisoformat(node.this)
    except ValueError:
        told = f"{as_asked(node)} is no time; write it as '2026-11-01T00:00:00Z', UTC"
        raise RequestError(f"{told}.\n") from None
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
