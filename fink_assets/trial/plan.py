"""What `fink bench` measures, as numbers; measuring belongs to `bench` and `latency`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from fink_assets.simulator.surveys import PACKETS
from fink_assets.surveys import Survey

NIGHT = "2024-06-06"
SEED = 4  # few clouds
VISIT_SECONDS = 39.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is measured; see `fink bench --help`.

    `source` is a folder of alerts, which are copied; without one, they are of a synthetic night.
    `visit` is the number of alerts that are sent at once, 1 where they come evenly.
    """

    survey: Survey
    source: Path | None
    total: int
    warm: int
    rate: float
    visit: int
    seconds: float
    settle: float
    in_process: bool
    parts: tuple[str, ...]

    @property
    def topic(self) -> str:
        """Topic that all alerts go to."""
        return PACKETS[self.survey.name].topic(NIGHT)

    @property
    def alerts(self) -> str:
        """Where the alerts come from, in words."""
        return str(self.source) if self.source else f"synthetic night, seed {SEED}"

    @property
    def sent(self) -> int:
        """Alerts of the latency part, whole visits."""
        return math.ceil(self.rate * (self.settle + self.seconds) / self.visit) * self.visit

    @property
    def every(self) -> float:
        """Seconds from visit to visit."""
        return self.visit / self.rate


def pace(rate: float, visit: int | None, every: float | None) -> tuple[float, int]:
    """Mean rate and alerts of a visit, where one of these or both are given.

    Examples
    --------
    >>> pace(100.0, None, None)
    (100.0, 1)
    >>> pace(100.0, None, 39.0)
    (100.0, 3900)
    >>> pace(100.0, 10_000, 40.0)
    (250.0, 10000)
    """
    if visit is None and every is None:
        return rate, 1
    seconds = every or VISIT_SECONDS
    alerts = visit or max(1, round(rate * seconds))
    return alerts / seconds, alerts
