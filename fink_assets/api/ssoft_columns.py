"""Columns of the table of Solar System bodies: the names that Fink has, and what is in each.

Declarations only. What our columns mean is in `lake.bodies`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fink_assets.api import sql

BANDS: dict[str, dict[str, str]] = {
    "ztf": {"g": "1", "r": "2", "i": "3"},
    "lsst": {band: band for band in "ugrizy"},
}
"""By what the names of columns end, for each band of a survey: ZTF's are `fid`."""
FLAVOURS: dict[str, tuple[str, ...]] = {
    "SOCCA": ("G1", "G2"),
    "SHG1G2": ("G1", "G2"),
    "HG1G2": ("G1", "G2"),
    "HG": ("G",),
}
"""Slopes of each model."""
SPIN: dict[str, dict[str, str]] = {
    "SHG1G2": {"R": "oblateness", "alpha0": "alpha0", "delta0": "delta0"},
    "SOCCA": {name: name for name in ("period", "a_b", "a_c", "phi0", "alpha0", "delta0")},
}
"""Values of all bands, and our columns of them."""
TEXT, WHOLE, NUMBER = "string", "int64", "double"


@dataclass(frozen=True, kw_only=True)
class Described:
    """A column: type, meaning, and where it is read.

    Parameters
    ----------
    type : str
        As Arrow has it.
    doc : str
        What it means.
    value : str
        Expression over `phase_curves`; empty where it is of a band.
    of_band : tuple of str
        Band and field of the element of `bands` that is of it.
    """

    type: str
    doc: str
    value: str = ""
    of_band: tuple[str, str] = ("", "")


OTHER_POLE: dict[str, dict[str, Described]] = {
    "SHG1G2": {
        "alpha0_alt": Described(
            type=NUMBER,
            doc="The pole opposite: (alpha0 + 180) modulo 360, deg",
            value="(alpha0 + 180) % 360",
        ),
        "delta0_alt": Described(
            type=NUMBER, doc="The pole opposite: -delta0, deg", value="-delta0"
        ),
    },
    "SOCCA": {
        "alpha0_alt": Described(
            type=NUMBER,
            doc="Right ascension of another pole that is as likely, deg; null if there is none",
            value="alpha0_alt",
        ),
        "delta0_alt": Described(type=NUMBER, doc="Its declination, deg", value="delta0_alt"),
    },
}
"""Opposite poles look alike in SHG1G2, those of SOCCA differ in the sense of the rotation."""


def _codes() -> tuple[str, str]:
    """Fink's codes of a fit and of its end; ephemerides that are missing are a failure of Miriade.

    Scripts keep what has the fit 0, and the status 2 or 4.
    """
    from fink_assets.astro.phase_fits import NOT_CONVERGED

    is_endless = f"coalesce(reason = {sql.text(NOT_CONVERGED)}, false)"
    fit = (
        "case status when 'ok' then 0 when 'not_applicable' then 1 when 'unavailable' then 2 "
        f"when 'deferred' then 3 else case when {is_endless} then 3 else 4 end end"
    )
    ended = f"case when status = 'ok' then 2 when {is_endless} then 0 else -2 end"
    return f"cast({fit} as bigint)", f"cast({ended} as bigint)"


def columns(survey: str, flavour: str, month: str) -> dict[str, Described]:
    """Columns of the table of a model, by name."""
    fit, ended = _codes()
    number = "case when name ~ '^[0-9]{1,9}$' then cast(name as bigint) end"
    found = {
        "sso_name": Described(type=TEXT, doc="What packets call the body", value="name"),
        "sso_number": Described(type=WHOLE, doc="Its number, if that is its name", value=number),
        "n_obs": Described(type=WHOLE, doc="Alerts, also those not fitted", value="alerts"),
        "n_nights": Described(
            type=WHOLE, doc="Nights of these", value="cast(array_length(nights) as bigint)"
        ),
        "fit": Described(
            type=WHOLE,
            doc="0 a fit; 1 too few points or phases; 2 no phase angles or distances; 3 the fit "
            "did not converge, or waits for its turn; 4 the data do not tell values apart",
            value=fit,
        ),
        "status": Described(
            type=WHOLE,
            doc="How the fit ended, in MINPACK's codes: 2 chi squared gained no more, 0 too many "
            "steps, -2 no fit",
            value=ended,
        ),
        "state": Described(
            type=TEXT,
            doc="The same in words: ok, unavailable, not_applicable, failed, deferred",
            value="status",
        ),
        "reason": Described(type=TEXT, doc="Why it is not ok", value="reason"),
        "chi2red": Described(
            type=NUMBER, doc="Chi squared by degrees of freedom", value="chi2 / nullif(degrees, 0)"
        ),
        "rms": Described(type=NUMBER, doc="Residuals of all bands, mag", value="rms"),
        "flavor": Described(type=TEXT, doc="Model", value=sql.text(flavour)),
        "version": Described(type=TEXT, doc="Month, YYYY.MM", value=sql.text(month)),
    }
    for name, ours in SPIN.get(flavour, {}).items():
        found[name] = Described(type=NUMBER, doc=_SPIN_DOCS[flavour][name], value=ours)
        found[f"err_{name}"] = Described(type=NUMBER, doc=f"Error of {name}", value=f"{ours}_error")
    found |= OTHER_POLE.get(flavour, {})
    for band, end in BANDS[survey].items():
        found |= _of_band(band, end, FLAVOURS[flavour])
    return found


_AXIS = {"alpha0": "Right ascension of the spin axis, ICRS, deg"}
_SPIN_DOCS = {
    "SHG1G2": {
        **_AXIS,
        "R": "Oblateness, 1 for a sphere",
        "delta0": "Declination of the spin axis, deg; of two poles that look alike the northern",
    },
    "SOCCA": {
        **_AXIS,
        "period": "Sidereal period, h, for two maxima of the light in a turn",
        "a_b": "Axes a/b of the ellipsoid, a >= b >= c",
        "a_c": "Axes a/c of the ellipsoid",
        "phi0": "Rotation phase at JD 2459580.5, rad; null if the period leaves it open",
        "delta0": "Declination of the spin axis, deg; it turns by the right hand",
    },
}


def _of_band(band: str, end: str, slopes: Sequence[str]) -> dict[str, Described]:
    found = {}
    for name in ("H", *slopes):
        doc = f"Absolute magnitude in {band}" if name == "H" else f"Slope {name} in {band}"
        for start, after, told in (("", "", doc), ("err_", "_error", f"Error of {name}_{end}")):
            field = f"{name.lower()}{after}"
            found[f"{start}{name}_{end}"] = Described(type=NUMBER, doc=told, of_band=(band, field))
    for name, field, kind, doc in (
        ("rms", "rms", NUMBER, f"Residuals in {band}, mag"),
        ("n_obs", "points", WHOLE, f"Points fitted in {band}"),
        ("min_phase", "phase_min", NUMBER, f"Least phase angle in {band}, deg"),
        ("max_phase", "phase_max", NUMBER, f"Largest phase angle in {band}, deg"),
    ):
        found[f"{name}_{end}"] = Described(type=kind, doc=doc, of_band=(band, field))
    return found
