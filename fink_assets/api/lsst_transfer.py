"""What whole alerts of LSST have, in topics: the packet's fields, and those of Fink.

Names are paths, dotted, as `/schema` gives them of ``/datatransfer/lsst`` and ``.../fink``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fink_assets.api.declared import Section, field, of_contract, of_modules, since
from fink_assets.lake.contracts import RAW, SCIENCE
from fink_assets.packages import PackageError
from fink_assets.surveys import SURVEYS
from fink_assets.surveys.lsst_docs import fields, meaning

if TYPE_CHECKING:
    from fink_assets.api.archive import Archive

STAMPS = {"brokerIngestTimestamp": "ingested", "brokerEndProcessTimestamp": "enriched"}
"""Columns of science that messages have under a name of Fink, as text."""
MAPS = ("module_status", "module_versions")


def of_packets(archive: Archive) -> dict[str, Section]:
    """Describe the packet's fields: of its newest schema, else of those that were archived."""
    try:
        found = {path: kind for path, (kind, _) in fields(SURVEYS["lsst"].avro_schema).items()}
    except PackageError:
        raw = archive.fields("raw")
        ours = {column.name for column in RAW}
        found = {path: kind for path, kind in raw.items() if path.split(".")[0] not in ours}
    return {"LSST": {path: field(kind, meaning(path)) for path, kind in sorted(found.items())}}


def of_fink(archive: Archive) -> dict[str, Any]:
    """Describe what is added to a packet: by the names of Fink, and by those of our modules."""
    from fink_assets.raw2science.modules import MODULES

    known = of_modules("lsst")
    outputs = [(m.name, c) for m in MODULES if m.survey == "lsst" for c in m.outputs]
    found = {c.fink: known[f"{name}.{c.name}"] for name, c in outputs if c.fink} | dict(known)
    science = of_contract(SCIENCE)
    found |= {name: field("string", science[own]["doc"]) for name, own in STAMPS.items()}
    found |= {name: field("map", science[name]["doc"]) for name in MAPS}
    return {"Fink": {name: since(told) for name, told in sorted(found.items())}}


TRANSFERS: dict[str, Callable[[Archive], dict[str, Any]]] = {
    "datatransfer/lsst": of_packets,
    "datatransfer/fink": of_fink,
}
"""What describes each kind of fields, by the name that stands for an endpoint."""
