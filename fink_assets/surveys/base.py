"""What a survey is: everything that differs between streams, as data.

Declarations only. A stage never asks which survey it serves.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

from fink_assets.surveys.unknown import Unknown
from quality.rules import Rule

Schema = dict[str, Any]
Schemas = Callable[[int], Schema]
"""Gives the writer's schema of an id; raises `UnknownSchemaError`."""


class UnknownSchemaError(ValueError):
    """No schema has this id, as far as is known now."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A column of light curves: what this survey measures, in its own quantity.

    Parameters
    ----------
    name : str
        Column of the sources table; `lake.contracts` says what it means.
    type : str
        Spark SQL type.
    value : str
        Expression over the packet.
    """

    name: str
    type: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Forced:
    """Forced photometry: the past fluxes at an object's place, which each of its alerts repeats.

    Parameters
    ----------
    array : str
        Packet's array of measurements.
    time : str
        Timestamp (UTC) of an exposure, over `measurement`, an element of the array; null where the
        element does not say.
    night : str
        Observing night of the exposure, ``YYYY-MM-DD``, never null.
    """

    array: str
    time: str
    night: str


@dataclass(frozen=True, kw_only=True)
class Bodies:
    """Known bodies of the Solar System among the alerts. Expressions are over the science table.

    Parameters
    ----------
    known : str
        Condition on alerts that are attributed to a known body.
    name : str
        Name or designation of the body, by which its alerts belong together.
    phase_angle, topo_range, helio_range : str
        Phase angle (degrees), distance from the observer and from the Sun (au); null where packets
        do not tell.
    ephemeris_ra, ephemeris_dec : str
        Where the body was computed to be (degrees, ICRS), likewise.
    inclination, node : str
        Of its orbit (degrees, ecliptic and equinox of J2000), likewise.
    modules : sequence of str
        Science modules whose outputs these expressions read.
    """

    known: str
    name: str
    modules: Sequence[str] = ()
    phase_angle: str = "null"
    topo_range: str = "null"
    helio_range: str = "null"
    ephemeris_ra: str = "null"
    ephemeris_dec: str = "null"
    inclination: str = "null"
    node: str = "null"

    @property
    def geometry(self) -> dict[str, str]:
        """Expressions by the name of their column."""
        names = ("phase_angle", "topo_range", "helio_range", "ephemeris_ra", "ephemeris_dec")
        return {name: getattr(self, name) for name in (*names, "inclination", "node")}


@dataclass(frozen=True, kw_only=True)
class Trails:
    """Detections that may belong to the trail of a satellite or of debris in one exposure.

    Parameters
    ----------
    candidate : str
        Condition over the science table.
    """

    candidate: str


