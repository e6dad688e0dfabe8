"""Shape of the ZTF alert packet, as data.

`ztf_alert.avsc` holds version 4.02; earlier versions are derived from it by their differences.
Reading and writing messages belongs to `simulator.packet` and `stream2raw`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA_FILE = Path(__file__).with_name("ztf_alert.avsc")
VERSIONS = ("3.3", "4.02")
ALONE = {
    "sigmapsf": "Uncertainty of magpsf [mag]",
    "sigmagap": "Uncertainty of magap [mag]",
    "magnr": "Magnitude of the nearest reference source [mag]",
    "sigmagnr": "Uncertainty of magnr [mag]",
    "chinr": "DAOPhot chi of the nearest reference source",
    "sharpnr": "DAOPhot sharpness of the nearest reference source",
    "ssmagnr": "Predicted magnitude of the nearest known Solar System object [mag]; -999 if none",
    "ssnamenr": "Name of the nearest known Solar System object; null if none",
    "sigmagapbig": "Uncertainty of magapbig [mag]",
    "jdstarthist": "First of the ndethist detections, Julian date UTC [d]",
    "jdendhist": "Last of the ndethist detections, Julian date UTC [d]",
    "jdstartref": "First exposure of the reference, Julian date UTC [d]",
    "jdendref": "Last exposure of the reference, Julian date UTC [d]",
    "magzpsciunc": "Uncertainty of magzpsci [mag]",
    "magzpscirms": "RMS of the calibrators around magzpsci [mag]",
    "clrcounc": "Uncertainty of clrcoeff",
    "clrrms": "RMS of the colours of the calibrators [mag]",
    "neargaiabright": "Distance to the nearest Gaia DR1 source of magnitude 14 or less [arcsec]",
    "maggaiabright": "G of the nearest Gaia source of magnitude 14 or less [mag]",
}
"""Descriptions of fields of which the schema's need those of their neighbours."""

Schema = dict[str, Any]


def packet_schema(version: str = "4.02") -> Schema:
    """Writer schema of ZTF packets of a version.

    Parameters
    ----------
    version
        One of `VERSIONS`. Packets of 3.3 have no `fp_hists` and put `null` last in their unions,
        so the same value has other bytes than in 4.02.

    Raises
    ------
    ValueError
        The version is not known.

    Examples
    --------
    >>> [field["name"] for field in packet_schema("3.3")["fields"]][:4]
    ['schemavsn', 'publisher', 'objectId', 'candid']
    """
    return json.loads(packet_schema_json(version))


@cache
def packet_schema_json(version: str = "4.02") -> str:
    """Compact text of `packet_schema(version)`, as it stands in a message header."""
    if version not in VERSIONS:
        raise ValueError(f"No ZTF packet schema {version!r}; known are {', '.join(VERSIONS)}")
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    if version == "3.3":
        schema = _as_v3_3(schema)
    return json.dumps(schema, separators=(",", ":"))


def record_fields(schema: Schema, name: str) -> dict[str, Any]:
    """Type by field name of a record inside a schema; null branches are removed.

    Examples
    --------
    >>> record_fields(packet_schema(), "ztf.alert.candidate")["magpsf"]
    'float'
    """
    return {field["name"]: _not_null(field["type"]) for field in _record(schema, name)["fields"]}


def record_docs(schema: Schema, name: str) -> dict[str, str]:
    """Description by field name of a record inside a schema, with the unit in brackets."""
    told = {field["name"]: field.get("doc", "") for field in _record(schema, name)["fields"]}
    return {field: ALONE.get(field, doc) if doc else "" for field, doc in told.items()}


def _record(schema: Schema, name: str) -> Schema:
    record = _find_record(schema, name)
    if record is None:
        raise KeyError(name)
    return record


def _not_null(kind: Any) -> Any:
    if not isinstance(kind, list):
        return kind
    return next(branch for branch in kind if branch != "null")


def _find_record(node: Any, name: str) -> Schema | None:
    if isinstance(node, dict) and node.get("type") == "record" and node["name"] == name:
        return node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next((found for child in children if (found := _find_record(child, name))), None)


def _as_v3_3(schema: Schema) -> Schema:
    fields = [field for field in schema["fields"] if field["name"] != "fp_hists"]
    older = _null_last({**schema, "version": "3.3", "fields": fields})
    candidate = _find_record(older, "ztf.alert.candidate")
    assert candidate is not None
    next(field for field in candidate["fields"] if field["name"] == "tooflag")["default"] = 0
    return older


def _null_last(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _null_last(value) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    children = [_null_last(child) for child in node]
    return [*children[1:], "null"] if children[:1] == ["null"] else children
