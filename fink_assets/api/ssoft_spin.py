"""Columns of the table of Solar System bodies that tell of spin and shape, by model.

Declarations only. What our columns mean is in `lake.bodies`.
"""

from __future__ import annotations

from collections.abc import Sequence

from fink_assets.api import sql
from fink_assets.api.ssoft_described import NUMBER, Described

REDUCED = "chi2 / nullif(degrees, 0)"
"""Chi squared by degrees of freedom."""


def spin(flavour: str) -> dict[str, Described]:
    """Columns of a model, by name; none of one that has no spin."""
    return dict(SPIN.get(flavour, {}))


def _number(doc: str, value: str) -> Described:
    return Described(type=NUMBER, doc=doc, value=value)


def _errors(names: Sequence[str], **ours: str) -> dict[str, Described]:
    return {
        f"err_{name}": _number(f"Error of {name}", f"{ours.get(name, name)}_error")
        for name in names
    }


_ASPECT = {
    f"{name}_cos_lambda": _number(
        f"{doc} of abs(cos(aspect)) over all alerts: 0 seen from above the equator, 1 from a pole",
        sql.field(f"cos_aspect.{name}"),
    )
    for name, doc in (("max", "Largest"), ("mean", "Mean"), ("min", "Least"))
}
_ALPHA0 = _number("Right ascension of the spin axis, ICRS, deg", "alpha0")
_OBLIQUITY = "Angle between spin axis and normal of the orbit, deg; null without an orbit"
SPIN: dict[str, dict[str, Described]] = {
    "SHG1G2": {
        "R": _number("Oblateness, 1 for a sphere", "oblateness"),
        "a_b": _number(
            "Axes a/b, a >= b >= c: 10^(1.6 rms), an estimate from the residuals", "a_b"
        ),
        "a_c": _number("Axes a/c: (a/b + 1) / (2 R), a/b at least", "a_c"),
        "alpha0": _ALPHA0,
        "delta0": _number(
            "Declination of the spin axis, deg; of two poles that look alike the northern",
            "delta0",
        ),
        "alpha0_alt": _number(
            "The pole opposite: (alpha0 + 180) modulo 360, deg", "(alpha0 + 180) % 360"
        ),
        "delta0_alt": _number("The pole opposite: -delta0, deg", "-delta0"),
        "obliquity": _number(f"{_OBLIQUITY}; 180 - this for the pole opposite", "obliquity"),
        **_errors(("R", "alpha0", "delta0"), R="oblateness"),
        **_ASPECT,
    },
    "SOCCA": {
        "a_b": _number("Axes a/b of the ellipsoid, a >= b >= c", "a_b"),
        "a_c": _number("Axes a/c of the ellipsoid", "a_c"),
        "phi0": _number(
            "Rotation phase at JD 2459580.5, rad; null if the period leaves it open", "phi0"
        ),
        "alpha0": _ALPHA0,
        "delta0": _number(
            "Declination of the spin axis, deg; it turns by the right hand", "delta0"
        ),
        "alpha0_alt": _number(
            "Right ascension of another pole that is as likely, deg; null if there is none",
            "alpha0_alt",
        ),
        "delta0_alt": _number("Its declination, deg", "delta0_alt"),
        "obliquity": _number(_OBLIQUITY, "obliquity"),
        **_errors(("a_b", "a_c", "phi0", "alpha0", "delta0", "period")),
        **_ASPECT,
        "period": _number("Sidereal period, h, for two maxima of the light in a turn", "period"),
        "period_chi2red": _number(
            "chi2red, where there is a period: it is fitted with all else",
            f"case when period is not null then {REDUCED} end",
        ),
    },
}
"""Opposite poles look alike in SHG1G2, those of SOCCA differ in the sense of the rotation."""
