"""Trajectories of unknown bodies, night by night, and what linking left out.

A night's rows follow from the alerts of its window and from the rows of the nights before, and from
nothing else: to do a night twice gives the same, and what has not changed is not written. How
detections are linked belongs to `linked`, how rows are kept to `kept`. Without Spark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fink_assets.lake.tables import Tables
from fink_assets.solar_system import kept
from fink_assets.solar_system.candidates import MOST_CANDIDATES, Candidates
from fink_assets.solar_system.kept import Row

if TYPE_CHECKING:
    from fink_assets.solar_system.linked import Linked
    from fink_assets.solar_system.trajectory import Detection
    from fink_assets.surveys.unknown import Unknown


@dataclass(frozen=True, kw_only=True)
class Trajectories:
    """The trajectories of one survey.

    Parameters
    ----------
    unknown : Unknown
        Which alerts are linked.
    tables : Tables
        The survey's.
    most_candidates : int
        Of a night that is linked.
    """

    unknown: Unknown
    tables: Tables
    most_candidates: int = MOST_CANDIDATES

    def replace(self, nights: Collection[str]) -> dict[str, Row]:
        """Link nights anew, and those later ones whose rows follow from what changed.

        These are nights that were linked before, no longer after a change than the window is long.
        Batches that are not judged completely are left to the next time.

        Returns
        -------
        dict
            By night, what linking gave: the row of `linked_nights`.
        """
        from fink_assets.solar_system.linked import WINDOW_DAYS

        science = self.tables.science
        before = {row["night"]: row for row in kept.rows_of(self.tables.linked_nights)}
        candidates = Candidates(
            science=science,
            unknown=self.unknown,
            up_to_batch=self.tables.ledger.position("raw2science"),
            most=self.most_candidates,
        )
        found: dict[str, Row] = {}
        reached = ""  # the last night that a change may concern
        for night in sorted(science.nights() | before.keys()):
            if night not in nights and not (night in before and night <= reached):
                continue
            found[night], is_new = self._link(candidates, night, before.get(night))
            if is_new:
                last = date.fromisoformat(night) + timedelta(days=WINDOW_DAYS - 1)
                reached = last.isoformat()
        return found

    def left_out(self, night: str) -> dict[str, str]:
        """Tell which nights of the window of one were left out, as far as they were linked, why."""
        from fink_assets.solar_system.linked import window

        first, last = window(night)
        rows = kept.rows_of(self.tables.linked_nights)
        return {
            row["night"]: row["left_out"]
            for row in rows
            if first <= row["night"] <= last and row["left_out"]
        }

    def _link(self, candidates: Candidates, night: str, before: Row | None) -> tuple[Row, bool]:
        """Link a night and write what changed; whether anything did."""
        from fink_assets.solar_system.linked import Linked, linked, window

        first, last = window(night)
        seen = candidates.among(first, last)
        if reason := candidates.left_out.get(night):
            result = Linked(left_out=reason)
        else:
            known = kept.as_of(self.tables.trajectories, first, night)
            result = linked(seen, known, night, self.unknown)
        batch = candidates.up_to_batch
        rows = kept.told(result.trajectories, night, batch)
        is_new = kept.replaced(self.tables.trajectories, rows, night)
        row = {
            "night": night,
            "batch": batch,
            "candidates": candidates.number.get(night, 0),
            "fingerprint": _fingerprint(seen.get(night, ())),
            **_numbers(result, night),
        }
        if before is None or any(row[n] != before[n] for n in row if n != "batch"):
            kept.write_night(self.tables.linked_nights, row)
            is_new = True
        return row, is_new


def _numbers(result: Linked, night: str) -> Row:
    found = sum(each.found == night for each in result.trajectories)
    return {
        "pairs": result.pairs,
        "found": found,
        "continued": len(result.trajectories) - found,
        "clusters": result.clusters,
        "untried": result.untried,
        "left_out": result.left_out,
    }


def _fingerprint(seen: Iterable[Detection]) -> str:
    """Hash of what linking knows of alerts, in whichever order they come."""
    lines = sorted(f"{d.alert_id} {d.time.isoformat()} {d.ra!r} {d.dec!r}" for d in seen)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
