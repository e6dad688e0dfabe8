"""Polygons of great circles on the sky, as conditions of SQL.

A polygon is seen from its middle in the gnomonic projection, where great circles are straight
lines; a place is inside if a ray from it crosses the sides an odd number of times. It lies within
one half of the sky: the inside is the part that has the middle, whichever way the corners go round.
Which side of a border a place on it is, rounding decides. Angles in degrees (ICRS).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, pairwise

from fink_assets.api import sql
from fink_assets.api.errors import RequestError

Corners = list[tuple[float, float]]
Vector = tuple[float, float, float]
MOST_CORNERS = 100
SAME, FLAT = 1e-12, 1e-9
"""Radians between corners that are one, and sines of angles that are none."""
WIDEST = 89.0
"""Degrees between the middle and a corner, at most: beyond 90 nothing is seen from the middle."""


def checked(corners: Corners) -> Corners:
    """Give corners of which a polygon can be made.

    Raises
    ------
    RequestError
        They are too many, or no places, or too far from each other.
    """
    if len(corners) > MOST_CORNERS:
        raise RequestError(f"A POLYGON has at most {MOST_CORNERS} corners.\n")
    if not all(-360 <= ra <= 720 and -90 <= dec <= 90 for ra, dec in corners):
        raise RequestError("A corner is no place: declinations are from -90 to 90 degrees.\n")
    if _length(_sum(corners)) < 1e-6 or circle_about(corners)[2] > WIDEST:
        raise RequestError(f"A POLYGON is at most {WIDEST:g} degrees wide about its middle.\n")
    return corners


def simple(corners: Corners) -> Corners:
    """Give corners of a polygon that has an inside, whose sides meet at corners only.

    Raises
    ------
    RequestError
        They are none, or as `checked`.
    """
    ra, dec, wide = circle_about(checked(corners))
    axes = _axes(ra, dec)
    seen = [_projected(corner, axes) for corner in corners]
    seen = [one for one, other in pairwise([*seen, seen[0]]) if math.dist(one, other) > SAME]
    sides = list(pairwise([*seen, *seen[:1]]))
    if len({(round(x, 12), round(y, 12)) for x, y in seen}) < 3:
        raise RequestError("A POLYGON has three different corners at least.\n")
    if any(_cross(*one, *other) for one, other in combinations(sides, 2)):
        raise RequestError(
            "The sides of a POLYGON do not cross: give its corners in their order.\n"
        )
    area = sum(a[0] * b[1] - a[1] * b[0] for a, b in sides) / 2
    if abs(area) <= FLAT * math.tan(math.radians(wide)) ** 2:
        raise RequestError("The corners of a POLYGON are not all on one great circle.\n")
    return corners


def _cross(*ends: tuple[float, float]) -> bool:
    """Whether two sides cross between their ends."""
    a, b, c, d = ends
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _turn(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    turn = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
    return turn if abs(turn) > FLAT * math.dist(a, b) * math.dist(a, c) else 0.0


def box(ra: float, dec: float, width: float, height: float) -> Corners:
    """Corners of a box: its sides cross its arms, great circles, at right angles at their ends."""
    if not (0 < width < 2 * WIDEST and 0 < height < 2 * WIDEST):
        raise RequestError(f"A BOX is wider and higher than 0, less than {2 * WIDEST:g} degrees.\n")
    checked([(ra, dec)])
    middle, east, north = _axes(ra, dec)
    x, y = (math.tan(math.radians(size / 2)) for size in (width, height))
    return checked(
        [
            _place(tuple(m + i * x * e + j * y * n for m, e, n in zip(*axes, strict=True)))
            for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            for axes in [(middle, east, north)]
        ]
    )


def circle_about(corners: Corners) -> tuple[float, float, float]:
    """Give the middle of a polygon and the radius of a circle about it that holds the polygon."""
    ra, dec = _place(_sum(corners))
    middle = _vector(ra, dec)
    return ra, dec, max(_angle(middle, _vector(*corner)) for corner in corners)


def inside(alpha: str, delta: str, corners: Corners) -> str:
    """Condition that the place of two expressions is in a polygon."""
    ra, dec, _ = circle_about(corners)
    place = (
        f"cos(radians({delta})) * cos(radians({alpha}))",
        f"cos(radians({delta})) * sin(radians({alpha}))",
        f"sin(radians({delta}))",
    )
    axes = _axes(ra, dec)
    depth, x, y = (_dot(axis, place) for axis in axes)
    seen = [_projected(corner, axes) for corner in corners]
    crossings = [
        _crossed(one, other, depth, x, y)
        for one, other in pairwise([*seen, seen[0]])
        if one[1] != other[1]
    ]
    odd = f"({' + '.join(crossings)}) % 2 = 1" if crossings else "false"
    return f"({depth} > 0 and {odd})"


def _crossed(one: Sequence[float], other: Sequence[float], depth: str, x: str, y: str) -> str:
    """1 if a ray to the east crosses a side, else 0; both sides times depth, so never divided."""
    slope = (other[0] - one[0]) / (other[1] - one[1])
    ends = [f"({y} >= {_number(each[1])} * {depth})" for each in (one, other)]
    at = f"{_number(one[0] - one[1] * slope)} * {depth} + {_number(slope)} * {y}"
    return f"(case when {ends[0]} <> {ends[1]} and {at} > {x} then 1 else 0 end)"


def _number(value: float) -> str:
    return sql.number(float(value))


def _dot(axis: Vector, place: Sequence[str]) -> str:
    return f"({' + '.join(f'{_number(a)} * {p}' for a, p in zip(axis, place, strict=True))})"


def _projected(corner: tuple[float, float], axes: Sequence[Vector]) -> tuple[float, float]:
    vector = _vector(*corner)
    depth, x, y = (sum(a * v for a, v in zip(axis, vector, strict=True)) for axis in axes)
    return x / depth, y / depth


def _axes(ra: float, dec: float) -> tuple[Vector, Vector, Vector]:
    """Towards a place, and from it to the east and to the north."""
    a, d = math.radians(ra), math.radians(dec)
    east = (-math.sin(a), math.cos(a), 0.0)
    north = (-math.sin(d) * math.cos(a), -math.sin(d) * math.sin(a), math.cos(d))
    return _vector(ra, dec), east, north


def _vector(ra: float, dec: float) -> Vector:
    a, d = math.radians(ra), math.radians(dec)
    return math.cos(d) * math.cos(a), math.cos(d) * math.sin(a), math.sin(d)


def _sum(corners: Corners) -> Sequence[float]:
    return [sum(parts) for parts in zip(*(_vector(*c) for c in corners), strict=True)]


def _length(vector: Sequence[float]) -> float:
    return math.hypot(*vector)


def _place(vector: Sequence[float]) -> tuple[float, float]:
    x, y, z = vector
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))


def _angle(one: Vector, other: Vector) -> float:
    chord = math.dist(one, other)
    return math.degrees(2 * math.asin(min(1.0, chord / 2)))
