"""Alerts that may be of unknown bodies, night by night, as far as one wants to link them.

Read from science, without Spark. Only the nights of one window are held in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fink_assets.lake.columns import in_struct
from fink_assets.lake.table import Table

if TYPE_CHECKING:
    from fink_assets.solar_system.trajectory import Detection
    from fink_assets.surveys.unknown import Unknown

MOST_CANDIDATES = 40_000
"""Of a night; to link 30 nights of so many takes 0.8 GB and 10 s."""

ON_THE_SKY = "ra between 0 and 360 and dec between -90 and 90"
"""What has no place is linked with nothing; of NaN this is false, too."""


@dataclass(kw_only=True)
class Candidates:
    """Candidates of a science table.

    Parameters
    ----------
    science : Table
        Where alerts are.
    unknown : Unknown
        Which of them are candidates.
    up_to_batch : int
        Last batch that is judged completely.
    most : int
        Of a night; one with more is left out.
    """

    science: Table
    unknown: Unknown
    up_to_batch: int
    most: int = MOST_CANDIDATES
    number: dict[str, int] = field(default_factory=dict)
    """Of each night that was looked at."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Why there are none of a night."""
    _held: dict[str, Sequence[Detection]] = field(default_factory=dict)

    def among(self, first: str, last: str) -> Mapping[str, Sequence[Detection]]:
        """Read the nights from one to another, both included; none of one that is left out."""
        there = sorted(n for n in self.science.nights() if first <= n <= last)
        self._held = {n: found for n, found in self._held.items() if n in there}
        for night in there:
            if night not in self._held:
                self._held[night] = self._night(night)
        return self._held

    def _night(self, night: str) -> Sequence[Detection]:
        if not self._is_judged():
            return ()
        code = in_struct(self.unknown.code)
        chosen = (
            f"night = '{night}' and batch <= {self.up_to_batch} and {code} = "
            f"{self.unknown.candidate} and {ON_THE_SKY}"
        )
        counted = self.science.query(f"select count(distinct alert_id) as n from it where {chosen}")
        self.number[night] = number = int(counted["n"][0].as_py())
        if number > self.most:
            self.left_out[night] = f"{number} candidates, more than {self.most}"
            return ()
        names = ("night", "alert_id", "object_id", "time", "ra", "dec")
        measured = {
            name: in_struct(getattr(self.unknown, name))
            for name in ("band", "magnitude", "magnitude_error")
        }
        columns = [*names, *(f"{path} as {name}" for name, path in measured.items())]
        rows = self.science.query(
            f"select {', '.join(columns)} from it where {chosen} order by alert_id, batch"
        ).to_pylist()
        return [self._read(row) for row in {row["alert_id"]: row for row in rows}.values()]

    def _is_judged(self) -> bool:
        """Whether the module that tells candidates ever ran."""
        import pyarrow as pa

        log, (group, name) = self.science.log(), self.unknown.code.split(".")
        fields = pa.schema(log.schema().to_arrow()) if log else pa.schema([])
        place = fields.get_field_index(group)
        return place >= 0 and name in {each.name for each in fields.field(place).type}

    def _read(self, row: dict[str, Any]) -> Detection:
        from fink_assets.solar_system.trajectory import Detection

        return Detection(**{**row, "band": self.unknown.bands.get(row["band"])})
