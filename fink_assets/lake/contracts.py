"""What the columns of the tables of a survey mean.

Declarations only. Where the tables are belongs to `tables`.
"""

from __future__ import annotations

from fink_assets.lake.bodies import GEOMETRY, NAME, TRAIL
from fink_assets.lake.bodies import PHASE_CURVES as PHASE_CURVES
from fink_assets.lake.columns import ColumnContract, column
from fink_assets.lake.combined import GCN_ASSOCIATIONS as GCN_ASSOCIATIONS
from fink_assets.lake.unknown import LINKED, TRAJECTORY
from fink_assets.surveys.base import Survey

KAFKA = "struct<topic: string, partition: int, offset: bigint, timestamp: timestamp>"
REASONS = "array<struct<rule: string, column: string, value: string, threshold: string>>"

_NIGHT = column("night", "string", "Observing night of the exposure, YYYY-MM-DD", ucd="time.epoch")
_BATCH = column("batch", "bigint", "Micro-batch that brought the alert; see the ledger")
_ALERT = column("alert_id", "bigint", "The survey's alert identifier", ucd="meta.id;meta.main")
_OBJECT = column("object_id", "string", "The survey's object identifier", ucd="meta.id.parent")
_KAFKA = column("kafka", KAFKA, "Where and when the message stood in Kafka")
_TIME = column(
    "time",
    "timestamp",
    "Exposure, UTC, as the survey states it: ZTF its start, LSST its middle",
    ucd="time.epoch;obs.exposure",
)
_RA = column("ra", "double", "Right ascension, ICRS", unit="deg", ucd="pos.eq.ra;meta.main")
_DEC = column("dec", "double", "Declination, ICRS", unit="deg", ucd="pos.eq.dec;meta.main")

_PROVENANCE = column(
    "provenance",
    "struct<broker_version: string, science_version: string, schema_version: string, "
    "publisher: string>",
    "Versions of the broker that last computed values, of all its modules together, and of the "
    "packet's schema; who sent the packet, if it says so",
)

RAW: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _ALERT,
    _OBJECT,
    _KAFKA,
    column(
        "writer", "struct<fingerprint: string, version: string>", "Writer's schema of the packet"
    ),
    column("ingested", "timestamp", "When the message was archived, UTC"),
    # ... followed by every field of the packet, as sent.
)
DEAD_LETTER: tuple[ColumnContract, ...] = (
    column("night", "string", "Date (UTC) on which Kafka received the message"),
    _BATCH,
    _KAFKA,
    column("key", "binary", "Message key as received"),
    column("value", "binary", "Message as received"),
    column("headers", "array<struct<key: string, value: binary>>", "Message headers as received"),
    column("error", "string", "Why the message is not an alert of the survey"),
    column("fingerprint", "string", "Fingerprint of the writer's schema, where one was found"),
    column("ingested", "timestamp", "When the message was set aside, UTC"),
)
QUARANTINE: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _ALERT,
    _OBJECT,
    _KAFKA,
    column("reasons", REASONS, "Each cut the alert fails, with its value and the bound"),
    column("judged", "timestamp", "When the cuts were applied, UTC"),
)
SCIENCE: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _ALERT,
    _OBJECT,
    _TIME,
    _RA,
    _DEC,
    _KAFKA,
    column("ingested", "timestamp", "When the message was archived, UTC"),
    column("enriched", "timestamp", "When the science modules ran, UTC"),
    column(
        "recomputed",
        "timestamp",
        "When values were last computed anew, by a backfill or because a service answered, UTC; "
        "null if never",
    ),
    column("module_status", "map<string, string>", "Status per science module"),
    column(
        "module_versions", "map<string, string>", "Version and source digest per science module"
    ),
    _PROVENANCE,
    # ... followed by the measurement structs of the packet and one struct per module.
)
DELIVERIES: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _ALERT,
    _OBJECT,
    column("filter", "string", "Filter the alert passed"),
    column("filter_version", "string", "Version and source digest of the filter"),
    column("topic", "string", "Kafka topic the alert was sent to"),
    column("arrived", "timestamp", "Kafka timestamp of the incoming message, UTC"),
    column("sent", "timestamp", "When the alert was sent, UTC"),
)
MEASURED: tuple[ColumnContract, ...] = (
    column("band", "string", "Filter band", ucd="instr.bandpass"),
    column("magnitude", "float", "Difference magnitude", unit="mag", ucd="phot.mag"),
    column("magnitude_error", "float", "1-sigma error", unit="mag", ucd="stat.error;phot.mag"),
    column("flux", "float", "Difference flux", unit="nJy", ucd="phot.flux"),
    column("flux_error", "float", "1-sigma error", unit="nJy", ucd="stat.error;phot.flux"),
)
"""What surveys measure; the sources of one have those that it declares."""
_MATCH = ("notice_id", "revision", "tier")
_SENDING = column("batch", "bigint", "Number of the sending; not that of the alert's batch")
GCN_MESSAGES: tuple[ColumnContract, ...] = (
    *(_SENDING if c.name == "batch" else c for c in GCN_ASSOCIATIONS),
    column("event_id", "string", "The observatory's name of the event", ucd="meta.id"),
    _TIME,
    _RA,
    _DEC,
    *MEASURED,
    column("real_bogus", "double", "Score of the survey, from 0 to 1", ucd="stat.probability"),
    column("rate", "double", "Change of the magnitude", unit="mag/d"),
    column("classification", "string", "Label of the module `classification`, if there is one"),
    column("filters", "array<string>", "Filters of which it goes to the topics"),
    column("arrived", "timestamp", "Kafka timestamp of the incoming message, UTC"),
    column("written", "timestamp", "When the message was written here, UTC"),
)
"""All are sent but `batch` and the last three."""
GCN_DELIVERIES: tuple[ColumnContract, ...] = (
    *(_SENDING if c.name == "batch" else c for c in DELIVERIES),
    *(c for c in GCN_ASSOCIATIONS if c.name in _MATCH),
)

