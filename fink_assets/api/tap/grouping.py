"""Where aggregates may stand, and which columns may stand beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api.errors import RequestError
from fink_assets.api.tap.scope import as_asked

if TYPE_CHECKING:
    from fink_assets.api.tap.expressions import Writer
    from fink_assets.api.tap.tables import Column

Listed = Sequence[tuple[str, "Column", Any]]
AGGREGATES = ("Count", "Sum", "Avg", "Min", "Max")


def none_in(node: Any) -> None:
    """Check that a condition on rows has no aggregate.

    Raises
    ------
    RequestError
        It has one.
    """
    for each in _aggregates(node):
        told = "stands where rows are not grouped yet: use HAVING"
        raise RequestError(f"The aggregate {as_asked(each)} {told}.\n")


def check(
    writer: Writer, listed: Listed, groups: Sequence[Any], having: Any, order: Sequence[Any]
) -> None:
    """Check that what is told of groups is the same for all rows of one.

    Parameters
    ----------
    writer : Writer
        Knows the names of the result's columns.
    listed : sequence of tuple
        What is selected: how it is written, its column, and what it was parsed from.
    groups, having, order
        What stands in GROUP BY, HAVING (or None) and ORDER BY.

    Raises
    ------
    RequestError
        A column is neither in GROUP BY nor in an aggregate, or an aggregate in another.
    """
    more = [*([] if having is None else [having]), *(n for n in order if not writer.place(n))]
    told = [*(node for _, _, node in listed), *more]
    _none_in_another(told)
    if not groups and having is None and not any(True for n in told for _ in _aggregates(n)):
        return
    keys = {_key(writer, each, listed) for each in groups}
    for written, column, node in listed:
        if type(node).__name__ == "Star" and written not in keys:
            raise _told(column.name)
    for node in told:
        loose = None if type(node).__name__ == "Star" else _loose(writer, node, keys)
        if loose is not None:
            raise _told(as_asked(loose))


def _key(writer: Writer, node: Any, listed: Listed) -> str:
    place = writer.place(node)
    return listed[place - 1][0] if place else writer.value(node)


def _none_in_another(told: Sequence[Any]) -> None:
    for outer in (a for node in told for a in _aggregates(node)):
        for child in outer.iter_expressions():
            for inner in _aggregates(child):
                raise RequestError(f"{as_asked(inner)} is an aggregate in an aggregate.\n")


def _told(name: str) -> RequestError:
    return RequestError(f"{name} is neither in GROUP BY nor in an aggregate.\n")


def _aggregates(node: Any) -> Iterator[Any]:
    """Give the aggregates of a value, but not those of queries in it."""
    if type(node).__name__ in AGGREGATES:
        yield node
    elif type(node).__name__ not in ("Select", "Subquery", "Union", "Except", "Intersect"):
        for child in node.iter_expressions():
            yield from _aggregates(child)


def _loose(writer: Writer, node: Any, keys: set[str]) -> Any:
    """First column that differs between rows of a group; None if there is none."""
    kind = type(node).__name__
    if kind in (*AGGREGATES, "Select", "Subquery", "Union", "Except", "Intersect"):
        return None
    if keys and _written(writer, node) in keys:
        return None
    if kind == "Column":
        return node
    inner = (_loose(writer, each, keys) for each in node.iter_expressions())
    return next((each for each in inner if each is not None), None)


def _written(writer: Writer, node: Any) -> str | None:
    try:
        return writer.value(node)
    except RequestError:
        return None
