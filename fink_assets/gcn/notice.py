"""What a notice tells, whoever wrote it. Nothing here reads messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fink_assets.gcn.skymap import SkyMap

OBSERVATION, TEST = "observation", "test"
RETRACTION = "retraction"


class NoticeError(ValueError):
    """A message is no notice that can be read; says why, in a line."""


@dataclass(frozen=True, kw_only=True)
class Circle:
    """Where an event was, as a circle.

    Parameters
    ----------
    ra, dec : float
        Centre, ICRS, in degrees.
    radius : float
        Statistical error as the notice states it, in degrees.
    """

    ra: float
    dec: float
    radius: float


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A revision of what is known of an event.

    Parameters
    ----------
    observatory, instrument : str
        Who saw it: ``Fermi`` and ``GBM``, ``LVK`` and ``H1_L1``.
    event_id : str
        The observatory's name of the event: Fermi's trigger, LVK's superevent.
    revision : str
        Names the revision among those of the event.
    issued : datetime
        When it was written (UTC, aware).
    sequence : int
        Orders revisions that were issued at the same time.
    status : str
        ``initial``, ``update``, ... in lower case, as its author calls it; `RETRACTION`: there was
        no such event.
    role : str
        `OBSERVATION` or `TEST`.
    trigger_time : datetime, optional
        When the event was (UTC, aware); None in a retraction.
    significant : bool, optional
        What its author says of the event's reality; None where nothing is said.
    region : Circle or SkyMap, optional
        Where it was; None where the notice does not say.
    """

    observatory: str
    instrument: str
    event_id: str
    revision: str
    issued: datetime
    sequence: int
    status: str
    role: str
    trigger_time: datetime | None
    significant: bool | None
    region: Circle | SkyMap | None

    @property
    def notice_id(self) -> str:
        """Name of the event among those of all observatories."""
        return f"{self.observatory}:{self.event_id}"

    @property
    def order(self) -> tuple[datetime, int, str]:
        """By which the latest of an event's revisions is found."""
        return self.issued, self.sequence, self.revision

    @property
    def usable(self) -> bool:
        """Whether alerts may be of its event: it is real, it counts, and it has a place and time.

        An event that its author calls not significant is left out, as in Fink (fink-mm,
        `LVK.is_observation`).
        """
        known = self.region is not None and self.trigger_time is not None
        wanted = self.role == OBSERVATION and self.status != RETRACTION
        return known and wanted and self.significant is not False
