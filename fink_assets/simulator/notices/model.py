"""What a notice is of, and what it is: an event in the sky and the message that tells of it.

Also the row of its truth. The messages themselves are written by `fermi` and `lvk`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_MJD_ZERO = datetime(1858, 11, 17)


@dataclass(frozen=True, kw_only=True)
class Event:
    """What happened.

    Parameters
    ----------
    ra, dec : float
        Where, ICRS, in degrees. Where no alert tells of it: the middle of the region in which the
        notice says it was.
    mjd : float
        When (UTC).
    object_id : str, optional
        Object of the alerts that tell of it.
    kind : str, optional
        Class of that object.
    distance : float, optional
        Luminosity distance, in Mpc.
    """

    ra: float
    dec: float
    mjd: float
    object_id: str | None = None
    kind: str | None = None
    distance: float | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A message of GCN and the truth about it.

    Parameters
    ----------
    source : str
        ``fermi`` or ``lvk``.
    event_id : str
        As the message has it.
    topic : str
        Kafka topic of GCN.
    sent : float
        When it is sent (MJD, UTC).
    message : bytes
        The notice.
    ra, dec : float
        Most probable place, in degrees (ICRS).
    area_90 : float
        Square degrees that hold the event with 90%.
    parameters : mapping
        Numbers from which the region follows, units in the names.
    event : Event
        What it is of.
    """

    source: str
    event_id: str
    topic: str
    sent: float
    message: bytes
    ra: float
    dec: float
    area_90: float
    parameters: Mapping[str, float]
    event: Event

    def row(self, survey: str) -> dict[str, Any]:
        """Row of the truth table."""
        event = self.event
        return {
            **{"survey": survey, "source": self.source, "event_id": self.event_id},
            **{"topic": self.topic, "event_mjd": event.mjd, "sent_mjd": self.sent},
            **{"ra": self.ra, "dec": self.dec, "area_90_deg2": self.area_90},
            "parameters": {name: float(value) for name, value in self.parameters.items()},
            **{"counterpart": event.object_id, "class": event.kind},
            "event_ra": event.ra if event.object_id else None,
            "event_dec": event.dec if event.object_id else None,
            "event_distance_mpc": event.distance,
        }


def schema() -> pa.Schema:
    """Columns of the truth table of notices."""
    import pyarrow as pa

    text, real = pa.string(), pa.float64()
    return pa.schema(
        [
            *(pa.field(name, text, nullable=False) for name in ("survey", "source", "event_id")),
            *(("topic", text), ("event_mjd", real), ("sent_mjd", real)),
            *(("ra", real), ("dec", real), ("area_90_deg2", real)),
            ("parameters", pa.map_(text, real)),
            *(("counterpart", text), ("class", text)),
            *(("event_ra", real), ("event_dec", real), ("event_distance_mpc", real)),
        ]
    )


def time_of(mjd: float, *, milliseconds: int = 1) -> datetime:
    """UTC of a modified Julian date, rounded, without a time zone, as notices write it."""
    unit = timedelta(milliseconds=milliseconds)
    return _MJD_ZERO + round(timedelta(days=mjd) / unit) * unit
