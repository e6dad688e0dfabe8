"""What the alerts of every survey have in common: where to look up cases and flags.

The packets belong to `ztf_told` and `lsst_told`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from fink_assets.simulator.cutouts import Case, Library, case_of

if TYPE_CHECKING:
    import numpy as np

    from fink_assets.simulator.seen import Seen

_LUCK = 320


class Told(NamedTuple):
    """An alert, the object and its place among those seen, and the time on the survey's scale."""

    object_id: str
    alert_id: int
    time: float
    place: int
    message: bytes


Teller = Callable[["Seen", Library], Iterator[Told]]
Faults = Callable[[Mapping[str, Any]], tuple[dict[str, Any], dict[str, float]]]


def cases(seen: Seen) -> list[Case]:
    """Cases of the stamps of what a visit detects."""
    snr = (seen.flux[:, -1] / seen.error[:, -1]).tolist()
    behind = seen.reference[:, seen.visit["band"]] / seen.error[:, -1]
    luck = seen.own(_LUCK).tolist()
    found = []
    for known, s, b, chance in zip(seen.known, snr, behind.tolist(), luck, strict=True):
        part = known.source.counterpart
        kind = part.kind if part else "star"
        found.append(case_of(s, kind, b, shape_of(known.source.flags), chance))
    return found


def shape_of(flags: Mapping[str, Any]) -> str:
    """What an artefact looks like; a point if nothing is wrong."""
    if flags.get("dipole"):
        return "dipole"
    sharp = float(flags.get("width_ratio", 1.0)) < 0.8
    return "hit" if flags.get("cosmic_ray") or sharp else "point"


def flagged(seen: Seen, i: np.ndarray, columns: dict[str, Any], faults: Faults) -> None:
    """Write what is wrong with artefacts into columns, in place.

    Parameters
    ----------
    seen
        What a visit detects.
    i
        Object of each row.
    columns
        By field; those that a fault is of become arrays, others stay away.
    faults
        Values of fields, and factors of them, from the flags of a source (`sky.artefacts.FLAGS`).
    """
    import numpy as np

    for place, known in enumerate(seen.known):
        if not known.source.flags:
            continue
        rows, (values, factors) = i == place, faults(known.source.flags)
        for name in columns.keys() & (values.keys() | factors.keys()):
            whole = columns[name] = np.array(np.broadcast_to(columns[name], len(i)))
            whole[rows] = values.get(name, whole[rows]) * factors.get(name, 1)
