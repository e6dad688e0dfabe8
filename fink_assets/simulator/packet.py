"""Read and write ZTF messages: Avro object containers of exactly one alert.

Pure functions on bytes. Where the datum of a message is belongs to `stream2raw.framing`, where
alerts come from to `sample`, sending them to `replay`.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from typing import Any, NamedTuple

import fastavro

from fink_assets.simulator.avro import long_bytes
from fink_assets.stream2raw.framing import MAGIC, SYNC_BYTES, container, container_schema

_ONE = b"\x02"

FIRST_NIGHT_JD = 2457754.5
"""Julian date from which ZTF counts its nights; identifiers begin with the days since."""

Record = dict[str, Any]
Schema = dict[str, Any]


def read_container(message: bytes) -> tuple[Schema, Record]:
    """Writer schema and alert of a message.

    Raises
    ------
    FramingError
        Not an Avro container, cut short, or not of exactly one alert.
    ValueError
        The header cannot be read, or the datum is compressed, which ZTF never does.
    """
    header, datum = _split(message)
    schema, parsed = _writer(header)
    return schema, fastavro.schemaless_reader(datum, parsed, None)  # type: ignore


def read_detection(message: bytes) -> Record:
    """Alert of a message up to its detection: no history, no images, so many times faster."""
    header, datum = _split(message)
    return fastavro.schemaless_reader(datum, _detection(header))  # type: ignore


def _split(message: bytes) -> tuple[bytes, BytesIO]:
    """Header of a message, without the marker that ends it, and the datum."""
    frame = container(message)
    return message[: frame.header], BytesIO(message[frame.begin : frame.end])


@lru_cache(maxsize=64)
def _detection(header: bytes) -> Schema:
    fields = _writer(header)[0]["fields"]
    count = [field["name"] for field in fields].index("candidate") + 1
    return _record(fields[:count])


def write_container(schema: Schema | str, record: Mapping[str, Any], *, sync: bytes) -> bytes:
    """Message of one alert, byte for byte determined by the arguments.

    Parameters
    ----------
    schema
        Writer schema, or its JSON text, which goes into the header as it is.
    record
        The alert.
    sync
        The 16-byte marker, see `sync_marker`.
    """
    if len(sync) != SYNC_BYTES:
        raise ValueError(f"a sync marker has {SYNC_BYTES} bytes, not {len(sync)}")
    text = schema if isinstance(schema, str) else json.dumps(schema, separators=(",", ":"))
    datum = BytesIO()
    fastavro.schemaless_writer(datum, _writer(_head(text))[1], record)
    return wrapped(text, datum.getbuffer(), sync=sync)


def wrapped(schema_text: str, datum: bytes | memoryview, *, sync: bytes) -> bytes:
    """Message of an alert that is in Avro's bytes already."""
    return b"".join((_head(schema_text), sync, _ONE, _blob(datum), sync))


def sync_marker(schema_text: str, candid: int) -> bytes:
    """Marker that separates blocks: random to look at, the same for the same alert."""
    return blake2b(f"{schema_text}{candid}".encode(), digest_size=SYNC_BYTES).digest()


def copies(message: bytes, days: float = 0.0) -> Callable[[int, int], bytes]:
    """Copies of an alert, so many days later, by identifier and number of the copy.

    The identifier stands at both places that hold it. A copy other than the first, 0, is of another
    object. The time of the exposure, of the detection range and of the whole history moves; the
    reference image keeps its times.

    Raises
    ------
    ValueError
        It is no alert of ZTF.
    """
    schema, alert = read_container(message)
    if not {"objectId", "candid", "candidate"} <= alert.keys():
        raise ValueError("not an alert of ZTF: no objectId, candid or candidate")
    if days:
        _shift(alert, days)
    head = message[: container(message).header]
    if not _in_surveys_order(head):
        return _rewritten(schema, alert)
    parts = _parts(head, alert)
    return lambda candid, copy: _joined(parts, candid, object_name(parts.object_id, copy))


def look(message: bytes) -> tuple[float, str]:
    """Time (Julian date, UTC) and object of an alert."""
    alert = read_detection(message)
    return alert["candidate"]["jd"], alert["objectId"]


def candid_at(jd: float) -> int:
    """First of a thousand million identifiers of an instant, of 19 digits as the survey's are."""
    return int((jd - FIRST_NIGHT_JD) * 1_000_000) * 1_000_000_000


