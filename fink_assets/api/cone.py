"""Circles on the sky as conditions of SQL, and positions as people write them.

Pure functions; angles in degrees (ICRS) unless said.
"""

from __future__ import annotations

import math
from typing import Any

from fink_assets.api import sql
from fink_assets.api.errors import RequestError

WIDEST_ARCSEC = 18_000.0
TOO_WIDE = "`radius` cannot be bigger than 18,000 arcseconds (5 degrees).\n"
_ROUNDING = 1e-9
"""Degrees by which a box is wider than its circle: more than rounding, less than any position."""


def radius(value: Any) -> float:
    """Read a radius in arcsec.

    Raises
    ------
    RequestError
        It is more than 5 degrees.
    ValueError
        It is no positive number.
    """
    from fink_assets.api.arguments import finite

    arcsec = finite(value)
    if arcsec > WIDEST_ARCSEC:
        raise RequestError(TOO_WIDE)
    if arcsec < 0:
        raise ValueError("must not be negative")
    return arcsec


def position(ra: Any, dec: Any) -> tuple[float, float]:
    """Read a position: degrees, or hours and degrees in any notation of astropy.

    A right ascension without a unit that has colons or blanks is in hours, as in the reference.

    Raises
    ------
    RequestError
        It cannot be read, with what astropy says.
    """
    from astropy import units
    from astropy.coordinates import Angle, SkyCoord

    first, second = str(ra).strip(), str(dec).strip()
    hours = ":" in first or " " in first
    try:
        angle = Angle(first, unit=units.hourangle if hours else units.deg)
        place = SkyCoord(angle, Angle(second, unit=units.deg), frame="icrs")
    except (ValueError, units.UnitsError, TypeError, OverflowError) as problem:
        raise RequestError(_as_a_value_error(problem)) from None
    found = float(place.ra.deg), float(place.dec.deg)
    if not all(math.isfinite(angle) for angle in found):
        raise RequestError("`ra` and `dec` must be finite.\n")
    return found


def _as_a_value_error(problem: Exception) -> Exception:
    return problem if type(problem) is ValueError else ValueError(str(problem))


def separation(ra: float, dec: float, *, columns: tuple[str, str] = ("ra", "dec")) -> str:
    """Expression of the distance in degrees from a place; exact for the smallest of them too."""
    alpha, delta = (sql.field(column) for column in columns)
    first = f"power(sin(radians({delta} - {sql.number(dec)}) / 2), 2)"
    second = (
        f"cos(radians({delta})) * {sql.number(math.cos(math.radians(dec)))} "
        f"* power(sin(radians({alpha} - {sql.number(ra)}) / 2), 2)"
    )
    return f"degrees(2 * asin(least(1.0, sqrt({first} + {second}))))"


def within(
    ra: float, dec: float, radius_deg: float, *, columns: tuple[str, str] = ("ra", "dec")
) -> tuple[str, str]:
    """Conditions of a circle: a box, by which files are skipped, and the distance itself."""
    distance = separation(ra, dec, columns=columns)
    limit = sql.number(radius_deg + _ROUNDING)
    return box(ra, dec, radius_deg, columns=columns), f"{distance} <= {limit}"


def box(
    ra: float, dec: float, radius_deg: float, *, columns: tuple[str, str] = ("ra", "dec")
) -> str:
    """Condition of a box around a circle; all right ascensions where it holds a pole."""
    alpha, delta = (sql.field(column) for column in columns)
    return box_of(alpha, delta, ra, dec, radius_deg)


def box_of(alpha: str, delta: str, ra: float, dec: float, radius_deg: float) -> str:
    """Condition of such a box on two expressions."""
    wide = radius_deg + _ROUNDING
    low, high = dec - wide, dec + wide
    strip = f"{delta} between {sql.number(low)} and {sql.number(high)}"
    if low <= -90 or high >= 90:
        return strip
    half = math.degrees(math.asin(min(1.0, _sine_ratio(wide, dec)))) + _ROUNDING
    west, east = ra - half, ra + half
    if half >= 180:
        return strip
    parts = [(west, east)]
    if west < 0:
        parts = [(0.0, east), (west + 360, 360.0)]
    elif east > 360:
        parts = [(west, 360.0), (0.0, east - 360)]
    spans = " or ".join(f"{alpha} between {sql.number(a)} and {sql.number(b)}" for a, b in parts)
    return f"{strip} and ({spans})"


def _sine_ratio(radius_deg: float, dec: float) -> float:
    return math.sin(math.radians(radius_deg)) / math.cos(math.radians(dec))
