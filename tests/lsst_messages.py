"""Build messages as LSST might send them: the package's alerts, real ones, and filled ones.

Pure functions on packets and bytes. Schemas and samples are those that set-up fetches.
"""

import io
import itertools
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import fastavro

from fink_assets.surveys.lsst_packet import IDS, packet_schema, sample_alert

SHARED = Path(__file__).parents[2] / "shared" / "data" / "lsst"
USED = tuple(schema_id for schema_id in IDS if schema_id >= 701)
MJD = 60924.25  # 2025-09-06 05:59:23 UTC, in the night that began on the 5th
NIGHT = "2025-09-05"


@cache
def parsed(schema_id):
    """Writer's schema as fastavro wants it."""
    return fastavro.parse_schema(packet_schema(schema_id))


def wire(alert, schema_id, *, stated=None):
    """Message of an alert; `stated` is the id that it states, if another."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(schema_id), alert)
    return header(schema_id if stated is None else stated) + out.getvalue()


def header(schema_id):
    """Magic byte and id."""
    return b"\x00" + schema_id.to_bytes(4, "big")


def boasting(length):
    """Message whose second field, a text, says that it is so many bytes long."""
    assert packet_schema(900)["fields"][1]["type"] == ["null", "string"]
    out = io.BytesIO()
    for number in (1, 1, length):
        fastavro.schemaless_writer(out, "long", number)
    return header(900) + out.getvalue() + b"x" * 100


def unwire(message, schema_id=None):
    """Alert of a message, with floats as they are after sending."""
    number = schema_id or int.from_bytes(message[1:5], "big")
    return fastavro.schemaless_reader(io.BytesIO(message[5:]), parsed(number))


def sample(schema_id):
    """The package's alert of a schema."""
    (alert,) = fastavro.reader(io.BytesIO(sample_alert(schema_id)))
    return alert


def filled(schema_id, number=0):
    """Alert in which no field is null and no two numbers are the same."""
    alert = _filled(packet_schema(schema_id), itertools.count(1000 * number + 1), {})
    alert["diaSource"]["midpointMjdTai"] = MJD
    return alert


def _filled(kind, numbers, seen):
    if isinstance(kind, list):
        return _filled(next(branch for branch in kind if branch != "null"), numbers, seen)
    if isinstance(kind, str):
        return _filled(seen[kind], numbers, seen) if kind in seen else _value(kind, next(numbers))
    if kind["type"] == "record":
        seen[kind["name"]] = kind
        return {f["name"]: _filled(f["type"], numbers, seen) for f in kind["fields"]}
    if kind["type"] == "array":
        return [_filled(kind["items"], numbers, seen) for _ in range(2)]
    if kind.get("logicalType") == "timestamp-micros":
        return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=next(numbers))
    return _filled(kind["type"], numbers, seen)


def _value(kind, number):
    return {
        "boolean": number % 2 == 0,
        "int": number,
        "long": number + 2**53 + 1,
        "float": number / 2,
        "double": number + 0.1,
        "string": f"text {number}",
        "bytes": f"bytes {number}".encode(),
    }[kind]


def containers(folder):
    """Alerts of a folder of shared data, by the name of their file."""
    found = {}
    for path in sorted((SHARED / folder).glob("*.avro")):
        with path.open("rb") as content:
            (found[path.name],) = fastavro.reader(content)
    return found
