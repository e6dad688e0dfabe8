"""Circles and distances of ADQL: places are of ICRS, angles in degrees.

A circle about a fixed place has a box beside it, by which the engine skips files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import cone
from fink_assets.api.errors import RequestError
from fink_assets.api.tap.scope import only

if TYPE_CHECKING:
    from fink_assets.api.tap.expressions import Writer

ONLY = "Regions are CIRCLE about a POINT of ICRS, in degrees.\n"
FRAMES = ("icrs", "")


def contains(writer: Writer, node: Any) -> str:
    """Condition of ``CONTAINS(POINT(...), CIRCLE(...))``."""
    args = only(node, "this", "expression")
    place = _point(args["this"])
    middle, radius = _circle(args["expression"])
    alpha, delta = (writer.value(each) for each in place)
    apart = _separation(alpha, delta, *(writer.value(each) for each in middle))
    within = f"{apart} <= {writer.value(radius)}"
    fixed = [_fixed(each) for each in (*middle, radius)]
    if all(type(each).__name__ == "Column" for each in place) and None not in fixed:
        ra, dec, wide = (float(each) for each in fixed if each is not None)
        if 0 <= ra <= 360 and -90 <= dec <= 90 and 0 <= wide <= 180:
            return f"({cone.box_of(alpha, delta, ra, dec, wide)} and {within})"
    return f"({within})"


def distance(writer: Writer, given: Sequence[Any]) -> str:
    """Write ``DISTANCE`` of two points, or of four coordinates, in degrees."""
    if len(given) == 2:
        given = [*_point(given[0]), *_point(given[1])]
    if len(given) != 4:
        raise RequestError("DISTANCE is of two points, or of four coordinates.\n")
    return _separation(*(writer.value(each) for each in given))


def _separation(ra: str, dec: str, other_ra: str, other_dec: str) -> str:
    """Expression of an angle, exact for the smallest of them too."""
    first = f"power(sin(radians({dec} - {other_dec}) / 2), 2)"
    second = (
        f"cos(radians({dec})) * cos(radians({other_dec})) "
        f"* power(sin(radians({ra} - {other_ra}) / 2), 2)"
    )
    return f"degrees(2 * asin(least(1.0, sqrt({first} + {second}))))"


def _point(node: Any) -> tuple[Any, Any]:
    given = _of(node, "point")
    if len(given) != 2:
        raise RequestError(ONLY)
    return given[0], given[1]


def _circle(node: Any) -> tuple[tuple[Any, Any], Any]:
    given = _of(node, "circle")
    if len(given) == 2:
        return _point(given[0]), given[1]
    if len(given) != 3:
        raise RequestError(ONLY)
    return (given[0], given[1]), given[2]


def _of(node: Any, name: str) -> list[Any]:
    """Arguments of a point or a circle, without the frame."""
    if type(node).__name__ != "Anonymous" or str(node.this).lower() != name:
        raise RequestError(ONLY)
    given = list(node.expressions)
    if given and getattr(given[0], "is_string", False):
        frame = given.pop(0).this.split()
        if (frame[0].lower() if frame else "") not in FRAMES:
            raise RequestError(ONLY)
    return given


def _fixed(node: Any) -> float | None:
    """Value of a number, with or without a sign; None of anything else."""
    if type(node).__name__ == "Neg":
        value = _fixed(node.this)
        return None if value is None else -value
    if type(node).__name__ != "Literal" or node.is_string:
        return None
    try:
        return float(node.this)
    except ValueError:
        return None