def object_name(object_id: str, copy: int) -> str:
    """Name of the object that stands for a copy of an object: the same year, other letters.

    Examples
    --------
    >>> object_name("ZTF18abcjaev", 0)
    'ZTF18abcjaev'
    """
    if copy == 0:
        return object_id
    number = int.from_bytes(blake2b(f"{object_id}/{copy}".encode(), digest_size=8).digest(), "big")
    letters = (chr(ord("a") + number // 26**place % 26) for place in range(7))
    return object_id[:5] + "".join(letters)


class _Parts(NamedTuple):
    """A message cut around its three identifiers: an Avro record is its fields in a row."""

    head: bytes
    origin: bytes
    object_id: str
    before: bytes
    after: bytes


def _parts(head: bytes, alert: Record) -> _Parts:
    origin, before, after, rest = _schemas(head)
    candidate = alert["candidate"]
    return _Parts(
        head=head,
        origin=_encode(origin, alert),
        object_id=alert["objectId"],
        before=_encode(before, candidate),
        after=_encode(after, candidate) + _encode(rest, alert),
    )


@lru_cache(maxsize=64)
def _in_surveys_order(header: bytes) -> bool:
    """Whether the identifiers stand where the survey writes them, and are never null."""
    fields = _writer(header)[0]["fields"][2:5]
    names, kinds = ([field[part] for field in fields] for part in ("name", "type"))
    return (
        names == ["objectId", "candid", "candidate"]
        and kinds[:2] == ["string", "long"]
        and isinstance(kinds[2], dict)
    )


def _rewritten(schema: Schema, alert: Record) -> Callable[[int, int], bytes]:
    """Copies of an alert that another program wrote, Spark for example: a millisecond each."""
    text = json.dumps(schema)

    def copy(candid: int, number: int) -> bytes:
        named = {"objectId": object_name(alert["objectId"], number), "candid": candid}
        candidate = {**alert["candidate"], "candid": candid}
        record = {**alert, **named, "candidate": candidate}
        return write_container(text, record, sync=sync_marker(text, candid))

    return copy


@lru_cache(maxsize=64)
def _schemas(header: bytes) -> tuple[Schema, ...]:
    """Schemas of what is around the identifiers, two of the alert's and two of the candidate's."""
    fields = _writer(header)[0]["fields"]
    inner = fields[4]["type"]["fields"]
    at = [field["name"] for field in inner].index("candid")
    return tuple(map(_record, (fields[:2], inner[:at], inner[at + 1 :], fields[5:])))


def _joined(parts: _Parts, candid: int, object_id: str) -> bytes:
    number = long_bytes(candid)
    salt = candid.to_bytes(SYNC_BYTES, "big", signed=True)
    sync = blake2b(parts.head, digest_size=SYNC_BYTES, salt=salt).digest()
    datum = b"".join(
        (parts.origin, _blob(object_id.encode()), number, parts.before, number, parts.after)
    )
    return b"".join((parts.head, sync, _ONE, _blob(datum), sync))


def _encode(schema: Schema, values: Record) -> bytes:
    out = BytesIO()
    fastavro.schemaless_writer(out, schema, values)
    return out.getvalue()


def _record(fields: list[Schema]) -> Schema:
    return fastavro.parse_schema({"type": "record", "name": "part", "fields": fields})  # type: ignore


def _shift(alert: Record, days: float) -> None:
    candidate = alert["candidate"]
    for name in ("jd", "jdstarthist", "jdendhist"):
        if candidate[name] is not None:
            candidate[name] += days
    for past in (*(alert.get("prv_candidates") or ()), *(alert.get("fp_hists") or ())):
        past["jd"] += days


@lru_cache(maxsize=64)
def _writer(header: bytes) -> tuple[Schema, Schema]:
    """Schema of a header, as written and as fastavro wants it."""
    schema = container_schema(header)
    return schema, fastavro.parse_schema(schema)  # type: ignore[return-value]


@lru_cache(maxsize=64)
def _head(schema_text: str) -> bytes:
    """Header of a container up to its marker: magic and a map of two entries."""
    schema = schema_text.encode()
    entries = ((b"avro.codec", b"null"), (b"avro.schema", schema))
    body = b"".join(_blob(part) for entry in entries for part in entry)
    return MAGIC + long_bytes(len(entries)) + body + long_bytes(0)


def _blob(content: bytes | memoryview) -> bytes:
    return long_bytes(len(content)) + bytes(content)
