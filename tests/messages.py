"""Build messages as ZTF might send them: valid ones of several writers, and every kind of bad one.

Pure functions on packets and bytes; the packets are real alerts of the sample with a new identity.
"""

import copy
import json
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro

from fink_assets.simulator.packet import read_container, sync_marker, write_container
from fink_assets.stream2raw.framing import container
from fink_assets.surveys.ztf_packet import packet_schema, record_fields

SAMPLE = Path(__file__).parent / "data" / "ztf"
JD = 2459541.75  # 2021-11-23 06:00 UTC
NIGHT = "2021-11-23"

Packet = dict[str, Any]
Schema = dict[str, Any]


@cache
def sample() -> tuple[bytes, ...]:
    """Messages of the project's real alerts."""
    return tuple(path.read_bytes() for path in sorted(SAMPLE.rglob("*.avro")))


def packet(candid: int, version: str = "4.02", **candidate: Any) -> Packet:
    """Real alert of a version, at another time and with its own identity."""
    found = copy.deepcopy(_original("3.3" if version < "4" else "4.02"))
    found |= {"candid": candid, "schemavsn": version}
    found["candidate"] |= {"candid": candid, "jd": JD, **candidate}
    return found


@cache
def _original(version: str) -> Packet:
    read = (read_container(message)[1] for message in sample())
    return next(p for p in read if p["schemavsn"] == version and p["prv_candidates"])


def schema_of(version: str = "4.02") -> Schema:
    """Writer's schema of a version; 3.1 had no deep-learning score."""
    if version != "3.1":
        return packet_schema(version)
    schema = {**packet_schema("3.3"), "version": "3.1"}
    candidate = record_at(schema, "candidate")
    candidate["fields"] = [f for f in candidate["fields"] if f["name"] not in ("drb", "drbversion")]
    return schema


def message(
    candid: int, /, version: str = "4.02", *, schema: Schema | None = None, **top: Any
) -> bytes:
    """Message of one alert; `top` sets fields of the packet, `schema` is another writer's."""
    writer = schema or schema_of(version)
    return written(writer, {**packet(candid, version), **top})


def written(schema: Schema, record: Packet) -> bytes:
    """Container of one record, uncompressed."""
    text = json.dumps(schema, separators=(",", ":"))
    return write_container(text, record, sync=sync_marker(text, record.get("candid", 0)))


def forced_photometry(jd: float) -> Packet:
    """One entry of `fp_hists`."""
    blank = dict.fromkeys(record_fields(packet_schema(), "ztf.alert.fp_hist"))
    needed = {"fid": 1, "pid": 2, "rfid": 3, "programid": 1, "ranr": 10.0, "decnr": -5.0}
    return {**blank, **needed, "jd": jd, "forcediffimflux": 12.5}


def record_at(schema: Schema, path: str = "") -> Schema:
    """Record of a schema, by dotted path; arrays are entered."""
    for step in filter(None, path.split(".")):
        kind = next(f["type"] for f in schema["fields"] if f["name"] == step)
        kind = next(b for b in kind if b != "null") if isinstance(kind, list) else kind
        schema = kind["items"] if kind["type"] == "array" else kind
    return schema


def with_field(name: str, kind: Any, *, version: str = "4.02", path: str = "") -> Schema:
    """Schema of a writer that sends one more field."""
    schema = schema_of(version)
    record_at(schema, path)["fields"].append({"name": name, "type": kind})
    return schema


def with_type(name: str, kind: Any, *, version: str = "4.02", path: str = "") -> Schema:
    """Schema of a writer that sends a field with another type."""
    schema = schema_of(version)
    next(f for f in record_at(schema, path)["fields"] if f["name"] == name)["type"] = kind
    return schema


def narrower() -> Schema:
    """Schema whose types the raw table can hold only by promotion: int, float, bytes."""
    schema = with_type("candid", "int")
    for path, name, kind in (("", "publisher", "bytes"), ("candidate", "ra", "float")):
        found = next(f for f in record_at(schema, path)["fields"] if f["name"] == name)
        found["type"] = kind
    return schema


def other_names() -> Schema:
    """Schema 4.02 as Spark writes it: other record names, every field may be null."""
    schema = schema_of("4.02")
    stamp = record_at(schema, "cutoutScience")
    for field in schema["fields"]:
        if field["name"] in ("cutoutTemplate", "cutoutDifference"):
            field["type"] = [copy.deepcopy(stamp)]
    _loosen(schema, "topLevelRecord")
    return schema


def _loosen(node: Schema, name: str) -> None:
    node["name"] = name
    node.pop("namespace", None)
    for field in node["fields"]:
        kind = field["type"]
        branches = [b for b in kind if b != "null"] if isinstance(kind, list) else [kind]
        for branch in branches:
            inner = branch.get("items", branch) if isinstance(branch, dict) else branch
            if isinstance(inner, dict) and inner.get("type") == "record":
                _loosen(inner, f"{name}.{field['name']}")
        field["type"] = [*branches, "null"]
        field.pop("default", None)


def truncated() -> bytes:
    """Message cut in its datum."""
    return message(900)[:-5000]


def two_alerts() -> bytes:
    """Container of two alerts in one block."""
    return _container([packet(901), packet(902)])


def compressed() -> bytes:
    """Container whose datum is compressed."""
    return _container([packet(903)], codec="deflate")


def no_alert() -> bytes:
    """Container without any alert."""
    return _container([])


def _container(records: list[Packet], codec: str = "null") -> bytes:
    out = BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema_of()), records, codec=codec)
    return out.getvalue()


def foreign() -> bytes:
    """Container of something that is no alert."""
    fields = [{"name": "candid", "type": "long"}, {"name": "weather", "type": "string"}]
    schema = {"type": "record", "name": "report", "fields": fields}
    return written(schema, {"candid": 1, "weather": "clear"})


def damaged() -> bytes:
    """Message of the right size whose datum does not decode."""
    whole = message(904)
    begin = container(whole).begin
    return whole[:begin] + b"\xff" * 20 + whole[begin + 20 :]


def unreadable() -> bytes:
    """Message whose schema is no JSON."""
    whole = message(905)
    at = whole.index(b'{"')
    return whole[:at] + b"%%" + whole[at + 2 :]
