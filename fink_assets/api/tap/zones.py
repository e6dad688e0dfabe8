"""Pairs of places that are near each other, found by strips of declination.

A condition on the distance of two tables' places alone makes the engine look at each with each.
Here one table has each of its rows three times, for its strip and those beside it, and rows of the
same strip are joined. Strips are wider than the distance: each pair that is near is found once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fink_assets.api import sql
from fink_assets.api.tap import geometry
from fink_assets.api.tap.uploads import SCHEMA

if TYPE_CHECKING:
    from fink_assets.api.tap.scope import Scope

NARROWEST, WIDEST = 1 / 3600, 5.0
"""Degrees of a strip: of narrower ones there are too many, wider ones save little."""
WIDER = 1.001
"""By which a strip is wider than the distance: more than rounding."""


def conditions(node: Any) -> Iterator[Any]:
    """Give the conditions of which each has to be met."""
    while type(node).__name__ == "And":
        yield from conditions(node.expression)
        node = node.this
    yield node.this if type(node).__name__ == "Paren" else node


def joined(scope: Scope, nodes: Iterator[Any]) -> str:
    """Condition that rows of two tables are of one strip; empty where none keeps them near.

    One of the tables of the scope then has its rows three times, so the condition must be added;
    all tables must be joined without rows that have no partner.
    """
    for node in nodes:
        found = geometry.near(node)
        if found is None or not 0 < found[2] <= WIDEST:
            continue
        many, few = (scope.owner(place[1]) for place in found[:2])
        if many is None or few is None or many[0] == few[0]:
            continue
        if scope.relations[many[0]].schema == SCHEMA:
            many, few = few, many
        wide = sql.number(float(max(found[2] * WIDER, NARROWEST)))
        name = f"z{next(scope.numbers)}"
        strip = f"floor({sql.field(few[1].path)} / {wide})"
        relation = scope.relations[few[0]]
        source = (
            f"(select *, unnest(make_array({strip} - 1, {strip}, {strip} + 1)) as {name} "
            f"from {relation.source} as t{next(scope.numbers)})"
        )
        scope.relations[few[0]] = replace(relation, source=source)
        other = sql.field(many[1].path, scope.places[many[0]])
        return f"{scope.places[few[0]]}.{name} = floor({other} / {wide})"
    return ""
