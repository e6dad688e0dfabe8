"""Tables in which several streams meet: notices of GCN, alerts that match them, counterparts.

Declarations only. What belongs to one survey alone is in `contracts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fink_assets.lake.columns import ColumnContract, column
from fink_assets.lake.table import Table

_KAFKA = "struct<topic: string, partition: int, offset: bigint>"
_NOTICE = column(
    "notice_id", "string", "Observatory and its name of the event, `Fermi:719313583`", ucd="meta.id"
)
_REVISION = column("revision", "string", "Which of the notices of the event", ucd="meta.version")
_OBSERVATORY = column("observatory", "string", "Who saw the event", ucd="instr.obsty")
_INSTRUMENT = column("instrument", "string", "With what, `GBM` or `H1_L1`", ucd="instr")
_TRIGGER = column("trigger_time", "timestamp", "The event, UTC", ucd="time.epoch")
_ERROR = column(
    "error",
    "double",
    "Statistical error (68%) as the notice states it; null for a map",
    unit="deg",
    ucd="stat.error;pos",
)

NOTICES: tuple[ColumnContract, ...] = (
    _NOTICE,
    _REVISION,
    _OBSERVATORY,
    _INSTRUMENT,
    column("event_id", "string", "The observatory's name of the event", ucd="meta.id"),
    column("status", "string", "Kind of the notice, as its author calls it"),
    column("role", "string", "`observation` or `test`"),
    column("significant", "boolean", "What its author says of the event's reality"),
    column("issued", "timestamp", "When the notice was written, UTC"),
    column("sequence", "bigint", "Order among notices of an event issued at one time"),
    _TRIGGER,
    column("ra", "double", "Most probable place, ICRS", unit="deg", ucd="pos.eq.ra"),
    column("dec", "double", "Most probable place, ICRS", unit="deg", ucd="pos.eq.dec"),
    _ERROR,
    column("area_90", "double", "Area of 90% of a map", unit="deg2", ucd="pos.angResolution"),
    column("problem", "string", "Why the message cannot be read; then most else is null"),
    column("digest", "string", "SHA-256 of the message", ucd="meta.id"),
    column("origin", "string", "File or Kafka topic that it came from first"),
    column("kafka", _KAFKA, "Where it stood in Kafka"),
    column("received", "timestamp", "When it was read first, UTC"),
    column("message", "binary", "As received; null for an unreadable one of more than 1 MB"),
)
GCN_ASSOCIATIONS: tuple[ColumnContract, ...] = (
    column("night", "string", "Observing night of the alert, YYYY-MM-DD", ucd="time.epoch"),
    column("batch", "bigint", "Micro-batch that brought the alert; see the ledger"),
    column("alert_id", "bigint", "The survey's alert identifier", ucd="meta.id;meta.main"),
    column("object_id", "string", "The survey's object identifier", ucd="meta.id.parent"),
    _NOTICE,
    _REVISION,
    _OBSERVATORY,
    _INSTRUMENT,
    _TRIGGER,
    column(
        "delay",
        "double",
        "From the event to the first sign of the object",
        unit="d",
        ucd="time.interval",
    ),
    column(
        "separation",
        "double",
        "From the most probable place of the event to the alert",
        unit="deg",
        ucd="pos.angDistance",
    ),
    _ERROR,
    column(
        "credible_level",
        "double",
        "Probability of the smallest region of the map with the alert in it",
        ucd="stat.probability",
    ),
    column(
        "probability_density",
        "double",
        "Of the map at the alert",
        unit="deg-2",
        ucd="stat.probability",
    ),
    column(
        "searched_area",
        "double",
        "Area of the smallest region of the map with the alert in it",
        unit="deg2",
        ucd="pos.angResolution",
    ),
    column(
        "chance_probability",
        "double",
        "Probability that the match is by chance; null for a map and for an observatory whose rate "
        "of bursts is not known",
        ucd="stat.probability",
    ),
    column("tier", "string", "`bronze`, `silver` or `gold`; null for none", ucd="meta.code"),
)
COUNTERPARTS: tuple[ColumnContract, ...] = (
    column("ztf_object_id", "string", "Object of ZTF", ucd="meta.id.cross"),
    column("lsst_object_id", "string", "Object of LSST", ucd="meta.id.cross"),
    column(
        "separation",
        "double",
        "Between the positions of their latest alerts",
        unit="arcsec",
        ucd="pos.angDistance",
    ),
    column("nearest_of_lsst", "boolean", "Of LSST's objects this is the nearest to ZTF's"),
    column("nearest_of_ztf", "boolean", "Of ZTF's objects this is the nearest to LSST's"),
)


@dataclass(frozen=True)
class Combined:
    """Tables of no single survey, under the root of the lake."""

    root: str

    @cached_property
    def notices(self) -> Table:
        """Notices of GCN: a row for each revision, and for each message that cannot be read."""
        return Table(
            name="gcn/notices",
            root=self.root,
            indexed=("notice_id", "revision", "digest"),
            partitioned=False,
        )

    @cached_property
    def counterparts(self) -> Table:
        """Objects of ZTF and LSST within 1.5 arcsec of which one is the nearest to the other."""
        return Table(
            name="ztf_lsst/counterparts",
            root=self.root,
            indexed=("ztf_object_id", "lsst_object_id"),
            partitioned=False,
        )
