"""Classes of ZTF's alerts as people name them, and trends of their light, as conditions of SQL."""

from __future__ import annotations

from collections.abc import Mapping

from fink_assets.api import sql, ztf_columns
from fink_assets.api.errors import RequestError
from fink_assets.archive.classes import FAMILIES, NOT_RUN, UNCLASSIFIED
from fink_assets.raw2science.declared import STATUSES

STATES = "(CTA) Blazar "
OF_THE_CLASS_TABLE = ("fink", "simbad", "simbad_otype")
"""Families that a bare word may be of; Fink has one table for both."""
FAMILIES_OF = {
    "(TNS) ": ("tns",),
    "(SIMBAD) ": OF_THE_CLASS_TABLE,
    "(Status) ": ("status",),
    "": OF_THE_CLASS_TABLE,
}
"""Who tells of a class, by how its name begins."""
OF_FINK = (
    *("Early SN Ia candidate", "Kilonova candidate", "SN candidate", "SLSN candidate"),
    *("Microlensing candidate", "Tracklet", "Solar System MPC", "Solar System candidate"),
    *("Ambiguous", "(CTA) Blazar low state", "(CTA) Blazar high state", "Unknown"),
    UNCLASSIFIED,
    *(f"(Status) {status}" for status in (*STATUSES, NOT_RUN) if status != "ok"),
)
"""All but those of catalogues."""

TRENDS = {
    "rising": ("d:mag_rate < 0", ()),
    "fading": ("d:mag_rate > 0", ()),
    "low_state": ("blazar", ("(CTA) Blazar low state",)),
    "new_low_state": ("blazar", ("(CTA) Blazar low state",)),
}


def labelled(name: str) -> str:
    """Condition on `classes` of a class as people write it: ``(TNS) SN Ia``, ``QSO``."""
    families, label = _families(name)
    chosen = sql.among("family", families)
    return f"{chosen} and label = {sql.text(label)}"


def is_state(name: str) -> bool:
    """Whether a class is a state of blazars, which is no label."""
    return name.startswith(STATES)


def of_class(name: str, fields: Mapping[str, str]) -> str:
    """Condition on `alerts` of a class, or of a state of blazars."""
    if is_state(name):
        return _blazar(name.removeprefix(STATES), fields)
    families, label = _families(name)
    told = [f.label(fields) for f in FAMILIES if f.name in families]
    return " or ".join(f"{each} = {sql.text(label)}" for each in told if each) or "false"


def _families(name: str) -> tuple[tuple[str, ...], str]:
    """Who tells of a class, and by which word."""
    prefix = next(prefix for prefix in FAMILIES_OF if name.startswith(prefix))
    return FAMILIES_OF[prefix], name.removeprefix(prefix)


def _blazar(state: str, fields: Mapping[str, str]) -> str:
    """Condition of a low or high state: the flux is beyond its limit now and has been before."""
    side = {"low state": "low", "high state": "high"}.get(state)
    if side is None or f"blazar.instantness_{side}" not in fields:
        return "false"
    instant, robust = (sql.field(f"blazar.{n}_{side}") for n in ("instantness", "robustness"))
    if side == "low":
        return f"{robust} < 1 and {robust} >= 0 and {instant} < 1 and {instant} >= 0"
    return f"{robust} > 1 and {instant} > 1"


def of_trend(trend: str | None, name: str, fields: Mapping[str, str]) -> list[str]:
    """Condition of a trend; brightening means that the magnitude falls.

    Raises
    ------
    RequestError
        The trend is not known, or not of this class.
    """
    if trend is None:
        return []
    if trend not in TRENDS:
        raise RequestError(f"`trend` must be one of {', '.join(TRENDS)}, not {trend}.\n")
    condition, classes = TRENDS[trend]
    if classes and name not in classes:
        raise RequestError(f"`trend={trend}` is of the class {classes[0]} only.\n")
    if condition != "blazar":
        column, sign = condition.split(" ", 1)
        return [f"{ztf_columns.available(fields)[column]} {sign}"]
    if trend == "low_state":
        return ["true"]
    before = "blazar.previous_robustness_low"
    return [f"{sql.field(before)} >= 1"] if before in fields else ["false"]
