"""Turn a stored row of an alert back into the packet that the survey sent.

Keeps the fields of the packet and their values, drops what a broker added. Pure functions on
dictionaries; files belong to `sample`.
"""

from collections.abc import Mapping
from typing import Any

from fink_assets.surveys.ztf_packet import packet_schema, record_fields

Row = Mapping[str, Any]


def packet_of(row: Row) -> dict[str, Any]:
    """Packet of a stored alert, with the fields of its own schema version.

    Fields that the row lacks become null; integers that a table stored as floating point become
    integers again, and the identifiers of past detections regain the digits they lost by it.
    """
    schema = packet_schema(row["schemavsn"])
    packet = {name: row.get(name) for name in (field["name"] for field in schema["fields"])}
    packet["candidate"] = _typed(row["candidate"], record_fields(schema, "ztf.alert.candidate"))
    if row["prv_candidates"] is not None:
        types = record_fields(schema, "ztf.alert.prv_candidate")
        packet["prv_candidates"] = [_past(past, types) for past in row["prv_candidates"]]
    return packet


def _typed(row: Row, types: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _cast(row.get(name), kind) for name, kind in types.items()}


def _cast(value: Any, kind: Any) -> Any:
    return int(value) if kind in ("int", "long") and value is not None else value


def _past(row: Row, types: Mapping[str, Any]) -> dict[str, Any]:
    past = _typed(row, types)
    if isinstance(row["candid"], float):
        past["candid"] = _exact_candid(row["candid"], past)
    return past


def _exact_candid(stored: float, past: Row) -> int:
    """Identifier whose nearest double is stored.

    A double of that size is a multiple of 512. ZTF appends to the image identifier three digits
    for the kind of difference and three for the row in the extraction table; image and row are
    known here, so the kind, in steps of 1,000, is determined.
    """
    known = past["pid"] * 1_000_000 + past["tblid"]
    candid = known + round((int(stored) - known) / 1000) * 1000
    if float(candid) != stored:
        raise ValueError(f"candid {stored} is not that of image {past['pid']}")
    return candid