@dataclass(frozen=True, kw_only=True)
class Past:
    """Exposures without a good detection, of which a survey's packets tell.

    Parameters
    ----------
    array : str
        Packet's array, an element for each exposure; the others name fields of it.
    jd : str
        Julian date (UTC, days).
    magnitude : str
        Null where nothing was detected.
    exposure, detection : str
        What identifies the exposure and, in it, the detection.
    quality : sequence of Rule
        What a good detection passes: cuts of the survey, on fields of the same name.
    """

    array: str
    jd: str
    magnitude: str
    exposure: str
    detection: str
    quality: Sequence[Rule]
    fields: ClassVar[tuple[str, ...]] = ("jd", "magnitude", "exposure", "detection")


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What is counted of a night, each a path to a field of a struct.

    Parameters
    ----------
    exposure, field : str
        Exposure, and field of the sky, that an alert of the science table is of; empty where there
        is none.
    flags : mapping of str to str
        Flags of the packet, of whatever came, by the name of their number.
    facts : mapping of str to str
        What is true, or known, of alerts of the science table.
    """

    exposure: str = ""
    flags: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A struct of the packet of which older versions had another name, or of its fields.

    Parameters
    ----------
    name, was : str
        Name in the newest packet, and the older one, which may be the same.
    fields : mapping of str to str
        By the name of a field in the newest packet, that in the older ones: of all that both have,
        or, of a struct that kept its name, of those whose name alone has changed.
    """

    name: str
    was: str
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A stream of alerts. Expressions are Spark SQL over the packet's fields.

    Parameters
    ----------
    name : str
        Short name: prefix of tables, assets and jobs, suffix of topics.
    title : str
        Name as people write it.
    topics : str
        Regular expression of the incoming Kafka topics.
    framing : str
        How a message wraps its datum: ``container`` (an Avro object container of one alert),
        ``confluent`` (the id of a schema, then the datum).
    message_kb : float
        Mean size of a message, by which batches are bounded.
    packet_schema : callable
        Gives the Avro schema of the newest packet known.
    schemas : callable, optional
        Gives the schema of an id, for a framing that states one.
    required : sequence of str
        Packet fields without which a message is not an alert of this survey.
    alert_id, object_id : str
        Identity of an alert (bigint) and of its object (string).
    time : str
        Timestamp (UTC) of the exposure.
    night : str
        Observing night, ``YYYY-MM-DD``.
    ra, dec : str
        Position, ICRS degrees.
    measured : sequence of Measured
        The measurement kept in light curves.
    schema_version : str
        Version of the packet's schema, as the packet states it, or from ``_writer_name``, the full
        name of its writer's record.
    publisher : str
        Who sent the packet, as the packet states it; null where it does not.
    current, history : str
        Struct of this alert's measurement, array of the previous ones.
    cutouts : mapping of str to str
        Images in the packet, each the bytes of a FITS file, compressed or not, by what they show:
        ``science``, ``template``, ``difference``.
    kept : sequence of str
        Packet fields kept in the science table.
    cuts : sequence of Rule
        Conditions of a usable alert; those that fail go to quarantine.
    plausible : sequence of Rule
        Conditions on a batch as a whole.
    first_night : str
        First night of the survey, start of its partitions.
    night_offset_hours : int
        Hour (UTC) at which a night begins.
    renamed : sequence of Renamed
        What older packets name otherwise: raw keeps it as sent, science reads one name.
    forced : Forced, optional
        Forced photometry in the packets of this survey.
    bodies : Bodies, optional
        Known Solar System bodies among its alerts.
    unknown : Unknown, optional
        What may be unknown bodies among its alerts, of a survey that does not link them itself.
    trails : Trails, optional
        Trails among its alerts, of a survey whose packets do not tell.
    past : Past, optional
        Upper limits and bad detections in its packets.
    counted : Counted
        What is counted of its nights.
    """

    name: str
    title: str
    topics: str
    framing: Literal["container", "confluent"]
    message_kb: float
    packet_schema: Callable[[], Schema]
    required: Sequence[str]
    alert_id: str
    object_id: str
    time: str
    night: str
    ra: str
    dec: str
    measured: Sequence[Measured]
    schema_version: str
    current: str
    history: str
    kept: Sequence[str]
    cuts: Sequence[Rule]
    plausible: Sequence[Rule]
    first_night: str
    night_offset_hours: int = 0
    publisher: str = "null"
    renamed: Sequence[Renamed] = ()
    schemas: Schemas | None = None
    cutouts: Mapping[str, str] = field(default_factory=dict)
    forced: Forced | None = None
    bodies: Bodies | None = None
    unknown: Unknown | None = None
    trails: Trails | None = None
    past: Past | None = None
    counted: Counted = Counted()

    @cached_property
    def avro_schema(self) -> Schema:
        """Avro schema of the newest packet known."""
        return self.packet_schema()


def on_the_sky(*, ra: str, dec: str, source: str) -> tuple[Rule, Rule]:
    """Rules that positions (degrees) are on the sphere; `source` says that packets have degrees."""
    return (
        Rule(
            name="ra_on_the_sky",
            column=ra,
            operator="between",
            threshold=(0.0, 360.0),
            why="A right ascension outside the circle means that packets are misread.",
            source=source,
            tolerated=0.0,
            severity="critical",
        ),
        Rule(
            name="dec_on_the_sky",
            column=dec,
            operator="between",
            threshold=(-90.0, 90.0),
            why="A declination outside the sphere means that packets are misread.",
            source=source,
            tolerated=0.0,
            severity="critical",
        ),
    )
