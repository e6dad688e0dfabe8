"""What the fields of LSST's packets mean: what the packets' schemas say, else words of our own.

The schemas are those that set-up fetched, see `lsst_packet`; without them a few general rules tell
what a field is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from fink_assets.packages import PackageError
from fink_assets.surveys.base import Schema
from fink_assets.surveys.lsst_packet import IDS, packet_schema

FIRST_WITH_WORDS = 600
"""Schemas before describe nothing."""
SECTIONS = {
    "diaSource": "the detection",
    "prvDiaSources": "an earlier detection",
    "diaObject": "the object",
    "prvDiaForcedSources": "forced photometry of an earlier exposure",
    "ssSource": "a detection of a known Solar System body",
    "mpc_orbits": "an orbit of the Minor Planet Center",
}
WORDS = {
    "diaSourceId": "Identifier of the detection",
    "diaObjectId": "Identifier of the object; null for a body of the Solar System",
    "ssObjectId": "Identifier of the known body of the Solar System",
    "diaForcedSourceId": "Identifier of the measurement",
    "visit": "Number of the exposure",
    "detector": "Number of the CCD",
    "ra": "Right ascension, ICRS [deg]",
    "dec": "Declination, ICRS [deg]",
    "ra_dec_Cov": "Covariance of the coordinates [deg**2]",
    "x": "Position in the image [pixel]",
    "y": "Position in the image [pixel]",
    "midpointMjdTai": "Middle of the exposure, MJD TAI [d]",
    "band": "Filter: u, g, r, i, z or y",
    "psfFlux": "Flux of a point source in the difference image [nJy]",
    "apFlux": "Flux within an aperture in the difference image [nJy]",
    "scienceFlux": "Flux of a point source at this place in the science image [nJy]",
    "templateFlux": "Flux of a point source at this place in the template [nJy]",
    "snr": "Ratio of signal and noise of the detection",
    "reliability": "Score that the detection is no artefact, 0 to 1",
    "nDiaSources": "Detections of the object",
    "firstDiaSourceMjdTai": "First detection of the object, MJD TAI [d]",
    "lastDiaSourceMjdTai": "Latest detection of the object, MJD TAI [d]",
    "observation_reason": "Why the exposure was taken",
    "target_name": "What the exposure was aimed at",
    "cutoutScience": "Science image: the bytes of a FITS file",
    "cutoutTemplate": "Template image: the bytes of a FITS file",
    "cutoutDifference": "Difference image: the bytes of a FITS file",
}
RULES = (
    (r"([ugrizy])_(\w+)", "{1}, of the exposures in {0}"),
    (r"(\w+)Err", "Uncertainty of {0}"),
    (r"(\w+)_unc", "Uncertainty of {0}"),
    (r"(\w+)_Cov", "Covariance of {0}"),
    (r"(\w+)Chi2", "Chi squared of the fit of {0}"),
    (r"(\w+)Ndata", "Number of values that {0} is made of"),
    (r"pixelFlags_(\w+?)Center", "Flag: pixels of this kind at the centre: {0}"),
    (r"pixelFlags_(\w+)", "Flag: pixels of this kind in the footprint: {0}"),
    (r"(\w+?)_?flag\w*", "Flag: something is wrong with the measurement of {0}"),
    (r"(\w+)MjdTai", "Time {0}, MJD TAI [d]"),
)
"""Patterns of whole names and what they mean, the first that fits."""


def meaning(path: str) -> str:
    """Say what a field of a packet means, by its path: ``diaSource.psfFlux``; never empty."""
    return documented().get(path) or own(path)


def own(path: str) -> str:
    """Say what a field means without the packets' schemas."""
    section, _, name = path.rpartition(".")
    if name in WORDS:
        return WORDS[name]
    for pattern, words in RULES:
        if match := re.fullmatch(pattern, name):
            return words.format(*match.groups())
    if not section:
        return f"Part of the packet: {SECTIONS.get(name, name)}"
    return f"{name}, as Rubin's packets have it of {SECTIONS.get(section, section)}"


def documented() -> Mapping[str, str]:
    """What the newest schema that describes a field says of it; empty before set-up."""
    try:
        return _documented()
    except PackageError:
        return {}


@cache
def _documented() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for number in sorted(IDS, reverse=True):
        if number >= FIRST_WITH_WORDS:
            for path, (_, doc) in fields(packet_schema(number)).items():
                if doc:
                    found.setdefault(path, doc)
    return found


def fields(schema: Schema) -> dict[str, tuple[str, str]]:
    """Type and description of each field of a packet's schema, by path; arrays are entered."""
    found: dict[str, tuple[str, str]] = {}
    records: dict[str, Schema] = {}
    _walk("", schema, found, records)
    return found


def _walk(
    start: str, record: Schema, found: dict[str, tuple[str, str]], records: dict[str, Schema]
) -> None:
    records[record["name"]] = record
    for each in record["fields"]:
        kind, path = each["type"], f"{start}{each['name']}"
        if isinstance(kind, list):
            kind = next(branch for branch in kind if branch != "null")
        if isinstance(kind, dict) and kind["type"] == "array":
            kind = kind["items"]
        kind = records.get(kind, kind) if isinstance(kind, str) else kind
        if isinstance(kind, dict) and kind["type"] == "record":
            _walk(f"{path}.", kind, found, records)
        else:
            plain = kind["type"] if isinstance(kind, dict) else kind
            found[path] = (plain, each.get("doc", ""))
