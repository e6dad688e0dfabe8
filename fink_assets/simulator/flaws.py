"""What packets state of artefacts: from the flags of `sky.artefacts` to fields of the surveys.

Which artefacts there are belongs to `sky`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

_OFF_THE_IMAGE = (
    *("pixelFlags", "pixelFlags_edge", "pixelFlags_nodata", "psfFlux_flag", "apFlux_flag"),
    *("forced_PsfFlux_flag", "forced_PsfFlux_flag_edge"),
)
"""What LSST fails to measure where a part of the footprint is beyond the edge of the detector."""

Flaws = Callable[[Mapping[str, Any]], tuple[dict[str, Any], dict[str, float]]]


def ztf(flags: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
    """What ZTF states of an artefact, and by which factors it is wider."""
    score = float(flags.get("real_bogus", 1.0))
    near = float(flags.get("bright_star_distance_arcsec", 999.0))
    values: dict[str, Any] = {"rb": score, "drb": score**2}
    values["nbad"] = int(min(25, flags.get("bad_pixels", 0) + flags.get("saturated_pixels", 0)))
    if flags.get("dipole"):
        values |= {"nneg": 12, "sumrat": 0.2}
    if flags.get("edge"):
        values["mindtoedge"] = 4.0
    if near < 999:
        values |= {"neargaiabright": near, "maggaiabright": float(flags["bright_star_mag"])}
    width = float(flags.get("width_ratio", 1.0))
    return values, {"fwhm": width, "aimage": width, "bimage": width}


def lsst(flags: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
    """What LSST states of an artefact, and by which factors it is wider."""
    hit, full = bool(flags.get("cosmic_ray")), flags.get("saturated_pixels", 0) > 0
    cut, double = bool(flags.get("edge")), bool(flags.get("dipole"))
    spike = 1 <= flags.get("bright_star_distance_arcsec", 999.0) < 999
    values = {
        "reliability": float(flags.get("real_bogus", 1.0)),
        **dict.fromkeys(("pixelFlags_saturated", "pixelFlags_saturatedCenter"), full),
        **dict.fromkeys(("pixelFlags_cr", "pixelFlags_crCenter"), hit),
        **dict.fromkeys(("pixelFlags_streak", "pixelFlags_streakCenter"), spike),
        "pixelFlags_bad": flags.get("bad_pixels", 0) > 0,
        "pixelFlags_interpolated": hit or full,
        **{"isDipole": double, "centroid_flag": double, "shape_flag": double or hit},
        **dict.fromkeys(_OFF_THE_IMAGE, cut),
    }
    area = float(flags.get("width_ratio", 1.0)) ** 2
    return values, {"ixx": area, "iyy": area}


def shape_of(flags: Mapping[str, Any]) -> str:
    """What an artefact looks like; a point if nothing is wrong."""
    if flags.get("dipole"):
        return "dipole"
    sharp = float(flags.get("width_ratio", 1.0)) < 0.8
    return "hit" if flags.get("cosmic_ray") or sharp else "point"


def flagged(seen: Seen, i: np.ndarray, columns: dict[str, Any], flaws: Flaws) -> None:
    """Write what is wrong with artefacts into columns, in place.

    Parameters
    ----------
    seen
        What a visit detects.
    i
        Object of each row.
    columns
        By field; those that a fault is of become arrays, others stay away.
    flaws
        Values of fields, and factors of them, from the flags of a source (`sky.artefacts.FLAGS`).
    """
    import numpy as np

    for place, known in enumerate(seen.known):
        if not known.source.flags:
            continue
        rows, (values, factors) = i == place, flaws(known.source.flags)
        for name in columns.keys() & (values.keys() | factors.keys()):
            whole = columns[name] = np.array(np.broadcast_to(columns[name], len(i)))
            whole[rows] = values.get(name, whole[rows]) * factors.get(name, 1)