SOURCES: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _OBJECT,
    _ALERT,
    _TIME,
    *MEASURED,
    _RA,
    _DEC,
)
"""Columns of the sources of any survey; see `sources`."""
OBJECTS: tuple[ColumnContract, ...] = (
    _OBJECT,
    column("alerts", "bigint", "Alerts of the object that passed the cuts", ucd="meta.number"),
    column("first_time", "timestamp", "Earliest alert, UTC", ucd="time.start"),
    column("last_time", "timestamp", "Latest alert, UTC", ucd="time.end"),
    column("last_night", "string", "Night of the latest alert"),
    column("last_alert_id", "bigint", "Latest alert", ucd="meta.id"),
    _RA,
    _DEC,
    _PROVENANCE,
    # ... followed by the measurement structs and module structs of the latest alert.
)
_CELL = column(
    "healpix_29",
    "bigint",
    "Cell of HEALPix, nested, order 29; those of order k are `healpix_29 >> 2 * (29 - k)`",
    ucd="pos.healpix",
)
_YEAR = column("year", "string", "Year of the night, YYYY: the folder")
ALERTS: tuple[ColumnContract, ...] = (*SCIENCE, _CELL, _YEAR)
BODY_ALERTS: tuple[ColumnContract, ...] = (*SCIENCE, NAME, _CELL, _YEAR)
RECEIVED: tuple[ColumnContract, ...] = (*RAW, _YEAR)
CLASSES: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _OBJECT,
    _ALERT,
    _TIME,
    _RA,
    _DEC,
    column(
        "family",
        "string",
        "Who says so: `fink` (module `classification`; `Unclassified` where it gave no label), "
        "`simbad` (long words), `simbad_otype` (short codes) or `tns` (types of a source there); "
        "`status`: why there is no label of Fink, each alert that has none",
    ),
    column("label", "string", "What the alert is called", ucd="src.class"),
    _YEAR,
)
_COUNTS = "map<string, bigint>"
STATISTICS: tuple[ColumnContract, ...] = (
    _NIGHT,
    column("batch", "bigint", "Last batch of the night that was counted; see the ledger"),
    column("received", "bigint", "Alerts that came, each once", ucd="meta.number"),
    column("passed", "bigint", "Alerts that passed the cuts", ucd="meta.number"),
    column("quarantined", "bigint", "Alerts that failed one", ucd="meta.number"),
    column("objects", "bigint", "Objects of the alerts that passed", ucd="meta.number"),
    column("exposures", "bigint", "Exposures of these, visits for LSST", ucd="meta.number"),
    column("fields", "bigint", "Fields of the sky of these, of ZTF only", ucd="meta.number"),
    column("bands", _COUNTS, "Alerts that passed, by filter band"),
    column("classes", _COUNTS, "The same by label of the module `classification`"),
    column("facts", _COUNTS, "The same by what is true of them, or known"),
    column("filters", _COUNTS, "Alerts delivered, by filter"),
    column("reasons", _COUNTS, "Alerts that failed a cut, by cut: one may fail several"),
    column("flags", _COUNTS, "Alerts that came with a flag of the survey raised, by flag"),
    column("broker_versions", _COUNTS, "Alerts that passed, by version of the broker"),
    column("science_versions", _COUNTS, "The same by version of all its modules together"),
    column("schema_versions", _COUNTS, "Alerts that came, by version of the packet's schema"),
)
HISTORY: tuple[ColumnContract, ...] = (
    column("night", "string", "Observing night of the exposure, not of the alert"),
    column("batch", "bigint", "Micro-batch that first told of it"),
    _OBJECT,
    _TIME,
    column("kind", "string", "`upper limit`: nothing was detected; `bad quality`: a detection was"),
    column("exposure", "bigint", "The survey's identifier of the image: `pid` of ZTF"),
    column("detection", "bigint", "Identifier of the detection, 0 for an upper limit"),
    column("alert_id", "bigint", "Alert that first told of it", ucd="meta.id"),
    column("measurement", "struct", "Element of the packet's array, every field as sent"),
    _YEAR,
)
FORCED_PHOTOMETRY: tuple[ColumnContract, ...] = (
    column(
        "night",
        "string",
        "Observing night of the forced exposure, not of the alert; 1970-01-01 where it has no time",
        ucd="time.epoch",
    ),
    column("batch", "bigint", "Micro-batch that first brought the measurement"),
    _OBJECT,
    _TIME,
    column("alert_id", "bigint", "Alert that first brought the measurement", ucd="meta.id"),
    column("measurement", "struct", "Element of the packet's array, every field as sent"),
)
FORCED_LIGHT_CURVES: tuple[ColumnContract, ...] = (*FORCED_PHOTOMETRY, _YEAR)
SOLAR_SYSTEM: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    NAME,
    _OBJECT,
    _ALERT,
    _TIME,
    *MEASURED,
    _RA,
    _DEC,
    *GEOMETRY,
)
"""Columns of any survey; see `solar_system`."""
TRACKLETS: tuple[ColumnContract, ...] = (
    _NIGHT,
    _BATCH,
    _OBJECT,
    _ALERT,
    _TIME,
    _RA,
    _DEC,
    *TRAIL,
)
TRAJECTORIES: tuple[ColumnContract, ...] = (
    column("night", "string", "Night as of which the row tells: it was found, or got alerts"),
    column("batch", "bigint", "Last batch whose alerts were linked; see the ledger"),
    *TRAJECTORY,
)
LINKED_NIGHTS: tuple[ColumnContract, ...] = (
    _NIGHT,
    column("batch", "bigint", "Last batch whose alerts were linked; see the ledger"),
    *LINKED,
)
SCHEMA_HISTORY: tuple[ColumnContract, ...] = (
    _NIGHT,
    column("batch", "bigint", "Last batch of the night that was looked at; see the ledger"),
    column("compared_with", "string", "Nearest earlier night with alerts"),
    column(
        "change",
        "string",
        "`new`, `missing` or `retyped` since then; `mixed`: of several types, as before",
    ),
    column("field", "string", "Path of the field in the packet; `[]` enters an array"),
    column("types", "array<string>", "Avro types of the field in the night's packets"),
    column("types_before", "array<string>", "The same in the earlier night"),
    column(
        "versions",
        "array<string>",
        "Versions of the writers' schemas that have the field; in the earlier night if `missing`",
    ),
    column("alerts", "bigint", "Alerts of the night", ucd="meta.number"),
)
FIELD_AVAILABILITY: tuple[ColumnContract, ...] = (
    _NIGHT,
    column("batch", "bigint", "Last batch of the night that was counted; see the ledger"),
    column("field", "string", "Path of the field in raw; `[]` enters an array"),
    column("type", "string", "Type of its column"),
    column(
        "rows",
        "bigint",
        "Alerts; for a field in an array, its elements in all alerts",
        ucd="meta.number",
    ),
    column("nulls", "bigint", "Those in which the field is null", ucd="meta.number"),
    column("nans", "bigint", "Those in which a floating point number is NaN", ucd="meta.number"),
    column("null_fraction", "double", "`nulls` / `rows`, null without rows"),
)


def sources(survey: Survey) -> tuple[ColumnContract, ...]:
    """Columns of the sources of one survey: all but the measurements that it does not make."""
    return _measured(SOURCES, survey)


def solar_system(survey: Survey) -> tuple[ColumnContract, ...]:
    """Columns of the observations of bodies of one survey, likewise."""
    return _measured(SOLAR_SYSTEM, survey)


def _measured(columns: tuple[ColumnContract, ...], survey: Survey) -> tuple[ColumnContract, ...]:
    absent = {c.name for c in MEASURED} - {m.name for m in survey.measured}
    return tuple(c for c in columns if c.name not in absent)
