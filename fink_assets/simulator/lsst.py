"""Read and write LSST messages: a zero, the id of a schema, an Avro datum.

Pure functions on bytes; schemas are those of `surveys.lsst_packet`. Where alerts come from belongs
to `night` or to a folder, sending them to `replay`.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from string import ascii_letters, digits
from typing import Any

import fastavro

from fink_assets.simulator.avro import Place, long_bytes, places
from fink_assets.stream2raw.framing import ID_BYTES, MAGIC, confluent
from fink_assets.surveys.lsst_packet import packet_schema

Record = dict[str, Any]

SOURCE_IDS = frozenset(
    ("alertId", "diaSourceId", "diaSource.diaSourceId", "ssSource.diaSourceId"),
)
"""Where a packet names the detection it is about."""

OBJECT_IDS = frozenset(
    f"{part}.diaObjectId"
    for part in ("diaSource", "diaObject", "prvDiaSources", "prvDiaForcedSources")
)
SSO_IDS = frozenset(
    f"{part}.ssObjectId"
    for part in ("diaSource", "ssSource", "ssObject", "MPCORB", "prvDiaSources")
)

_IDS = SOURCE_IDS | OBJECT_IDS | SSO_IDS
_VERSION = re.compile(r"lsst\.v(\d+)_(\d+)")


def written(alert: Mapping[str, Any], schema_id: int) -> bytes:
    """Message of an alert."""
    out = BytesIO()
    out.write(prefix(schema_id))
    fastavro.schemaless_writer(out, _parsed(schema_id), alert)
    return out.getvalue()


def prefix(schema_id: int) -> bytes:
    """What stands before the datum in a message."""
    return b"\x00" + schema_id.to_bytes(ID_BYTES - 1, "big")


def read(message: bytes) -> Record:
    """Alert of a message.

    Raises
    ------
    FramingError
        Not in the wire format.
    UnknownSchemaError
        Nobody knows the schema that it states.
    """
    confluent(message)
    datum = BytesIO(message[ID_BYTES:])
    return fastavro.schemaless_reader(datum, _parsed(schema_id_of(message)), None)  # type: ignore


def read_detection(message: bytes) -> Record:
    """Alert of a message up to its detection: no history, no images, so many times faster."""
    confluent(message)
    return fastavro.schemaless_reader(  # type: ignore
        BytesIO(message[ID_BYTES:]), _detection(schema_id_of(message)), None
    )


def message_of(content: bytes) -> bytes:
    """Message of a file's alert: a message as it is, a container written anew.

    A container's version is that of its record (`lsst.v9_0.alert`), or what the alert states as
    `lsst_schema_version` where the record has another name.

    Raises
    ------
    ValueError
        Neither, or of no known version.
    """
    if not content.startswith(MAGIC):
        confluent(content)
        return content
    container = fastavro.reader(BytesIO(content))
    schema: Any = container.writer_schema
    alert: Any = next(container)
    stated = f"{schema.get('namespace', '')}.{schema['name']} {alert.get('lsst_schema_version')}"
    version = _VERSION.search(stated)
    if not version:
        raise ValueError("neither the record's name nor lsst_schema_version is a version of LSST's")
    return written(alert, 100 * int(version[1]) + int(version[2]))


def look(content: bytes) -> tuple[float, str]:
    """Time (MJD, TAI) and object of a file's alert."""
    source = read(message_of(content))["diaSource"]
    names = (source.get(name) for name in ("diaObjectId", "ssObjectId", "diaSourceId"))
    return source["midpointMjdTai"], str(next(filter(None, names)))


def copies(message: bytes, days: float = 0.0) -> Callable[[int, int], bytes]:
    """Copies of an alert, so many days later, by identifier and number of the copy.

    The identifier is that of the detection, wherever the packet names it; the detections of the
    history keep theirs. The first copy, 0, keeps its object, another one is of another object,
    which all alerts of the old object share. All times of the packet move (fields `...MjdTai`), but
    the epochs of orbits do not.
    """
    pieces = _cut(message, days)
    return lambda source_id, copy: b"".join(
        piece if isinstance(piece, bytes) else long_bytes(_new(piece, source_id, copy))
        for piece in pieces
    )


def source_id_at(mjd: float) -> int:
    """First of a thousand million identifiers of an instant, of 18 digits as the survey's are."""
    return int(mjd * 10_000) * 1_000_000_000


@lru_cache(maxsize=256)
def other_object(object_id: int, copy: int) -> int:
    """Identifier of the object that stands for a copy of an object."""
    return _hashed(object_id, copy) >> 1 or 1


@lru_cache(maxsize=256)
def other_sso(object_id: int, copy: int) -> int:
    """Identifier, in bytes the seven characters of a packed designation, of a copy of a body.

    Examples
    --------
    >>> other_sso(21164719644750924, 1).to_bytes(7, "big")
    b'Kza5XzO'
    """
    number, letters = _hashed(object_id, copy), digits + ascii_letters
    name = "".join(letters[number // 62**place % 62] for place in range(6))
    return int.from_bytes(b"K" + name.encode(), "big")


def _hashed(object_id: int, copy: int) -> int:
    digest = blake2b(f"{object_id}/{copy}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _new(old: Place, source_id: int, copy: int) -> int:
    if old.path in SOURCE_IDS:
        return source_id
    if copy == 0 or old.value == 0:  # 0 is no object
        return old.value
    return (other_object if old.path in OBJECT_IDS else other_sso)(old.value, copy)


def _cut(message: bytes, days: float) -> tuple[bytes | Place, ...]:
    """Cut a message around its identifiers.

    It is written anew before, since what another program wrote may state the sizes of arrays, which
    depend on the identifiers in them.
    """
    alert = read(message)
    if days:
        _shift(alert, days)
    whole = written(alert, schema_id_of(message))
    pieces: list[bytes | Place] = []
    last = 0
    for place in places(whole[ID_BYTES:], _parsed(schema_id_of(message)), _IDS):
        pieces += [whole[last : place.begin + ID_BYTES], place]
        last = place.end + ID_BYTES
    return (*pieces, whole[last:])


def _shift(part: Any, days: float) -> None:
    """Move the times in a record or list, in place."""
    for each in part if isinstance(part, list) else ():
        _shift(each, days)
    for name, value in part.items() if isinstance(part, dict) else ():
        if name.endswith("MjdTai") and value is not None:
            part[name] = value + days
        else:
            _shift(value, days)


def schema_id_of(message: bytes) -> int:
    """Identifier of the schema that a message states."""
    return int.from_bytes(message[1:ID_BYTES], "big")


@lru_cache(maxsize=16)
def _parsed(schema_id: int) -> Any:
    return fastavro.parse_schema(packet_schema(schema_id))


@lru_cache(maxsize=16)
def _detection(schema_id: int) -> Any:
    schema = packet_schema(schema_id)
    count = [field["name"] for field in schema["fields"]].index("diaSource") + 1
    return fastavro.parse_schema({**schema, "fields": schema["fields"][:count]})
