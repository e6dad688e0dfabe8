"""What the alerts of every survey have in common: their names, and which stamps they have.

The packets belong to `ztf_told` and `lsst_told`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fink_assets.simulator import flaws
from fink_assets.simulator.cutouts import Case, Library, case_of

if TYPE_CHECKING:
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


def cases(seen: Seen) -> list[Case]:
    """Cases of the stamps of what a visit detects."""
    snr = (seen.flux[:, -1] / seen.error[:, -1]).tolist()
    behind = seen.reference[:, seen.visit["band"]] / seen.error[:, -1]
    luck = seen.own(_LUCK).tolist()
    found = []
    for known, s, b, chance in zip(seen.known, snr, behind.tolist(), luck, strict=True):
        part = known.source.counterpart
        kind = part.kind if part else "star"
        found.append(case_of(s, kind, b, flaws.shape_of(known.source.flags), chance))
    return found
