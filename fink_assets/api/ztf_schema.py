"""What the columns of answers of the ZTF flavour are: `/schema`.

The four sections of the reference have what `/objects` gives, without prefixes: clients compare
them with its answers. Sections after them have whole names, of what other endpoints add.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fink_assets.api import cutouts, resolver, sso_ephemerides, ztf_columns, ztf_nights
from fink_assets.api.declared import (
    BY_NAME,
    PROVENANCE,
    Field,
    Section,
    by_name,
    field,
    of_contract,
    of_meanings,
    of_module,
)
from fink_assets.api.endpoints import Values
from fink_assets.api.skymap import MEANING as EVENT
from fink_assets.api.skymap import TRIGGER
from fink_assets.api.upper_limits import TAG
from fink_assets.services import sesame

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

TITLES = {
    "i": "ZTF original fields (i:)",
    "b": "ZTF original cutouts (b:)",
    "d": "Fink science module outputs (d:)",
    "v": "Fink on-the-fly added values (v:)",
}
OWN = {
    "d:tracklet": ("string", "Trail of a satellite or of debris that the alert is part of"),
    TAG: ("string", "With `withupperlim`: valid, upperlim or badquality"),
    "v:lapse": ("double", "Time from the first detection to this alert [d]"),
    "v:lastdate": ("string", "Date of this alert, UTC"),
    "v:firstdate": ("string", "Date of the first detection, UTC"),
    "v:constellation": ("string", "Constellation of the position, in the IAU's boundaries"),
}
"""What no table has as it is given: type and meaning."""
AS_TEXT = ("d:lc_features_g", "d:lc_features_r")
"""Structs that are given as the text of a JSON list."""


def schema(archive: Archive, values: Values) -> dict[str, Any]:
    """Answer `/schema`: every column that an answer may have, of what the tables have now."""
    fields = archive.fields("alerts")
    found: dict[str, Section] = {title: {} for title in TITLES.values()}
    for name in (*ztf_columns.available(fields), *ztf_columns.DERIVED, TAG):
        family, _, plain = name.partition(":")
        found[TITLES[family]][plain] = _described(name, fields)
    for kind in cutouts.KINDS:
        plain = cutouts.named("ztf", kind).removeprefix("b:")
        found[TITLES["b"]][plain] = field("array", f"{kind} image, rows of pixels")
    return {**found, **_beyond(), BY_NAME: by_name("ztf", fields)}


def _described(name: str, fields: Mapping[str, str]) -> Field:
    if name in OWN:
        return field(*OWN[name])
    if name in ztf_columns.PROVENANCE:
        return field("string", PROVENANCE[ztf_columns.PROVENANCE[name].partition(".")[2]])
    if name.startswith("i:"):
        return _of_packet(name.removeprefix("i:"), fields)
    path, kind = ztf_columns.PATHS[name]
    found = of_module("ztf", path, kind, fields)
    if name in AS_TEXT:
        return found | {"type": "string", "doc": f"List, as text of JSON. {found['doc']}"}
    if word := ztf_columns.IF_NULL.get(name):
        found["doc"] += f"; {word} where nothing is known"
    return found


def _of_packet(name: str, fields: Mapping[str, str]) -> Field:
    from fink_assets.surveys.ztf_packet import packet_schema, record_docs

    of_candidate = record_docs(packet_schema(), "ztf.alert.candidate")
    of_packet = record_docs(packet_schema(), "ztf.alert")
    doc = of_candidate.get(name) or of_packet.get(name) or f"{name}, as packets have it"
    return field(fields.get(f"candidate.{name}", "string"), doc)


def _beyond() -> dict[str, Section]:
    """Describe what other endpoints give beside these."""
    tns = {"ra": "double", "declination": "double", "redshift": "double"}
    return {
        "Added by conesearch, explorer": of_meanings(
            {"v:separation_degree": ztf_columns.MEANINGS["v:separation_degree"]}
        ),
        "Added by sso": {
            "sso_name": field(
                "string", "Name of the body; where it is not resolved, as in packets"
            ),
            "sso_number": field("long", "Number of the body, as far as it is known"),
        },
        "Added by sso with ephemerides": of_meanings(sso_ephemerides.of_survey("ztf")),
        "Added by skymap": {
            **of_meanings({TRIGGER: EVENT}),
            "d:classification": field("string", "The same as v:classification"),
        },
        "Given by resolver": {
            **{
                name: field(tns.get(name.removeprefix("d:"), "string"), doc)
                for name, doc in resolver.TNS_DOCS.items()
            },
            **of_contract(sesame.OBJECT),
            "i:ssnamenr": field("string", "Name of a body in packets"),
            "i:name": field("string", "Name of the body"),
            "i:number": field("long", "Number of the body"),
        },
        "Given by statistics": {
            name: field("string" if name == ztf_nights.KEY else "long", doc)
            for name, doc in ztf_nights.DOCS.items()
        },
    }
