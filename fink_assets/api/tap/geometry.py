"""Regions and distances of ADQL: places are of ICRS, angles in degrees.

A region about a fixed place has a box beside it, by which the engine skips files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fink_assets.api import cone, sql
from fink_assets.api.errors import RequestError
from fink_assets.api.tap import polygons
from fink_assets.api.tap.scope import as_asked, only

if TYPE_CHECKING:
    from fink_assets.api.tap.expressions import Writer

REGIONS = ("point", "circle", "polygon", "box")
FRAMES = ("icrs", "")
_ROUNDING = 1e-9
"""Degrees by which declinations may differ more than a circle is wide."""


def is_test(node: Any) -> bool:
    """Tell whether a value is 1 or 0 by where a region lies."""
    return type(node).__name__ == "Contains" or _is(node, "intersects")


def as_number(writer: Writer, node: Any) -> str:
    """Write CONTAINS or INTERSECTS as ADQL has it: 1 or 0."""
    return f"(case when {tested(writer, node)} then 1 else 0 end)"


def tested(writer: Writer, node: Any) -> str:
    """Condition of ``CONTAINS`` or ``INTERSECTS``."""
    if type(node).__name__ == "Contains":
        args = only(node, "this", "expression")
        return _contains(writer, args["this"], args["expression"])
    given = only(node, "this", "expressions").get("expressions", [])
    if len(given) != 2:
        raise RequestError("INTERSECTS is of two regions.\n")
    return _intersects(writer, *given)


def _contains(writer: Writer, one: Any, region: Any) -> str:
    kinds = _kind(one), _kind(region)
    if kinds == ("circle", "circle"):
        (middle, radius), (other, wide) = _circle(one), _circle(region)
        apart = _apart(writer, middle, other)
        return f"({apart} + {writer.value(radius)} <= {writer.value(wide)})"
    if kinds[0] != "point" or kinds[1] not in ("circle", "polygon", "box"):
        told = "is of a POINT in a CIRCLE, POLYGON or BOX, or of a CIRCLE in a CIRCLE"
        raise RequestError(f"CONTAINS {told}.\n")
    place = _point(one)
    if kinds[1] == "circle":
        return _in_circle(writer, place, *_circle(region))
    corners = _polygon(region) if kinds[1] == "polygon" else _box(region)
    alpha, delta = (writer.value(each) for each in place)
    ra, dec, wide = polygons.circle_about(corners)
    inside = polygons.inside(alpha, delta, corners)
    box = f"{cone.box_of(alpha, delta, ra, dec, wide)} and " if _ranged(writer, place) else ""
    return f"({box}{inside})"


def _intersects(writer: Writer, one: Any, other: Any) -> str:
    kinds = _kind(one), _kind(other)
    if kinds == ("circle", "circle"):
        (middle, radius), (centre, wide) = _circle(one), _circle(other)
        reach = f"{writer.value(radius)} + {writer.value(wide)}"
        return f"({_apart(writer, middle, centre)} <= {reach})"
    if "point" not in kinds:
        told = "is of a POINT and a region, or of two CIRCLEs; other pairs are not there"
        raise RequestError(f"INTERSECTS {told}.\n")
    return _contains(writer, one, other) if kinds[0] == "point" else _contains(writer, other, one)


def _in_circle(writer: Writer, place: Any, middle: Any, radius: Any) -> str:
    alpha, delta = (writer.value(each) for each in place)
    wide = writer.value(radius)
    within = f"{_apart(writer, place, middle)} <= {wide}"
    fixed = [_fixed(each) for each in (*middle, radius)]
    if None not in fixed:
        ra, dec, reach = (float(each) for each in fixed if each is not None)
        fits = 0 <= ra <= 360 and -90 <= dec <= 90 and 0 <= reach <= 180
        box = cone.box_of(alpha, delta, ra, dec, reach) if fits else ""
        return f"({box} and {within})" if box and _ranged(writer, place) else f"({within})"
    other = writer.value(middle[1])
    near = f"abs({delta} - {other}) <= {wide} + {sql.number(_ROUNDING)}"
    return f"({near} and {within})"


def _ranged(writer: Writer, place: Any) -> bool:
    """Whether a place is of the archive, whose right ascensions are from 0 to 360 degrees."""
    return all(
        type(each).__name__ == "Column" and writer.scope.found(each)[1].ranged for each in place
    )


def distance(writer: Writer, given: Sequence[Any]) -> str:
    """Write ``DISTANCE`` of two points, or of four coordinates, in degrees."""
    if len(given) == 2:
        given = [*_point(given[0]), *_point(given[1])]
    if len(given) != 4:
        raise RequestError("DISTANCE is of two points, or of four coordinates.\n")
    return _separation(*(writer.value(each) for each in given))


Place = tuple[Any, Any]


def near(node: Any) -> tuple[Place, Place, float] | None:
    """Two places that a condition keeps near each other, and how near; None of other conditions.

    They are `1 = CONTAINS(POINT, CIRCLE)` and `DISTANCE < number`.
    """
    name = type(node).__name__
    if name == "EQ":
        for test, other in ((node.this, node.expression), (node.expression, node.this)):
            if type(test).__name__ == "Contains" and str(other) == "1":
                return _in_circle_about(test)
    if name in ("LT", "LTE") and _is(node.this, "distance"):
        given, wide = list(node.this.expressions), _fixed(node.expression)
        if len(given) == 2:
            given = [*_point(given[0]), *_point(given[1])]
        if len(given) == 4 and wide is not None:
            return (given[0], given[1]), (given[2], given[3]), wide
    return None


def _in_circle_about(test: Any) -> tuple[Place, Place, float] | None:
    if (_kind(test.this), _kind(test.expression)) != ("point", "circle"):
        return None
    middle, radius = _circle(test.expression)
    wide = _fixed(radius)
    return None if wide is None else (_point(test.this), middle, wide)


def _is(node: Any, name: str) -> bool:
    return type(node).__name__ == "Anonymous" and str(node.this).lower() == name


def _apart(writer: Writer, one: Any, other: Any) -> str:
    return _separation(*(writer.value(each) for each in (*one, *other)))


def _separation(ra: str, dec: str, other_ra: str, other_dec: str) -> str:
    """Expression of an angle, exact for the smallest of them too."""
    first = f"power(sin(radians({dec} - {other_dec}) / 2), 2)"
    second = (
        f"cos(radians({dec})) * cos(radians({other_dec})) "
        f"* power(sin(radians({ra} - {other_ra}) / 2), 2)"
    )
    return f"degrees(2 * asin(least(1.0, sqrt({first} + {second}))))"


def _kind(node: Any) -> str:
    """Which region it is, in lower case."""
    name = str(node.this).lower() if type(node).__name__ == "Anonymous" else ""
    if name not in REGIONS:
        told = "is no region: POINT, CIRCLE, POLYGON and BOX are, of ICRS, in degrees"
        raise RequestError(f"{as_asked(node)} {told}.\n")
    return name


def _point(node: Any) -> tuple[Any, Any]:
    given = _given(node, "point")
    if len(given) != 2:
        raise RequestError("A POINT is POINT('ICRS', ra, dec), in degrees.\n")
    return given[0], given[1]


def _circle(node: Any) -> tuple[tuple[Any, Any], Any]:
    given = _given(node, "circle")
    if len(given) not in (2, 3):
        raise RequestError("A CIRCLE is CIRCLE('ICRS', ra, dec, radius), in degrees.\n")
    if (radius := _fixed(given[-1])) is not None and not 0 <= radius <= 180:
        raise RequestError(f"The radius of a CIRCLE is from 0 to 180 degrees, not {radius:g}.\n")
    if len(given) == 2:
        return _point(given[0]), given[1]
    return (given[0], given[1]), given[2]


def _polygon(node: Any) -> list[tuple[float, float]]:
    """Corners of a polygon: coordinates one after the other, or points."""
    given = _given(node, "polygon")
    if given and _is(given[0], "point"):
        given = [value for point in given for value in _point(point)]
    values = _numbers(node, given)
    if len(values) < 6 or len(values) % 2:
        raise RequestError("A POLYGON has three corners at least, each by two coordinates.\n")
    return polygons.simple(list(zip(values[::2], values[1::2], strict=True)))


def _box(node: Any) -> list[tuple[float, float]]:
    """Corners of a box: its middle, its width and its height."""
    given = _given(node, "box")
    if given and _is(given[0], "point"):
        given = [*_point(given[0]), *given[1:]]
    values = _numbers(node, given)
    if len(values) != 4:
        raise RequestError("A BOX is BOX('ICRS', ra, dec, width, height), in degrees.\n")
    return polygons.box(*values)


def _numbers(node: Any, given: Sequence[Any]) -> list[float]:
    values = [_fixed(each) for each in given]
    if None in values:
        told = f"{_kind(node).upper()} is made of numbers, not of columns"
        raise RequestError(f"A {told}: {as_asked(node)}.\n")
    return [value for value in values if value is not None]


def _given(node: Any, name: str) -> list[Any]:
    """Arguments of a region, without the frame."""
    if _kind(node) != name:
        raise RequestError(f"{as_asked(node)} is no {name.upper()}.\n")
    given = list(node.expressions)
    if given and getattr(given[0], "is_string", False):
        frame = given.pop(0).this.split()
        if (frame[0].lower() if frame else "") not in FRAMES:
            raise RequestError(f"The frame of regions is ICRS, not {frame[0][:40]}.\n")
    return given


def _fixed(node: Any) -> float | None:
    """Value of a number, with a sign or without, or of a product or quotient of numbers.

    ``2./3600`` is one as well; None of anything else.
    """
    name = type(node).__name__
    if name in ("Neg", "Paren"):
        value = _fixed(node.this)
        return -value if value is not None and name == "Neg" else value
    if name in ("Mul", "Div"):
        one, other = _fixed(node.this), _fixed(node.expression)
        if one is None or other is None or (name == "Div" and (not other or _whole(node))):
            return None
        return one * other if name == "Mul" else one / other
    return _number(node) if name == "Literal" and not node.is_string else None


def _whole(node: Any) -> bool:
    """Whether a quotient is of two whole numbers, which is one itself."""
    return all(part.is_int for part in node.walk() if type(part).__name__ == "Literal")


def _number(node: Any) -> float | None:
    try:
        return float(node.this)
    except ValueError:
        return None
