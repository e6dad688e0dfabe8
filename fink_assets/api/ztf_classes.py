"""Classes of ZTF's alerts as people name them, and trends of their light, as conditions of SQL."""

from __future__ import annotations

from collections.abc import Mapping

from fink_assets.api import sql, ztf_columns
from fink_assets.api.errors import RequestError

TRENDS = {
    "rising": ("d:mag_rate < 0", ()),
    "fading": ("d:mag_rate > 0", ()),
    "low_state": ("blazar", ("(CTA) Blazar low state",)),
    "new_low_state": ("blazar", ("(CTA) Blazar low state",)),
}


def of_class(name: str, fields: Mapping[str, str]) -> str:
    """Condition of a class as people write it: ``(TNS) SN Ia``, ``(SIMBAD) QSO``, ``QSO``."""
    if name.startswith("(TNS) "):
        kind = sql.text(name.removeprefix("(TNS) "))
        return f"{sql.field('tns.type')} = {kind}" if "tns.type" in fields else "false"
    if name.startswith("(CTA) Blazar "):
        return _blazar(name.removeprefix("(CTA) Blazar "), fields)
    kind = sql.text(name.removeprefix("(SIMBAD) "))
    places = [p for p in ("simbad.main_type", "simbad.otype") if p in fields]
    labels = [ztf_columns.available(fields)["v:classification"], *map(sql.field, places)]
    return " or ".join(f"{label} = {kind}" for label in labels)


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
    if "blazar.instantness_low" not in fields:
        return ["false"]
    robust = sql.field("blazar.robustness_low")
    return [f"{robust} < 1"] if trend == "low_state" else [f"{robust} >= 1"]
